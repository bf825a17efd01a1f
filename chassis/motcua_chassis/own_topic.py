"""Reads a service's own topic: its last records, or all of it. Belongs to no group, commits nothing, creates nothing.

Invariant: what was published before a reading began is read. Some brokers say their ends too low when asked; what they
say with the records is right, so a partition has ended only once a fetch said so.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_AT_ONCE = 2_000
_PATIENCE_MS = 200
_FAREWELL = 1.0
"""Seconds: a broker may leave the end of a TLS connection unanswered for 30, and everything was read by then."""


class OwnTopic:
    """One topic of a cluster."""

    def __init__(self, brokers: Sequence[str], topic: str, security: Mapping[str, Any] | None = None) -> None:
        self._brokers, self._topic, self._security = list(brokers), topic, security or {}

    async def last(self, count: int) -> AsyncIterator[Sequence[ConsumerRecord]]:
        """About the last `count` records of each partition; nothing where there is no topic. Raises `KafkaError`."""
        async with self._opened() as consumer:
            partitions = sorted(consumer.assignment())
            first = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            for each in partitions:
                consumer.seek(each, max(first[each], ends[each] - count))
            async for records in _to_the_end(consumer):
                yield records

    async def all(self) -> AsyncIterator[Sequence[ConsumerRecord]]:
        """Every record, each partition in its order. Raises `KafkaError`."""
        async with self._opened() as consumer:
            await consumer.seek_to_beginning()
            async for records in _to_the_end(consumer):
                yield records

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._brokers, enable_auto_commit=False, auto_offset_reset="none",
            fetch_max_wait_ms=20, isolation_level="read_committed", **self._security,
        )  # fmt: skip
        try:
            await consumer.start()
            # The library's own question about one topic lets a broker create it.
            cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001
            numbers = cluster.partitions_for_topic(self._topic) or ()
            consumer.assign([TopicPartition(self._topic, number) for number in numbers])
            yield consumer
        finally:
            with suppress(Exception):
                await asyncio.wait_for(consumer.stop(), _FAREWELL)


async def _to_the_end(consumer: AIOKafkaConsumer) -> AsyncIterator[Sequence[ConsumerRecord]]:
    behind = set(consumer.assignment())
    while behind:
        found = await consumer.getmany(*behind, timeout_ms=_PATIENCE_MS, max_records=_AT_ONCE)
        for records in found.values():
            yield records
        for each in list(behind):
            end = consumer.last_stable_offset(each)
            if end is not None and await consumer.position(each) >= end:
                behind.discard(each)
