"""Creates the topics of `contracts/topics`: those that are missing, never altering one that exists."""

from collections.abc import Iterable
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import motcua_contracts
from motcua_contracts.tools.topics import TopicSpec

TOPICS = Path(motcua_contracts.__file__).parents[1] / "topics"
_CREATED, _EXISTS = 0, 36


async def create_missing(address: str, topics: Iterable[TopicSpec]) -> None:
    """Create with one replica: an installation that wants more creates them beforehand."""
    await create_topics(
        address, [NewTopic(each.topic, each.partitions, 1, topic_configs=each.settings) for each in topics]
    )


async def create_topics(address: str, topics: list[NewTopic]) -> None:
    """Create; one that exists, also one that somebody else makes meanwhile, is left as it is."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address.split(","), request_timeout_ms=10_000)
    await admin.start()
    try:
        answer = await admin.create_topics(topics)
    finally:
        await admin.close()
    for name, code, *reason in answer.topic_errors:
        if code not in {_CREATED, _EXISTS}:
            raise RuntimeError(f"topic {name} cannot be created: code {code} {reason}")
