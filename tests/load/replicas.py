"""One service in several replicas on a topic that waits for it: how fast it empties, and whether the order is kept."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from motcua_contracts import Envelope, Stream, read_headers
from motcua_contracts.tools.topics import load_topics
from motcua_local.topics import TOPICS
from tests.load.feed import prepared, publish
from tests.load.parts import Sample, fresh_parts
from tests.load.pipeline import OURS, WARM_UP, reach, ready


class DisorderError(AssertionError):
    """An event of an application came before its predecessor, or one is missing."""


async def measure(replicas: int, applications: int) -> Sample:
    """Identity's stage. Raises `DisorderError`."""
    async with fresh_parts() as parts:
        names = [
            await parts.start(OURS.module, "identity", "identity", name=f"identity-{number}")
            for number in range(replicas)
        ]
        await ready(parts)
        await publish(parts.broker.address, WARM_UP)
        await reach(parts, WARM_UP, stages=["identity"])

        async with prepared(parts.broker.address, applications) as send:
            work = asyncio.gather(send(), reach(parts, applications + WARM_UP, stages=["identity"]))
            sample = await parts.measure(names, applications, work)
        await _insist_on_order(parts.broker.address, 2 * (applications + WARM_UP))
        return sample


async def _insist_on_order(address: str, events: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=address, fetch_max_wait_ms=20, group_id=None)
    await consumer.start()
    try:
        topic = Stream.IDENTITY.topic
        [partitions] = [spec.partitions for spec in load_topics(TOPICS) if spec.topic == topic]
        places = [TopicPartition(topic, each) for each in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        last: dict[UUID, int] = {}
        seen = 0
        while seen < events:
            for records in (await consumer.getmany(timeout_ms=5_000)).values():
                seen += len(records)
                _follow(last, [read_headers(record.headers) for record in records])
    finally:
        await consumer.stop()


def _follow(last: dict[UUID, int], envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        expected = last.get(envelope.subject, 0) + 1
        if envelope.sequence > expected:
            raise DisorderError(f"{envelope.subject}: {envelope.sequence} where {expected} was due")
        last[envelope.subject] = max(envelope.sequence, expected - 1)
