"""Rehearses a service on recorded events: what would its present `decide` say to what was asked then? Pure.

Every group of own events with one cause is one decision. Its input is the recorded upstream event, or, for a command,
a timer or an outside answer, what `recall` reads from the events themselves; its clock is the time of the events; its
state is the fold of what was recorded before. So each decision is judged by itself, and a difference does not spread.

An upstream event that led to nothing left no trace of when it was taken in, only of what it came after and before. It
counts as different only if, at every such place, it would lead to something now: unchanged code never differs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from motcua_chassis.codec import Incoming
from motcua_chassis.differences import Difference, Kind, Occurrences, compare
from motcua_chassis.message import Decider, Message, Refusal
from motcua_contracts import Event

S = TypeVar("S")
Recall = Callable[[Any, Sequence[Event]], Any]
"""State before and events of one decision -> the body of the message that led to them; None where nobody can tell."""

CLOCKS_DIFFER = timedelta(seconds=1)
"""So far two services' clocks may be apart."""


@dataclass(slots=True)
class Tally:
    """What a rehearsal went through."""

    applications: int = 0
    decisions: int = 0
    events: int = 0
    silent: int = 0
    """Upstream events that led to nothing and were asked about."""
    not_rehearsed: int = 0
    """Decisions nobody can ask again: their cause is not in the recording, or the events before them are not."""
    unheard: int = 0
    """Upstream events at the end of the recording, which the service may not have taken in yet."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which decisions are judged, by the time of their events. The state is folded from the beginning all the same."""

    since: datetime | None = None
    until: datetime | None = None
    heard_until: datetime | None = None
    """The last sign of life of the service: what came later it may not have taken in."""

    def takes(self, at: datetime) -> bool:
        """Whether what happened then is judged."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


class _Decision(NamedTuple):
    cause: UUID
    at: datetime
    events: list[Event]


class Rehearsal(Generic[S]):
    """One service's decider, asked again."""

    def __init__(
        self, decider: Decider[S], recall: Recall, reads: Iterable[type[Event]], within: Range | None = None
    ) -> None:
        self._decider = decider
        self._recall = recall
        self._reads = {event.type for event in reads}
        self._range = within or Range()
        self.tally = Tally()

    def application(self, id_: UUID, own: Iterable[Incoming], upstream: Iterable[Incoming]) -> Iterator[Difference]:
        """Every difference of one application; `own` and `upstream` in any order, repeats among them or not."""
        heard = {event.envelope.id: event for event in upstream if type(event.event).type in self._reads}
        kept, lost = _whole(own)
        self.tally.applications += 1
        story = _Story(self._decider, _decisions(kept))
        for place, decision in enumerate(story.decisions):
            if self._range.takes(decision.at):
                yield from self._decision(id_, story, place, heard.get(decision.cause))
        if lost is not None:
            yield self._cut_off(id_, lost)
            return
        decided = {decision.cause for decision in story.decisions}
        silent = (event for event in heard.values() if event.envelope.id not in decided)
        for event in sorted(silent, key=lambda event: (event.envelope.time, event.envelope.id)):
            yield from self._unanswered(id_, story, event, heard)

    def _decision(self, id_: UUID, story: "_Story[S]", place: int, cause: Incoming | None) -> Iterator[Difference]:
        decision, state, occurrences = story.decisions[place], story.states[place], story.occurrences(place)
        recorded = decision.events
        self.tally.decisions += 1
        self.tally.events += len(recorded)
        body = cause.event if cause is not None else self._recall(state, recorded)
        if body is None:
            self.tally.not_rehearsed += 1
            name = recorded[0].type
            yield Difference(id_, Kind.NOT_REHEARSED, name, occurrences.next(name), decision.cause)
            return
        message = Message(body, id_, decision.at, decision.cause, self._number(recorded))
        said = self._ask(state, message)
        yield from _judged(id_, decision.cause, recorded, said, occurrences, recorded[0].type)

    def _unanswered(
        self, id_: UUID, story: "_Story[S]", event: Incoming, heard: dict[UUID, Incoming]
    ) -> Iterator[Difference]:
        envelope, within = event.envelope, self._range
        if not within.takes(envelope.time):
            return
        if within.heard_until is not None and envelope.time > within.heard_until:
            self.tally.unheard += 1
            return
        self.tally.silent += 1
        first, last = story.places(event, heard)
        said = [self._ask_at(id_, story, place, event) for place in range(first, last + 1)]
        if all(said):  # an empty list is what was said then, too
            yield from _judged(id_, envelope.id, [], said[0], story.occurrences(first), type(event.event).type)

    def _ask_at(self, id_: UUID, story: "_Story[S]", place: int, event: Incoming) -> Any:
        at = event.envelope.time
        now = max(at, story.decisions[place - 1].at) if place else at
        return self._ask(story.states[place], Message(event.event, id_, now, event.envelope.id))

    def _ask(self, state: S, message: Message) -> Any:
        """Events, a refusal, or what was raised."""
        try:
            said = self._decider.decide(state, message)
        except Exception as error:  # noqa: BLE001  # a decider that raises is what a rehearsal is to find
            return error
        return said if isinstance(said, Refusal) else list(said)

    def _cut_off(self, id_: UUID, lost: Incoming) -> Difference:
        self.tally.not_rehearsed += 1
        envelope = lost.envelope
        gap = f"the events before number {envelope.sequence} are not in the recording"
        return Difference(id_, Kind.NOT_REHEARSED, lost.event.type, 1, envelope.causation_id, recorded=gap)

    def _number(self, recorded: Sequence[Event]) -> int | None:
        if self._decider.numbered is None:
            return None
        found = [number for event in recorded if (number := self._decider.numbered(event)) is not None]
        return found[0][1] if found else None


