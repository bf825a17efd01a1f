"""One application's run of one service, decided by its real domain and recorded as topics would hold it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from motcua_chassis.codec import Incoming, write_body
from motcua_chassis.differences import Difference
from motcua_chassis.identifiers import event_id
from motcua_chassis.message import Decider, Message, Refusal
from motcua_chassis.rehearsal import Rehearsal
from motcua_chassis.replayable import Given, Replayable
from motcua_contracts import Envelope, Event, Stream

START = datetime(2026, 11, 22, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class RecordedRun:
    """Takes messages one after the other, a second apart; what it publishes and what it heard is kept."""

    def __init__(
        self, replayable: Replayable[Any], application: UUID | None = None, decider: Decider[Any] | None = None
    ) -> None:
        self.replayable = replayable
        self.decider = decider or replayable.decider(Given())
        self.application = application or uuid4()
        self.now = START
        self.state: Any = self.decider.initial
        self.own: list[Incoming] = []
        self.upstream: list[Incoming] = []
        self.started_by_others: set[type[Event]] = set()
        self.started_here: set[type[Event]] = set()
        """The first event of every decision, by whether another service's event led to it."""
        self._numbers: Counter[str] = Counter()
        self._sequences: Counter[Stream] = Counter()
        self._published_at: dict[Stream, datetime] = {}

    def take(self, body: Any, wait: timedelta = SECOND, late: timedelta = timedelta(0)) -> list[Event] | Refusal:
        """The next message, after `wait`; an event of another service was published `late` before."""
        self.now += wait
        cause = self._heard(body, late) if isinstance(body, Event) else uuid4()
        message = Message(body, self.application, self.now, cause)
        counter = self.decider.counter(self.state, message) if self.decider.counter else None
        if counter is not None:
            message = Message(body, self.application, self.now, cause, self._numbers[counter] + 1)
        said = self.decider.decide(self.state, message)
        if isinstance(said, Refusal):
            return said
        if said:
            (self.started_by_others if isinstance(body, Event) else self.started_here).add(type(said[0]))
            self._numbers.update([counter] if counter else [])
        for index, event in enumerate(said):
            self._record(event, cause, index)
        return list(said)

    def _heard(self, event: Event, late: timedelta) -> UUID:
        stream = event.stream
        self._sequences[stream] += 1
        at = self._published_at[stream] = max(self.now - late, self._published_at.get(stream, START))
        incoming = _incoming(event, self.application, at, uuid4(), self._sequences[stream], 0)
        self.upstream.append(incoming)
        return incoming.envelope.id

    def _record(self, event: Event, cause: UUID, index: int) -> None:
        incoming = _incoming(event, self.application, self.now, cause, len(self.own) + 1, index)
        self.own.append(incoming)
        self.state = self.decider.evolve(self.state, incoming.event)

    def rehearse(self, decider: Decider[Any] | None = None) -> list[Difference]:
        """What the decider would do otherwise now."""
        found = self.replayable
        rehearsal = Rehearsal(decider or self.decider, found.recall, found.reads)
        return list(rehearsal.application(self.application, self.own, self.upstream))


def records(runs: Sequence[RecordedRun]) -> list[Incoming]:
    """Everything on the topics, in the order of time."""
    told = [event for run in runs for event in (*run.upstream, *run.own)]
    return sorted(told, key=lambda event: (event.envelope.time, event.envelope.sequence))


def _incoming(event: Event, application: UUID, at: datetime, cause: UUID, sequence: int, index: int) -> Incoming:
    """As it comes back from the topic."""
    identity = event_id(at, event.stream.source.encode(), application, cause, index)
    stamp = Envelope(identity, event.stream.source, event.type, at, application, cause, cause, sequence)
    return Incoming(stamp, type(event).model_validate_json(write_body(event)))
