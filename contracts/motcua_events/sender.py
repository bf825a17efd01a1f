"""Sends records in batches, one partition after its order, several partitions at once.

Invariant: two records of one partition arrive in the order in which they were added; after `flush` all have arrived.
"""

import asyncio
from collections import deque
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from motcua_events.failure import ToolError
from motcua_events.records import Header

_MOST_IN_FLIGHT = 128
_PATIENCE = 60.0


class Sender:
    """Collects batches by partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[TopicPartition, Any] = {}
        self._sent: deque[tuple[TopicPartition, asyncio.Future[Any]]] = deque()

    def put(
        self,
        place: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: list[Header],
        timestamp: int | None,
    ) -> bool:
        """Add a record to the batch of its partition; false where there is no room, and `begin` must take it."""
        batch = self._open.get(place)
        return (
            batch is not None and batch.append(key=key, value=value, headers=headers, timestamp=timestamp) is not None
        )

    async def begin(
        self,
        place: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: list[Header],
        timestamp: int | None,
    ) -> None:
        """Send the batch of this partition, and begin the next one with this record."""
        if place in self._open:
            await self._send(place)
        batch = self._open[place] = self._producer.create_batch()
        batch.append(key=key, value=value, headers=headers, timestamp=timestamp)

    async def flush(self) -> None:
        """Send what is open and wait until everything has arrived. Raises `ToolError`."""
        for place in list(self._open):
            await self._send(place)
        while self._sent:
            await self._arrived()

    async def _send(self, place: TopicPartition) -> None:
        batch = self._open.pop(place)
        batch.close()
        try:
            async with asyncio.timeout(_PATIENCE):  # with the broker gone aiokafka may wait forever
                sent = await self._producer.send_batch(batch, place.topic, partition=place.partition)
        except (KafkaError, TimeoutError) as error:
            raise _refused(place, error) from None
        self._sent.append((place, sent))
        if len(self._sent) > _MOST_IN_FLIGHT:
            await self._arrived()

    async def _arrived(self) -> None:
        place, sent = self._sent.popleft()
        try:
            async with asyncio.timeout(_PATIENCE):
                await sent
        except (KafkaError, TimeoutError) as error:
            raise _refused(place, error) from None


def _refused(place: TopicPartition, error: Exception) -> ToolError:
    return ToolError(f"{place.topic}/{place.partition} did not take the records: {str(error) or type(error).__name__}")
