"""Writes one batch inside an open transaction: lock, decide, save, work, read models, outbox, dead letters.

Carefully (after the database blamed the data, or our own code failed on it) it works under savepoints and bisects by
whole applications until the record to blame stands alone.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import structlog

from motcua_chassis import counters, dead_letters, inbox, outbox, work
from motcua_chassis.aggregates import Aggregate, Aggregates
from motcua_chassis.announcement import announce
from motcua_chassis.codec import Incoming
from motcua_chassis.counters import CounterNotLockedError, Offer
from motcua_chassis.crash_points import reach
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change, Decided, Folder, Pair
from motcua_chassis.failures import Failure, classify
from motcua_chassis.inputs import Answer, Delivery, Input, Outcome
from motcua_chassis.message import AT_ONCE, Decider
from motcua_chassis.traces import Traces
from motcua_contracts import Stream

S = TypeVar("S")
Projector = Callable[[Connection, Sequence[Change]], Awaitable[None]]
"""Writes a service's read models from its own events, in the transaction that records them."""

log = structlog.get_logger()


class HeldError(Exception):
    """Some of a batch belongs behind a parked record: that is decided under the locks of all, carefully."""


async def project_nothing(_connection: Connection, _changes: Sequence[Change]) -> None:
    """The projector of a service without read models."""


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class BatchWriter(Generic[S]):
    """Applies inputs of one service to its database."""

    def __init__(
        self,
        stream: Stream,
        decider: Decider[S],
        *,
        project: Projector = project_nothing,
        clock: Callable[[], datetime] = system_clock,
        on_work: Callable[[], None] = lambda: None,
        relay: outbox.Publisher | None = None,
        traces: Traces | None = None,
    ) -> None:
        self.aggregates = Aggregates(decider.initial)
        self.clock = clock
        self._stream = stream
        self._folder = Folder(stream, decider)
        self._project = project
        self._on_work = on_work
        self._relay = relay
        self._traces = traces

    async def apply(
        self, connection: Connection, inputs: Sequence[Input], cluster: str, *, carefully: bool
    ) -> Decided[S]:
        """Write a batch. Raises whatever fails; carefully, only what is transient: the rest sets its input apart."""
        if not carefully:
            return await self._write(connection, inputs, cluster, place=False)
        try:
            async with connection.transaction():
                return await self._write(connection, inputs, cluster, place=True)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            if len(inputs) > 1:
                return await self._bisect(connection, inputs, cluster)
            return await self._set_apart(connection, inputs[0], cluster, error)

    async def reapply(self, connection: Connection, delivery: Delivery) -> Decided[S]:
        """Write one parked record again, past the hold it causes itself; the caller notes what became of it."""
        try:
            async with connection.transaction():
                return await self._decide_and_save(connection, [delivery], place=True)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            return _blame(delivery, error)

    def committed(self, decided: Decided[S]) -> None:
        """Wake who carries on with what this batch wrote: before the commit they would see nothing. End its spans."""
        if decided.planned:
            self._on_work()
        if self._relay is not None and (decided.changes or decided.parked):
            self._relay.wake()
        if self._traces is not None:
            self._traces.end(decided.spans)

    async def _bisect(self, connection: Connection, inputs: Sequence[Input], cluster: str) -> Decided[S]:
        groups: dict[UUID | None, list[Input]] = {}
        for item in inputs:
            groups.setdefault(item.application, []).append(item)
        if len(groups) == 1:
            parts = [[item] for item in inputs]
        else:
            whole = list(groups.values())
            half = len(whole) // 2
            parts = [[i for g in whole[:half] for i in g], [i for g in whole[half:] for i in g]]
        together: Decided[S] = Decided({})
        for part in parts:
            together.absorb(await self.apply(connection, part, cluster, carefully=True))
        return together

    async def _set_apart(self, connection: Connection, item: Input, cluster: str, error: Exception) -> Decided[S]:
        if not isinstance(item, Delivery):
            item.outcome = Outcome(fault=error)
            return Decided({})
        decided: Decided[S] = _blame(item, error)
        await self._park(connection, cluster, decided)
        return decided

    async def _write(self, connection: Connection, inputs: Sequence[Input], cluster: str, *, place: bool) -> Decided[S]:
        if not inputs:
            return Decided({})
        decided = await self._decide_and_save(connection, inputs, place=place, hold=bool(cluster))
        if decided.held or decided.parked:
            await self._park(connection, cluster, decided)
        return decided

    async def _decide_and_save(
        self, connection: Connection, inputs: Sequence[Input], *, place: bool, hold: bool = False
    ) -> Decided[S]:
        """`hold`: what comes behind a parked record waits. `place`: applications nobody knows are locked as well."""
        now = self.clock()
        applications = {application for item in inputs if (application := item.application) is not None}
        if hold and not place and await dead_letters.open_pairs(connection, applications):
            raise HeldError  # asked before any state is read: a repair that ends later still shows
        loaded, unknown = await self.aggregates.lock(connection, applications)
        if place and unknown:
            await self.aggregates.place(connection, unknown)
        blocked = await dead_letters.open_pairs(connection, applications) if hold and place else set()
        inputs = await _drop_stale(connection, inputs)
        spans = self._traces.begin(inputs, loaded) if self._traces is not None else []
        decided, offer = await self._fold(connection, inputs, loaded, now, blocked)
        decided.spans += spans
        if decided.changes:
            new = set() if place else decided.touched.intersection(unknown)
            await self._save(connection, decided, new)
            reach("path.after-save")
        await self._write_work(connection, inputs, loaded, decided)
        if decided.changes:
            await self._project(connection, decided.changes)
            await counters.save(connection, offer)
            await outbox.add(connection, decided.outgoing)
            await self._tell_relays(connection)
            reach("path.after-outbox")
        if place and (idle := [id_ for id_, aggregate in decided.aggregates.items() if not aggregate.version]):
            await self.aggregates.sweep(connection, idle)
        return decided

    async def _save(self, connection: Connection, decided: Decided[S], new: set[UUID]) -> None:
        if new:  # first: who creates waits for a row that another updates, but not for one it only holds
            await self.aggregates.create(connection, [decided.aggregates[id_] for id_ in new])
        known = decided.touched - new
        if known:
            await self.aggregates.save(connection, [decided.aggregates[id_] for id_ in known])

    async def _fold(
        self,
        connection: Connection,
        inputs: Sequence[Input],
        loaded: Mapping[UUID, Aggregate[S]],
        now: datetime,
        blocked: set[Pair],
    ) -> tuple[Decided[S], Offer]:
        names = self._folder.counters(inputs, loaded, now)
        while True:
            offer = await counters.lock(connection, names)
            try:
                return self._folder.fold(inputs, loaded, now, offer, set(blocked)), offer
            except CounterNotLockedError as missing:
                names.add(missing.name)

    async def _write_work(
        self,
        connection: Connection,
        inputs: Sequence[Input],
        loaded: Mapping[UUID, Aggregate[S]],
        decided: Decided[S],
    ) -> None:
        # At once is when the database says so: work stamped by a clock an hour ahead of it would wait that hour.
        planned, settled = self._folder.work(loaded, decided, AT_ONCE)
        if settled:
            await work.settle(connection, settled)
        if planned:
            await work.plan(connection, planned)
            decided.planned = True
        answers = [i for i in inputs if isinstance(i, Answer) and i.outcome is not None and i.outcome.fault is None]
        if answers:
            changed = {*settled, *((p.aggregate, p.key) for p in planned)}
            unsettled = [a.lease for a in answers if (a.application, a.key) not in changed]
            if unsettled:
                await work.free_answered(connection, unsettled)

    async def _tell_relays(self, connection: Connection) -> None:
        """Where another process publishes; ours is woken once this is committed."""
        if self._relay is None or not self._relay.active:
            await outbox.tell_relays(connection)

    async def _park(self, connection: Connection, cluster: str, decided: Decided[S]) -> None:
        ids = await dead_letters.park(connection, cluster, decided.parked)
        await dead_letters.hold(connection, cluster, decided.held)  # after what they wait for: ids are their order
        apart = [item.reading for item in (*(item for item, _, _ in decided.parked), *decided.held)]
        await inbox.forget(connection, [reading.envelope.id for reading in apart if isinstance(reading, Incoming)])
        rows = [
            announce(self._stream, id_, item, reason, self.clock())
            for id_, (item, reason, _) in zip(ids, decided.parked, strict=True)
        ]
        if rows:
            await outbox.add(connection, rows)
            await self._tell_relays(connection)
        for item, reason, _ in decided.parked:
            log.warning(
                "path.parked", reason=reason, topic=item.record.topic, offset=item.record.offset, **_named(item)
            )


def _named(item: Delivery) -> dict[str, str]:
    """Which application a line is about, and its trace where it has one."""
    named = {"application": str(item.application)} if item.application is not None else {}
    return named | ({"trace_id": f"{item.span.trace_id:032x}"} if item.span is not None else {})


async def _drop_stale(connection: Connection, inputs: Sequence[Input]) -> Sequence[Input]:
    answers = [i for i in inputs if isinstance(i, Answer)]
    if not answers:
        return inputs
    valid = await work.valid_leases(connection, answers)
    for answer in answers:
        if answer.lease not in valid:
            answer.outcome = Outcome(stale=True)
    return [i for i in inputs if not isinstance(i, Answer) or i.lease in valid]


def _blame(delivery: Delivery, error: Exception) -> Decided[S]:
    name = type(error).__name__
    reason = (
        f"database-{getattr(error, 'sqlstate', None) or '22000'}"
        if classify(error) is Failure.DATA
        else f"raised-{name}"
    )
    return Decided({}, parked=[(delivery, reason, f"writing raised {name}")])
