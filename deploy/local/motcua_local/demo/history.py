"""Reads the events of all four services as an integrator would, as they happen, and keeps them for the checks."""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from motcua_contracts import CATALOGUE, Envelope, Event, Stream, read_headers, upcast
from motcua_local.access import Access


class Told(NamedTuple):
    """One event as it stands on its topic."""

    envelope: Envelope
    event: Event
    partition: int
    offset: int


class History:
    """Everything told so far. `follow` it in a task; `by_application` holds each event once, in order of arrival."""

    def __init__(self, kafka: Access, on_event: Callable[[Told], None] = lambda _: None) -> None:
        self._kafka = kafka
        self._on_event = on_event
        self._seen: set[UUID] = set()
        self.by_application: dict[UUID, list[Told]] = defaultdict(list)
        self.types: Counter[str] = Counter()
        self.repeats = 0
        self.quiet_since = math.inf
        """By the loop's clock: when the last event was heard. Before anybody listens nothing is quiet."""

    async def follow(self) -> None:
        """Read from the beginning until cancelled."""
        consumer = AIOKafkaConsumer(
            **self._kafka.options, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=50
        )
        await consumer.start()
        try:
            consumer.assign(await self._places(consumer))
            loop = asyncio.get_running_loop()
            self.quiet_since = loop.time()
            while True:
                batches = await consumer.getmany(timeout_ms=200, max_records=1_000)
                for place, records in batches.items():
                    for record in records:
                        self._take(place, record)
                if batches:
                    self.quiet_since = loop.time()
        finally:
            await consumer.stop()

    async def _places(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        found: list[TopicPartition] = []
        for stream in Stream:
            partitions = await consumer._client._wait_on_metadata(stream.topic) or set()  # noqa: SLF001
            found += [TopicPartition(stream.topic, partition) for partition in partitions]
        return found

    def _take(self, place: TopicPartition, record: object) -> None:
        envelope = read_headers(record.headers)  # type: ignore[attr-defined]
        if envelope.id in self._seen:
            self.repeats += 1
            return
        self._seen.add(envelope.id)
        event = upcast(CATALOGUE[envelope.type].model_validate_json(record.value))  # type: ignore[attr-defined]
        told = Told(envelope, event, place.partition, record.offset)  # type: ignore[attr-defined]
        self.by_application[envelope.subject].append(told)
        self.types[envelope.type] += 1
        self._on_event(told)
