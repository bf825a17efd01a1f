"""Brings Kafka batches to the path and commits exactly the offsets that the database covered.

FastStream runs the client; its handler here never raises, for a swallowed exception would let the next commit pass the
batch. On a transient failure every touched partition is sought back to its first
uncovered offset and paused; the positions table, not Kafka's offsets, is what counts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from motcua_chassis import positions
from motcua_chassis.backoff import Backoff
from motcua_chassis.crash_points import reach
from motcua_chassis.delays import hold_back, read_delays
from motcua_chassis.failures import Failure, GapError, HaltedError, classify
from motcua_chassis.log import describe
from motcua_chassis.metrics import Metrics
from motcua_chassis.pace import Pace
from motcua_chassis.path import Path
from motcua_chassis.settings import ChassisSettings
from motcua_chassis.subscription import Records, subscribe

log = structlog.get_logger()

COMMIT_SECONDS = 1.0
"""Kafka's committed offsets serve tools only: once a second is enough, and spares the broker."""


class Consumer:
    """The Kafka side of one service."""

    def __init__(
        self,
        settings: ChassisSettings,
        group: str,
        topics: Sequence[str],
        path: Path[Any],
        metrics: Metrics,
        *,
        pool: Any,
        find_cluster: Callable[[ChassisSettings], Awaitable[str]],
    ) -> None:
        self._settings = settings
        self._path = path
        self._metrics = metrics
        self._find_cluster = find_cluster
        self._cluster = ""
        self._pool = pool
        self._group = group
        self._busy = asyncio.Lock()
        self._backoff = Backoff(0.1, 10.0)
        self._pending: set[asyncio.Task[None]] = set()
        self._delays = read_delays(settings.delay_topics)
        self._pace = Pace(settings.batch_size)
        self._resting: set[TopicPartition] = set()
        self._committing = False
        self._uncommitted: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._holes: dict[tuple[str, int], int] = {}
        self._committed_at = 0.0
        self.assigned = False
        self.halted = False
        self.failing_since: float | None = None
        self.progress_at = time.monotonic()
        self._broker, self._subscriber = subscribe(settings, group, topics, _Rebalances(self), self._handle)

    async def start(self) -> None:
        """Join the group. Raises what aiokafka raises when no broker answers."""
        self._cluster = await self._find_cluster(self._settings)
        await self._broker.start()

    async def stop(self) -> None:
        """Finish the running batch, commit its offsets, leave the group."""
        consumer = self._client()
        if consumer is not None:
            self._pause(consumer)
        async with self._busy:
            await self._commit(force=True)
        await self._broker.stop()

    def resume(self) -> None:
        """A person has looked: take records again."""
        self.halted = False
        self._metrics.halted.set(0)
        consumer = self._client()
        if consumer is not None:
            consumer.resume(*consumer.paused())

    @property
    def resting(self) -> bool:
        """Whether the broker is asked for nothing now, and so cannot tell of new records."""
        return bool(self._resting)

    def lag(self) -> dict[TopicPartition, int]:
        """Records between what the database covered and the end of each partition, as last heard from the broker."""
        consumer = self._client()
        if consumer is None:
            return {}
        ends = {place: consumer.highwater(place) for place in consumer.assignment()}
        return {place: max(0, end - self._next.get(place, 0)) for place, end in ends.items() if end is not None}

    def _client(self) -> Any:
        return self._subscriber.consumer

    async def _handle(self, records: Records) -> None:
        """Take one batch through the path; never raises. Under load nothing is fetched until the rest is over."""
        consumer = self._client()
        if consumer is None or not records:
            return
        self._pace.begin(len(records))
        try:
            async with self._busy:
                await self._take(consumer, records)
            if self._resting:
                await self._pace.rest()
        finally:
            resting, self._resting = self._resting & consumer.assignment(), set()
            consumer.resume(*resting)

    async def _take(self, consumer: AIOKafkaConsumer, records: Records) -> None:
        mine = consumer.assignment()
        batch = [r for r in records if (r.topic, r.partition) in mine]
        if self._delays:
            batch = self._hold_back(consumer, batch)
        if self._pace.under_load:
            self._resting = mine - consumer.paused()
            consumer.pause(*self._resting)
        try:
            covered = await self._path.deliver(self._cluster, batch, self._holes)
        except GapError as gap:
            self._go_back(consumer, batch, gap)
        except HaltedError as halt:
            self._halt(consumer, batch, halt)
        except Exception as error:  # noqa: BLE001
            await self._step_back(consumer, batch, error)
        else:
            self._advance(covered)
            await self._commit()

    def _hold_back(self, consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord]) -> list[ConsumerRecord]:
        held = hold_back(self._delays, batch)
        for place, offset in held.waiting.items():
            consumer.seek(TopicPartition(*place), offset)
            consumer.pause(TopicPartition(*place))
        if held.waiting:
            self._keep(asyncio.create_task(self._resume_after(consumer, held.seconds)))
        return held.ready

    def _advance(self, covered: dict[tuple[str, int], int]) -> None:
        self._backoff.reset()
        self.failing_since = None
        self.progress_at = time.monotonic()
        for (topic, partition), offset in covered.items():
            place = TopicPartition(topic, partition)
            self._uncommitted[place] = self._next[place] = offset
            self._holes.pop((topic, partition), None)

    async def _commit(self, *, force: bool = False) -> None:
        consumer = self._client()
        now = time.monotonic()
        if consumer is None or not self._uncommitted:
            return
        if not force and now - self._committed_at < COMMIT_SECONDS:
            self._commit_soon()
            return
        mine = consumer.assignment()
        offsets = {place: offset for place, offset in self._uncommitted.items() if place in mine}
        self._uncommitted.clear()
        self._committed_at = now
        reach("consumer.before-offset-commit")
        try:
            if offsets:
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            log.info("consumer.commit-skipped", **describe(error))
        reach("consumer.after-offset-commit")

    def _commit_soon(self) -> None:
        """The last batch before a pause is committed too, or tools would see lag where there is none."""
        if not self._committing:
            self._committing = True
            self._keep(asyncio.create_task(self._commit_later()))

    async def _commit_later(self) -> None:
        await asyncio.sleep(COMMIT_SECONDS)
        self._committing = False
        async with self._busy:
            await self._commit(force=True)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _step_back(self, consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord], error: Exception) -> None:
        defect = classify(error) is Failure.DEFECT
        wait = self._backoff.next()
        self.failing_since = self.failing_since or time.monotonic()
        self._metrics.retries.labels("defect" if defect else "transient").inc()
        log.warning("consumer.retrying", records=len(batch), retry_in=round(wait, 3), **describe(error))
        self._seek_back(consumer, batch)
        self._keep(asyncio.create_task(self._resume_after(consumer, wait)))

    def _halt(self, consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord], halt: HaltedError) -> None:
        self.halted = True
        self._metrics.halted.set(1)
        log.critical("consumer.halted", records=len(batch), code=str(halt))
        self._seek_back(consumer, batch)

    def _go_back(self, consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord], gap: GapError) -> None:
        """Ask for what was passed over; what then begins at the same place begins there on the broker too."""
        log.error("consumer.gap", count=len(gap.covered), offset=min(gap.covered.values()))
        self._metrics.retries.labels("gap").inc()
        self._holes.update(gap.begins)
        self._seek(consumer, batch, gap.covered)

    def _seek_back(self, consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord]) -> None:
        self._seek(consumer, batch, {})
        self._pause(consumer)

    def _pause(self, consumer: AIOKafkaConsumer) -> None:
        """For longer than a rest."""
        self._resting = set()
        consumer.pause(*consumer.assignment())

    @staticmethod
    def _seek(
        consumer: AIOKafkaConsumer, batch: Sequence[ConsumerRecord], covered: Mapping[tuple[str, int], int]
    ) -> None:
        """Back to where the batch begins in each partition, or to where the database stands."""
        first = {(record.topic, record.partition): record.offset for record in reversed(batch)}
        mine = consumer.assignment()
        for place, offset in {**first, **covered}.items():
            if place in mine:
                consumer.seek(TopicPartition(*place), offset)

    async def _resume_after(self, consumer: Any, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not self.halted and consumer is self._client():
            consumer.resume(*consumer.paused())

    async def revoked(self) -> None:
        """Let the running batch end and commit it while the partitions are still ours."""
        async with self._busy:
            await self._commit(force=True)

    async def assigned_to(self, places: Collection[TopicPartition]) -> None:
        """Start each partition where the database stands, whatever Kafka's committed offset: it only serves tools."""
        self._metrics.assigned.set(len(places))
        log.info("consumer.assigned", count=len(places))
        consumer = self._client()
        if consumer is not None and places:
            try:
                async with self._pool.acquire(timeout=5) as connection:
                    known = await positions.read(connection, self._cluster, [(p.topic, p.partition) for p in places])
                for place in places:
                    self._next[place] = known.get((place.topic, place.partition), 0)
                    consumer.seek(place, self._next[place])
            except Exception as error:  # noqa: BLE001  # from Kafka's offsets then; a gap is found by the path
                log.warning("consumer.positions-unread", **describe(error))
            if self.halted:
                self._pause(consumer)
        self.assigned = True


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        if revoked:
            await self._consumer.revoked()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._consumer.assigned_to(assigned)
