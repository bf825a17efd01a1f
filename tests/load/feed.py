"""Applications to carry: as events on the bus, where intake's relay would have put them, or as HTTP requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Self
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from motcua_chassis.codec import write_body
from motcua_chassis.identifiers import event_id
from motcua_contracts import ApplicationSubmitted, Dossier, Envelope, FeeBasis, Stream, write_headers

LARGE = 900_000
"""Bytes of one batch on the bus."""
ROUND = 600
"""Applications that are sent before the broker is waited for."""


def submission(index: int) -> ApplicationSubmitted:
    """An application for nothing in particular."""
    code = f"H29.25.12-261122-{index % 10_000_000:07d}"
    dossier = Dossier(code=code, applicant_id=uuid4(), procedure="2.000815", agency="H29.25.12", channel="online")
    return ApplicationSubmitted(dossier=dossier, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22)))


def envelope(application: UUID) -> Envelope:
    """Of its first event."""
    now, cause = datetime.now(UTC), uuid4()
    identity = event_id(now, b"/motcua/intake", application, cause, 0)
    return Envelope(identity, "/motcua/intake", ApplicationSubmitted.type, now, application, cause, cause, 1)


class Feed:
    """Publishes submitted applications in large batches."""

    def __init__(self, address: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", max_batch_size=LARGE)

    async def __aenter__(self) -> Self:
        await self._producer.start()
        self._partitions = sorted(await self._producer.partitions_for(Stream.INTAKE.topic))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def publish(self, applications: Sequence[UUID]) -> None:
        """All of them; returns when the broker has them."""
        await self.send(self.prepare(applications))

    def prepare(self, applications: Sequence[UUID]) -> list[list[BatchBuilder]]:
        """Written as far as a batch can be before it is sent: a batch for every partition, and again."""
        count = len(self._partitions)
        prepared = []
        for start in range(0, len(applications), ROUND):
            batches = [self._producer.create_batch() for _ in range(count)]
            for index, application in enumerate(applications[start : start + ROUND], start):
                batches[index % count].append(
                    key=str(application).encode(),
                    value=write_body(submission(index)),
                    timestamp=None,
                    headers=list(write_headers(envelope(application))),
                )
            prepared.append(batches)
        return prepared

    async def send(self, prepared: Iterable[Sequence[BatchBuilder]]) -> None:
        """Returns when the broker has them."""
        for batches in prepared:
            sends = [
                await self._producer.send_batch(batch, Stream.INTAKE.topic, partition=partition)
                for partition, batch in zip(self._partitions, batches, strict=True)
                if batch.record_count()
            ]
            await asyncio.gather(*sends)


async def publish(address: str, count: int) -> None:
    """So many applications onto the bus."""
    async with Feed(address) as feed:
        await feed.publish([uuid4() for _ in range(count)])


@asynccontextmanager
async def prepared(address: str, count: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """So many applications, written before the clock runs: their making is nobody's work that is measured."""
    async with Feed(address) as feed:
        written = feed.prepare([uuid4() for _ in range(count)])
        yield lambda: feed.send(written)
