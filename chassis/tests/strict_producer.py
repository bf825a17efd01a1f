"""A producer that refuses what Apache Kafka refuses and the embedded broker takes, and that a test can hold."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, UnknownTopicOrPartitionError

LARGEST = 100_000


class Strict(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka is untyped
    """Refuses too large a batch and a topic that is not there."""

    missing: frozenset[str] = frozenset()
    reached = asyncio.Event()
    gate = asyncio.Event()
    """Closed for a test that must do something between the reading and the deleting of rows."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        self.reached.set()
        await self.gate.wait()
        if batch.size() > LARGEST:
            refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            refused.set_exception(MessageSizeTooLargeError())
            return refused
        return await super().send_batch(batch, topic, partition=partition)

    async def send_and_wait(self, topic: str, value: bytes, *others: Any, **more: Any) -> Any:
        if len(value) > LARGEST:
            raise MessageSizeTooLargeError
        return await super().send_and_wait(topic, value, *others, **more)

    async def partitions_for(self, topic: str) -> set[int]:
        if topic in self.missing:
            raise UnknownTopicOrPartitionError
        found: set[int] = await super().partitions_for(topic)
        return found
