"""Rehearses a service on recorded events: what would its present `decide` say to what was asked then? Pure.

Every group of own events with one cause is one decision. Its input is the recorded upstream event, or, for a command,
a timer or an outside answer, what `recall` reads from the events themselves; its clock is the time of the events; its
state is the fold of what was recorded before. So each decision is judged by itself, and a difference does not spread.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from motcua_chassis.codec import Incoming
from motcua_chassis.message import Decider, Message, Refusal
from motcua_contracts import Event

S = TypeVar("S")
Recall = Callable[[Any, Sequence[Event]], Any]
"""State before and events of one decision -> the body of the message that led to them; None where nobody can tell."""


class Kind(StrEnum):
    """How a rehearsed decision differs from the recorded one."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    ORDER = "order"
    REFUSED = "refused"
    RAISED = "raised"
    NOT_REHEARSED = "not-rehearsed"


class Difference(NamedTuple):
    """One difference. `field` is a dotted path where one field changed."""

    application: UUID
    kind: Kind
    event: str
    occurrence: int
    cause: UUID
    field: str | None = None
    recorded: Any = None
    rehearsed: Any = None


@dataclass(slots=True)
class Tally:
    """What a rehearsal went through."""

    applications: int = 0
    decisions: int = 0
    events: int = 0
    not_rehearsed: int = 0


class _Decision(NamedTuple):
    cause: UUID
    at: datetime
    events: list[Incoming]


class Rehearsal(Generic[S]):
    """One service's decider, asked again."""

    def __init__(self, decider: Decider[S], recall: Recall, reads: Iterable[type[Event]]) -> None:
        self._decider = decider
        self._recall = recall
        self._reads = {event.type for event in reads}
        self.tally = Tally()

    def application(self, id_: UUID, own: Sequence[Incoming], upstream: Sequence[Incoming]) -> Iterator[Difference]:
        """Every difference of one application. `own` in the order of sequence; `upstream` as recorded."""
        heard = {event.envelope.id: event for event in upstream if event.envelope.type in self._reads}
        self.tally.applications += 1
        state, occurrences = self._decider.initial, _Occurrences()
        for decision in _decisions(own, heard):
            yield from self._decision(id_, state, decision, heard, occurrences)
            for event in decision.events:
                state = self._decider.evolve(state, event.event)
                occurrences.count(event.event)

    def _decision(
        self, id_: UUID, state: S, decision: _Decision, heard: Mapping[UUID, Incoming], occurrences: "_Occurrences"
    ) -> Iterator[Difference]:
        recorded = [event.event for event in decision.events]
        name = recorded[0] if recorded else heard[decision.cause].event
        self.tally.decisions += 1
        self.tally.events += len(recorded)
        cause = heard.get(decision.cause)
        body = cause.event if cause is not None else self._recall(state, recorded)
        if body is None:
            self.tally.not_rehearsed += 1
            yield Difference(id_, Kind.NOT_REHEARSED, name.type, occurrences.next(name.type), decision.cause)
            return
        message = Message(body, id_, decision.at, decision.cause, self._number(recorded))
        try:
            said = self._decider.decide(state, message)
        except Exception as error:  # noqa: BLE001  # a decider that raises is what a rehearsal is to find
            found = type(error).__name__
            yield Difference(id_, Kind.RAISED, name.type, occurrences.next(name.type), decision.cause, rehearsed=found)
            return
        if isinstance(said, Refusal):
            yield Difference(
                id_, Kind.REFUSED, name.type, occurrences.next(name.type), decision.cause, rehearsed=said.code
            )
            return
        yield from _compare(id_, decision.cause, recorded, list(said), occurrences)

    def _number(self, recorded: Sequence[Event]) -> int | None:
        if self._decider.numbered is None:
            return None
        found = [number for event in recorded if (number := self._decider.numbered(event)) is not None]
        return found[0][1] if found else None


class _Occurrences:
    """Which one of its type an event of an application is, from 1."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = defaultdict(int)

    def count(self, event: Event) -> None:
        self._seen[event.type] += 1

    def next(self, name: str, ahead: int = 0) -> int:
        return self._seen[name] + 1 + ahead


def _decisions(own: Sequence[Incoming], heard: Mapping[UUID, Incoming]) -> list[_Decision]:
    """What was decided, in order; upstream events that led to nothing stand where their time puts them."""
    found: list[_Decision] = []
    for event in own:
        if found and event.envelope.causation_id == found[-1].cause:
            found[-1].events.append(event)
        else:
            found.append(_Decision(event.envelope.causation_id, event.envelope.time, [event]))
    silent = heard.keys() - {decision.cause for decision in found}
    for envelope in sorted((heard[id_].envelope for id_ in silent), key=lambda envelope: (envelope.time, envelope.id)):
        later = (at for at, decision in enumerate(found) if decision.at > envelope.time)
        found.insert(next(later, len(found)), _Decision(envelope.id, envelope.time, []))
    return found


def _compare(
    id_: UUID, cause: UUID, recorded: Sequence[Event], said: Sequence[Event], occurrences: _Occurrences
) -> Iterator[Difference]:
    then, now = _by_type(recorded), _by_type(said)
    for name in dict.fromkeys((*then, *now)):
        for ahead in range(max(len(then[name]), len(now[name]))):
            was = then[name][ahead] if ahead < len(then[name]) else None
            would = now[name][ahead] if ahead < len(now[name]) else None
            place = occurrences.next(name, ahead)
            if was is None or would is None:
                kind = Kind.EXTRA if was is None else Kind.MISSING
                yield Difference(id_, kind, name, place, cause, None, _shown(was), _shown(would))
                continue
            for path, old, new in _fields(_shown(was), _shown(would)):
                yield Difference(id_, Kind.CHANGED, name, place, cause, path, old, new)
    order = [event.type for event in recorded], [event.type for event in said]
    if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
        yield Difference(id_, Kind.ORDER, order[0][0], occurrences.next(order[0][0]), cause, None, *order)


def _by_type(events: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.type].append(event)
    return found


def _shown(event: Event | None) -> Any:
    return None if event is None else event.model_dump(mode="json", exclude_none=True)


def _fields(was: Any, would: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(would, dict):
        for name in dict.fromkeys((*was, *would)):
            yield from _fields(was.get(name), would.get(name), f"{path}.{name}" if path else name)
    elif isinstance(was, list) and isinstance(would, list) and len(was) == len(would):
        for index, (old, new) in enumerate(zip(was, would, strict=True)):
            yield from _fields(old, new, f"{path}.{index}")
    elif was != would:
        yield path, was, would
