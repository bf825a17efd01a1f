"""Creates the topics of `contracts/topics`: those that are missing, never altering one that exists."""

from collections.abc import Iterable
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import motcua_contracts
from motcua_contracts.tools.topics import TopicSpec
from motcua_local.access import Access

TOPICS = Path(motcua_contracts.__file__).parents[1] / "topics"
_CREATED, _EXISTS = 0, 36


async def create_missing(where: str | Access, topics: Iterable[TopicSpec], brokers: int = 1) -> None:
    """Create with the replicas of production, or as many as there are brokers."""
    await create_topics(where, [_as_described(each, brokers) for each in topics])


async def create_topics(where: str | Access, topics: list[NewTopic]) -> None:
    """Create; one that exists, also one that somebody else makes meanwhile, is left as it is."""
    admin = AIOKafkaAdminClient(**Access.to(where).options, request_timeout_ms=10_000)
    await admin.start()
    try:
        answer = await admin.create_topics(topics)
    finally:
        await admin.close()
    for name, code, *reason in answer.topic_errors:
        if code not in {_CREATED, _EXISTS}:
            raise RuntimeError(f"topic {name} cannot be created: code {code} {reason}")


def _as_described(topic: TopicSpec, brokers: int) -> NewTopic:
    copies = min(brokers, topic.production.replication)
    settings = topic.settings
    if copies == topic.production.replication:
        settings |= {"min.insync.replicas": str(topic.production.min_insync_replicas)}
    return NewTopic(topic.topic, topic.partitions, copies, topic_configs=settings)
