"""The one path: every input of a service, whatever its kind, goes through one transaction from here.

Order of locks, always: positions, inbox or command keys, aggregates, leases, counters, new aggregates; each sorted.
(Taken carefully, new aggregates come before counters.) What the database refuses for its own reasons is raised, to be
tried again as a whole; what one record causes is found and set apart.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

import asyncpg

from motcua_chassis import commands, inbox, positions
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Incoming, Reader, Record
from motcua_chassis.crash_points import reach
from motcua_chassis.database import Connection, transaction
from motcua_chassis.decisions import Decided
from motcua_chassis.failures import Failure, GapError, HaltedError, classify, unless_overtaken
from motcua_chassis.fuse import Fuse
from motcua_chassis.inputs import Answer, Command, Delivery
from motcua_chassis.metrics import Metrics
from motcua_chassis.positions import TopicPartition

S = TypeVar("S")


class Path(Generic[S]):
    """Takes batches of deliveries, commands and answers through the database of one service."""

    def __init__(
        self, pool: asyncpg.Pool, reader: Reader, writer: BatchWriter[S], metrics: Metrics, fuse: Fuse
    ) -> None:
        self._pool = pool
        self._reader = reader
        self._writer = writer
        self._metrics = metrics
        self._fuse = fuse
        self._overtaken = metrics.retries.labels("overtaken").inc

    async def deliver(
        self, cluster: str, records: Sequence[Record], holes: Mapping[TopicPartition, int] | None = None
    ) -> dict[TopicPartition, int]:
        """Take Kafka records in; returns the first offset per partition that is not covered yet.

        `holes` are the offsets up to which a partition is known to hold nothing more; None: gaps do not matter.
        Raises what `classify` calls transient, `HaltedError` and `GapError`; then nothing of the batch happened.
        """
        begins, covered = _extent(records)
        if holes is None:
            begins = {}
        elif holes:
            begins = {place: offset for place, offset in begins.items() if holes.get(place) != offset}
        read = self._reader.read
        deliveries = [Delivery(record, reading) for record in records if (reading := read(record)) is not None]
        attempt = partial(self._deliver, cluster, begins, covered, deliveries)
        try:
            await unless_overtaken(partial(attempt, carefully=False), self._overtaken)
        except (HaltedError, GapError):
            raise
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            await unless_overtaken(partial(attempt, carefully=True), self._overtaken)
        return covered

    async def decide(self, inputs: Sequence[Command | Answer]) -> None:
        """Take commands and answers in; each leaves with its `outcome` set.

        Raises what is transient, or a defect that no single input causes; then nothing of the batch happened.
        """
        try:
            await unless_overtaken(partial(self._decide, inputs, carefully=False), self._overtaken)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            await unless_overtaken(partial(self._decide, inputs, carefully=True), self._overtaken)

    async def _deliver(
        self,
        cluster: str,
        begins: Mapping[TopicPartition, int],
        covered: Mapping[TopicPartition, int],
        deliveries: Sequence[Delivery],
        *,
        carefully: bool,
    ) -> None:
        started = time.perf_counter()
        async with transaction(self._pool) as connection:
            known = await positions.advance(connection, cluster, covered)
            _refuse_gaps(known, begins)
            uncovered = [d for d in deliveries if d.record.offset >= known[d.record.topic, d.record.partition]]
            fresh = await _drop_repeats(connection, uncovered)
            reach("path.after-inbox")
            decided = await self._writer.apply(connection, fresh, cluster, carefully=carefully)
            parked = [reason for _, reason, _ in decided.parked]
            self._fuse.check(parked, len(fresh) - len(parked))
            reach("path.before-commit")
        reach("path.after-commit")
        self._writer.committed(decided)
        self._fuse.record(parked, len(fresh) - len(parked))
        seconds = time.perf_counter() - started
        self._metrics.batch(len(deliveries), seconds, len(uncovered) - len(fresh), decided)

    async def _decide(self, inputs: Sequence[Command | Answer], *, carefully: bool) -> None:
        for item in inputs:
            item.outcome = None
        async with transaction(self._pool) as connection:
            claimed = await commands.claim(connection, [i for i in inputs if isinstance(i, Command)])
            answers = [i for i in inputs if isinstance(i, Answer)]
            reach("path.after-inbox")
            decided: Decided[S] = await self._writer.apply(
                connection, [*claimed.fresh, *answers], "", carefully=carefully
            )
            await commands.settle(connection, claimed.fresh)
            reach("path.before-commit")
        reach("path.after-commit")
        self._writer.committed(decided)
        for repeat, original in claimed.repeats:
            commands.answer_repeat(repeat, original)
        self._metrics.decided(decided)
        self._metrics.answered(inputs)


def _extent(records: Sequence[Record]) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Where the records of each partition begin, and the first offset behind them."""
    begins: dict[TopicPartition, int] = {}
    covered: dict[TopicPartition, int] = {}
    for record in records:
        place = record.topic, record.partition
        if place not in covered:
            begins[place] = record.offset
        covered[place] = record.offset + 1
    return begins, covered


def _refuse_gaps(known: Mapping[TopicPartition, int], begins: Mapping[TopicPartition, int]) -> None:
    """Advancing over records never seen would lose them: the database was restored, or the client dropped some."""
    ahead = {place: offset for place, offset in begins.items() if offset > known[place]}
    if ahead:
        raise GapError({place: known[place] for place in ahead}, ahead)


async def _drop_repeats(connection: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Leave out the events that were taken in before, or twice in this batch; poison has no id to tell by."""
    first = {d.reading.envelope.id: d for d in reversed(deliveries) if isinstance(d.reading, Incoming)}
    if not first:
        return list(deliveries)
    unseen = await inbox.take(connection, list(first))
    if len(unseen) == len(deliveries):
        return list(deliveries)
    return [
        d
        for d in deliveries
        if not isinstance(d.reading, Incoming)
        or (d.reading.envelope.id in unseen and first[d.reading.envelope.id] is d)
    ]
