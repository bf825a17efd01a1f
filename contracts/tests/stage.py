"""A stage for `motcua-events`: topics of a fresh prefix on the real broker, the story on them, and the command."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from typer.testing import CliRunner, Result

from motcua_contracts import Stream, write_headers
from motcua_contracts.tools.examples import story
from motcua_contracts.tools.telling import Example
from motcua_events.cli import app
from motcua_local.topics import create_topics

PARTITIONS = 3
_AGO = timedelta(days=1_000)
_FOREVER = {"retention.ms": "-1"}
Header = tuple[str, bytes | None]
Sent = tuple[bytes | None, bytes | None, tuple[Header, ...], int, int]
"""Key, value, headers, Kafka timestamp, partition: all that a replay has to bring back."""


def in_time() -> list[Example]:
    """The story in the order in which things happened, long enough ago: Kafka refuses times that are still to come."""
    moved = [Example(e.envelope._replace(time=e.envelope.time - _AGO), e.event) for e in story()]
    return sorted(moved, key=lambda example: example.envelope.time)


async def _reached_ends(consumer: AIOKafkaConsumer) -> bool:
    ends = await consumer.end_offsets(consumer.assignment())
    return all([await consumer.position(partition) >= end for partition, end in ends.items()])


@dataclass
class Stage:
    """Four topics, and what a test does with them."""

    brokers: str
    prefix: str
    topics: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.topics = [self.prefix + stream.topic for stream in Stream]

    @property
    def on_topics(self) -> list[str]:
        """The options that name them."""
        return [part for topic in self.topics for part in ("--topic", topic)]

    async def create(self) -> None:
        await create_topics(
            self.brokers, [NewTopic(topic, PARTITIONS, 1, topic_configs=_FOREVER) for topic in self.topics]
        )

    async def tell(self, examples: Sequence[Example] | None = None) -> None:
        """Publish events in the order of time, as services do; by default the whole story."""
        async with AIOKafkaProducer(bootstrap_servers=self.brokers, acks="all") as producer:
            for envelope, event in in_time() if examples is None else examples:
                key, body = str(envelope.subject).encode(), event.model_dump_json(exclude_none=True).encode()
                milliseconds = int(envelope.time.timestamp() * 1000) + 7
                topic = self.prefix + event.stream.topic
                await producer.send(topic, body, key, headers=write_headers(envelope), timestamp_ms=milliseconds)
            await producer.flush()

    async def put(self, *records: tuple[bytes | None, bytes | None, list[Header]], topic: int = 0) -> None:
        """Put records as they are into the first partition of a topic."""
        async with AIOKafkaProducer(bootstrap_servers=self.brokers, acks="all") as producer:
            for key, value, headers in records:
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)
                batch.close()
                await (await producer.send_batch(batch, self.topics[topic], partition=0))

    async def read(self, topics: Iterable[str] | None = None) -> dict[str, list[Sent]]:
        """Everything that is in topics, by topic without the prefix, in the order of partitions and offsets."""
        found: dict[str, list[Sent]] = {}
        async with AIOKafkaConsumer(
            bootstrap_servers=self.brokers, auto_offset_reset="earliest", fetch_max_wait_ms=20, enable_auto_commit=False
        ) as consumer:
            for topic in topics or self.topics:
                consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
                records: list[Any] = []
                quiet = 0
                while quiet < 2 or not await _reached_ends(consumer):
                    batch = await consumer.getmany(timeout_ms=200)
                    quiet = 0 if batch else quiet + 1
                    records += [record for several in batch.values() for record in several]
                records.sort(key=lambda record: (record.partition, record.offset))
                name = topic[topic.index("motcua.") :]
                found[name] = [(r.key, r.value, tuple(r.headers), r.timestamp, r.partition) for r in records]
        return found

    async def run(self, *arguments: object, stdin: str | None = None) -> Result:
        """Run the command in this process, in a thread with a loop of its own."""
        given = ["--brokers", self.brokers, *map(str, arguments)]
        return await asyncio.to_thread(CliRunner().invoke, app, given, input=stdin)

    async def start(self, *arguments: object) -> Process:
        """Start the command as a process of its own."""
        command = ["-m", "motcua_events", "--brokers", self.brokers, *map(str, arguments)]
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
        return await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
