"""The pure middle of the path: fold a batch of inputs over locked states and collect everything that follows.

No I/O, no clock. Inputs are taken in order; one that raises is set apart and leaves its state untouched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from motcua_chassis.aggregates import Aggregate
from motcua_chassis.codec import Outgoing, Poison, pack_headers, write_body
from motcua_chassis.counters import CounterNotLockedError, Offer
from motcua_chassis.identifiers import event_id
from motcua_chassis.inputs import Command, Delivery, Input, Outcome
from motcua_chassis.message import AT_ONCE, Decider, Message, Refusal, Work
from motcua_chassis.span import Span
from motcua_contracts import Event, Stream

S = TypeVar("S")
Pair = tuple[UUID, str | None]


class Recorded(NamedTuple):
    """An event with the identity it was given."""

    id: UUID
    event: Event
    sequence: int
    time: datetime


class Change(NamedTuple):
    """What one input did to one application; `body` is what was decided on."""

    application: UUID
    body: Any
    recorded: Sequence[Recorded]
    state: Any


class PlannedWork(NamedTuple):
    """One row of work to write."""

    aggregate: UUID
    key: str
    kind: str
    at: datetime


@dataclass(slots=True)
class Decided(Generic[S]):
    """Everything a batch led to, ready to be written."""

    aggregates: dict[UUID, Aggregate[S]]
    changes: list[Change] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    parked: list[tuple[Delivery, str, str]] = field(default_factory=list)
    held: list[Delivery] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    planned: bool = False
    """Whether there is new work."""
    spans: list[Span] = field(default_factory=list)
    """Of the sampled inputs; over once the batch is committed."""

    def absorb(self, other: "Decided[S]") -> None:
        """Add what another part of the batch led to."""
        self.changes += other.changes
        self.parked += other.parked
        self.held += other.held
        self.planned |= other.planned
        self.spans += other.spans


class Folder(Generic[S]):
    """Runs a service's decider over batches."""

    def __init__(self, stream: Stream, decider: Decider[S]) -> None:
        self._topic = stream.topic
        self._source = stream.source
        self._source_bytes = stream.source.encode()
        self._decider = decider

    def counters(self, inputs: Iterable[Input], loaded: Mapping[UUID, Aggregate[S]], now: datetime) -> set[str]:
        """The counters these inputs name, to be locked before deciding."""
        names: set[str] = set()
        if self._decider.counter is None:
            return names
        for item in inputs:
            body, cause = _asked(item)
            if body is None or item.application is None:
                continue
            at = loaded[item.application].last_event_at
            message = Message(body, item.application, now if at is None else max(now, at), cause)
            name = self._name(loaded[item.application].state, message)
            if name is not None:
                names.add(name)
        return names

    def _name(self, state: S, message: Message) -> str | None:
        try:
            return self._decider.counter(state, message) if self._decider.counter else None
        except Exception:  # noqa: BLE001  # met again, and accounted for, when this message is decided on
            return None

    def fold(
        self,
        inputs: Iterable[Input],
        loaded: Mapping[UUID, Aggregate[S]],
        now: datetime,
        offer: Offer,
        blocked: set[Pair],
    ) -> Decided[S]:
        """Decide on each input in turn. `blocked` are the (application, source) pairs behind a parked record."""
        decided = Decided(dict(loaded))
        for item in inputs:
            if isinstance(item, Delivery):
                self._deliver(item, decided, now, offer, blocked)
            else:
                self._decide(item, item.body, item.cause, None, decided, now, offer)
        return decided

    def _deliver(self, item: Delivery, decided: Decided[S], now: datetime, offer: Offer, blocked: set[Pair]) -> None:
        if blocked and (item.application, item.source) in blocked:
            decided.held.append(item)
            return
        reading = item.reading
        if not isinstance(reading, Poison):
            envelope = reading.envelope
            self._decide(item, reading.event, envelope.id, envelope.correlation_id, decided, now, offer)
            if item.outcome is None or item.outcome.fault is None:
                return
            fault = item.outcome.fault
            reason, frame = f"raised-{type(fault).__name__}", _innermost(fault)
            reading = Poison(reason, f"deciding raised at {frame}", item.application, item.source)
        decided.parked.append((item, reading.reason, reading.detail))
        if item.application is not None:
            blocked.add((item.application, item.source))

    def _decide(
        self,
        item: Input,
        body: Any,
        cause: UUID,
        correlation: UUID | None,
        decided: Decided[S],
        now: datetime,
        offer: Offer,
    ) -> None:
        aggregate = decided.aggregates[item.application]  # type: ignore[index]  # only poison has none
        at = now if aggregate.last_event_at is None else max(now, aggregate.last_event_at)
        decider = self._decider
        try:
            message = Message(body, aggregate.id, at, cause)
            counter = decider.counter(aggregate.state, message) if decider.counter else None
            if counter is not None:
                message = Message(body, aggregate.id, at, cause, offer.peek(counter))
            verdict = decider.decide(aggregate.state, message)
            if isinstance(verdict, Refusal):
                item.outcome = _refused(item, verdict)
                return
            state = aggregate.state
            for event in verdict:
                state = decider.evolve(state, event)
            reply = item.reply(state, verdict) if isinstance(item, Command) else b""
            if verdict:  # the last that may raise: only what is whole is recorded
                item_correlation = correlation or aggregate.correlation or cause
                self._record(item, message, verdict, aggregate, state, item_correlation, decided)
            item.outcome = Outcome(verdict, reply)
        except CounterNotLockedError:
            raise
        except Exception as error:  # noqa: BLE001  # a defect met by one input must not stop its neighbours
            item.outcome = Outcome(fault=error)
            return
        if verdict:
            offer.consume(counter)

    def _record(
        self,
        item: Input,
        message: Message,
        events: Sequence[Event],
        aggregate: Aggregate[S],
        state: S,
        correlation: UUID,
        decided: Decided[S],
    ) -> None:
        application, at, cause = aggregate.id, message.now, message.cause
        traceparent = _traceparent(item)
        sequence = aggregate.version
        recorded, rows = [], []
        for index, event in enumerate(events):
            sequence += 1
            identity = event_id(at, self._source_bytes, application, cause, index)
            recorded.append(Recorded(identity, event, sequence, at))
            headers = pack_headers(
                identity, self._source, event.type, at, application, cause, correlation, sequence, traceparent
            )
            rows.append(Outgoing(self._topic, application, headers, write_body(event)))
        decided.outgoing += rows
        traced = traceparent or aggregate.traceparent
        decided.aggregates[application] = Aggregate(application, sequence, state, at, correlation, traced)
        decided.changes.append(Change(application, message.body, recorded, state))
        decided.touched.add(application)

    def work(
        self, loaded: Mapping[UUID, Aggregate[S]], decided: Decided[S], now: datetime
    ) -> tuple[list[PlannedWork], list[tuple[UUID, str]]]:
        """Rows to write and rows to remove, so that the work table matches `due` of every touched application."""
        due, planned, settled = self._decider.due, [], []
        for id_ in decided.touched:
            before: Mapping[str, Work] = due(loaded[id_].state) if loaded[id_].version else {}
            after = due(decided.aggregates[id_].state)
            for key, work in after.items():
                if before.get(key) != work:
                    planned.append(PlannedWork(id_, key, work.kind, now if work.at == AT_ONCE else work.at))
            settled += [(id_, key) for key in before if key not in after]
        return planned, settled


def _asked(item: Input) -> tuple[Any, UUID]:
    if not isinstance(item, Delivery):
        return item.body, item.cause
    reading = item.reading
    return (None, _NO_CAUSE) if isinstance(reading, Poison) else (reading.event, reading.envelope.id)


_NO_CAUSE = UUID(int=0)


def _refused(item: Input, refusal: Refusal) -> Outcome:
    if isinstance(item, Delivery):
        raise TypeError(f"an event may not be refused ({refusal.code}); ignore it with []")
    return Outcome(refusal=refusal)


def _traceparent(item: Input) -> str:
    if item.span is not None:
        return item.span.traceparent
    if isinstance(item, Delivery):
        return getattr(getattr(item.reading, "envelope", None), "traceparent", None) or ""
    return item.traceparent


def _innermost(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "unknown"
