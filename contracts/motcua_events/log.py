"""Reads topics of a cluster up to now, or on and on, merged in the order of time.

Invariant: reading up to now misses nothing that was published before it began. Some brokers say their ends a batch too
low when asked, but rightly with what they send: the first answer about a partition settles its end.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from motcua_events.cluster import Cluster
from motcua_events.failure import ToolError
from motcua_events.interleaver import Interleaver
from motcua_events.moments import milliseconds
from motcua_events.placement import partition_of
from motcua_events.records import Record

_QUIET_MS = 100
_AT_ONCE = 10_000
_STUCK_SECONDS = 60.0
_TURNS = 10
"""Of the event loop, within which a request leaves."""
Item = TypeVar("Item")


@dataclass(frozen=True)
class Stretch:
    """What to read: topics with their partition counts, a range of Kafka times, or where to start.

    `key` reads only the partitions a key belongs to; `last` starts so many records before each end.
    """

    topics: Mapping[str, int]
    since: datetime | None = None
    until: datetime | None = None
    follow: bool = False
    key: bytes | None = None
    last: int | None = None
    starts: Mapping[TopicPartition, int] = field(default_factory=dict)

    def partitions(self) -> list[TopicPartition]:
        """All, or those of the key."""
        if self.key is not None:
            return [TopicPartition(name, partition_of(self.key, count)) for name, count in self.topics.items()]
        return [TopicPartition(name, number) for name, count in self.topics.items() for number in range(count)]


class Log:
    """One reading of a stretch: open it, then take its batches."""

    def __init__(self, cluster: Cluster, stretch: Stretch) -> None:
        self._cluster, self._stretch = cluster, stretch
        self._partitions = stretch.partitions()
        self._closed: set[TopicPartition] = set()
        self._settled: set[TopicPartition] = set()
        self._caught_up = False
        self.starts: dict[TopicPartition, int] = {}
        self.ends: dict[TopicPartition, int] = {}

    @property
    def caught_up(self) -> bool:
        """Whether everything that was there at the beginning has been taken."""
        return self._caught_up

    @property
    def expected(self) -> int:
        """About how many records there are; offsets may have holes."""
        return sum(max(0, self.ends[each] - self.starts[each]) for each in self._partitions if each in self.ends)

    def batches(self) -> AsyncIterator[list[Record]]:
        """Records, merged, until the stretch ends; empty lists while nothing comes."""
        return self.items(lambda record: record)

    async def items(self, item_of: Callable[[Record], Item]) -> AsyncIterator[list[Item]]:
        """As `batches`, with what is made of each record in its place: of those held back, nothing else is kept."""
        async with self._cluster.consumer() as consumer:
            await self._open(consumer)
            merged = Interleaver[Item](self._partitions)
            heard = time.monotonic()
            while merged.behind or self._stretch.follow:
                found = await consumer.getmany(timeout_ms=_QUIET_MS, max_records=_AT_ONCE)
                for partition in found:  # before it is asked what lies beyond: the end may have been told too low
                    self._is_settled(consumer, partition)
                kept = {partition: self._within(partition, records) for partition, records in found.items()}
                await self._keep_up(consumer, merged, kept)
                for partition, records in kept.items():
                    merged.add(partition, [record.timestamp for record in records], list(map(item_of, records)))
                if found:
                    heard = time.monotonic()
                elif merged.behind and time.monotonic() - heard > _STUCK_SECONDS:
                    raise ToolError(f"nothing came for {_STUCK_SECONDS:.0f} s, though {min(merged.behind)} has more")
                self._caught_up = not merged.behind
                yield merged.take()
                if len(self._closed) == len(self._partitions):
                    return

    async def _open(self, consumer: AIOKafkaConsumer) -> None:
        partitions = self._partitions
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        self.ends = await consumer.end_offsets(partitions)
        self.starts = dict(first)
        if self._stretch.since is not None:
            found: dict[TopicPartition, Any] = await consumer.offsets_for_times(
                dict.fromkeys(partitions, milliseconds(self._stretch.since))
            )
            self.starts = {each: found[each].offset if found[each] else self.ends[each] for each in partitions}
        if self._stretch.last is not None:
            self.starts = {each: max(first[each], self.ends[each] - self._stretch.last) for each in partitions}
        for partition, start in self._stretch.starts.items():
            if start < first[partition]:
                raise ToolError(
                    f"{partition.topic}/{partition.partition}: {start} is gone, it begins at {first[partition]}"
                )
            self.starts[partition] = start
        for partition, start in self.starts.items():
            consumer.seek(partition, start)

    async def _keep_up(
        self, consumer: AIOKafkaConsumer, merged: Interleaver[Item], kept: Mapping[TopicPartition, list[Record]]
    ) -> None:
        """Note who has caught up; pause who is too far ahead, and who is done; then let the next request leave.

        So the broker answers while we work on what was kept.
        """
        for partition in list(merged.behind):
            if partition in self._closed or await self._has_caught_up(consumer, partition):
                merged.behind.discard(partition)
        full = (merged.full(kept) if merged.behind else set()) | self._closed
        paused = consumer.paused()
        if full - paused:
            consumer.pause(*(full - paused))
        if paused - full:
            consumer.resume(*(paused - full))
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def _has_caught_up(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
        return self._is_settled(consumer, partition) and await consumer.position(partition) >= self.ends[partition]

    def _is_settled(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
        """Whether the broker said with an answer where the partition ends."""
        if partition not in self._settled and (end := consumer.last_stable_offset(partition)) is not None:
            self._settled.add(partition)
            self.ends[partition] = max(self.ends[partition], end)
        return partition in self._settled

    def _within(self, partition: TopicPartition, records: list[Record]) -> list[Record]:
        """Those inside the stretch; the first one after it closes the partition."""
        stretch = self._stretch
        if partition in self._closed:
            return []
        if stretch.until is not None:
            latest = milliseconds(stretch.until)
            records = self._up_to(partition, records, lambda record: record.timestamp > latest)
        if not stretch.follow and records and records[-1].offset >= self.ends[partition]:
            records = self._up_to(partition, records, lambda record: record.offset >= self.ends[partition])
        if stretch.since is not None:
            earliest = milliseconds(stretch.since)
            records = [record for record in records if record.timestamp >= earliest]
        return records

    def _up_to(
        self, partition: TopicPartition, records: list[Record], beyond: Callable[[Record], bool]
    ) -> list[Record]:
        """Those before the first one that is beyond; it closes the partition."""
        for index, record in enumerate(records):
            if beyond(record):
                self._closed.add(partition)
                return records[:index]
        return records