class _Story(Generic[S]):
    """The recorded decisions of one application and the state before each of them, and after the last."""

    def __init__(self, decider: Decider[S], decisions: list[_Decision]) -> None:
        self.decisions = decisions
        self.states = [decider.initial]
        for decision in decisions:
            state = self.states[-1]
            for event in decision.events:
                state = decider.evolve(state, event)
            self.states.append(state)

    def occurrences(self, place: int) -> Occurrences:
        """What had been said before this decision."""
        return Occurrences(event for decision in self.decisions[:place] for event in decision.events)

    def places(self, event: Incoming, heard: dict[UUID, Incoming]) -> tuple[int, int]:
        """Before which decisions, the first and the last, an event may have been taken in.

        What one service published about an application arrives in its order.
        """
        envelope = event.envelope
        first, last = 0, len(self.decisions)
        for place, decision in enumerate(self.decisions):
            cause = heard.get(decision.cause)
            if cause is not None and cause.envelope.source == envelope.source:
                if cause.envelope.sequence > envelope.sequence:
                    last = min(last, place)
                else:
                    first = place + 1
            if decision.at < envelope.time - CLOCKS_DIFFER:
                first = place + 1
        return min(first, last), last


def _whole(own: Iterable[Incoming]) -> tuple[list[Incoming], Incoming | None]:
    """Each event once, in order, up to the first gap; and the event behind the gap."""
    kept: list[Incoming] = []
    for event in sorted(own, key=lambda event: event.envelope.sequence):
        if event.envelope.sequence > len(kept) + 1:
            return kept, event
        if event.envelope.sequence == len(kept) + 1:
            kept.append(event)
    return kept, None


def _decisions(own: Sequence[Incoming]) -> list[_Decision]:
    """Events with one cause, one after the other, were one decision."""
    found: list[_Decision] = []
    for envelope, event in own:
        if found and envelope.causation_id == found[-1].cause:
            found[-1].events.append(event)
        else:
            found.append(_Decision(envelope.causation_id, envelope.time, [event]))
    return found


def _judged(
    id_: UUID, cause: UUID, recorded: Sequence[Event], said: Any, occurrences: Occurrences, name: str
) -> Iterator[Difference]:
    if isinstance(said, Exception):
        found = type(said).__name__
        yield Difference(id_, Kind.RAISED, name, occurrences.next(name), cause, rehearsed=found)
    elif isinstance(said, Refusal):
        yield Difference(id_, Kind.REFUSED, name, occurrences.next(name), cause, rehearsed=said.code)
    else:
        yield from compare(id_, cause, recorded, said, occurrences)
