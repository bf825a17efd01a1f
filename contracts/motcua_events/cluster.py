"""A Kafka cluster: how to get in, what it is called, which topics it has, and whether it is marked as production.

Invariant: asking never creates a topic.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from motcua_events.failure import ToolError

PRODUCTION = "motcua.cluster.production"
"""A cluster that has this topic is production; the topic stays empty."""
_UNKNOWN_TOPIC = 3
_CREATED, _EXISTS = 0, 36
_PATIENCE = 20.0
_FOREVER = {"retention.ms": "-1", "cleanup.policy": "delete"}
"""For topics that a replay creates: recorded times may be older than a broker's usual retention."""
_COPIES = 3
"""Of a topic that a replay creates, where there are so many brokers."""
_MOST_IN_A_BATCH = 100_000
"""Our topics take 262,144 bytes at once."""


class Security(StrEnum):
    """Kafka's own names, in lower case."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"
    SASL_TLS = "sasl_tls"
    """As the services' own settings call it: in their environment the tools work as they are."""


class Mechanism(StrEnum):
    """How SASL proves who we are."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Layout:
    """What a cluster says of itself: its id, the partitions of each topic, and how many brokers it has."""

    id: str
    partitions: dict[str, int]
    brokers: int


@dataclass(frozen=True)
class Cluster:
    """Where it is and how to get in; `expected_id` refuses any other cluster."""

    brokers: str
    security: Security = Security.PLAINTEXT
    mechanism: Mechanism = Mechanism.SCRAM_SHA_512
    username: str | None = None
    password: str | None = None
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    expected_id: str | None = None

    def options(self) -> dict[str, Any]:
        """What every aiokafka client takes. Raises `ToolError` where they do not fit together."""
        security = Security.SASL_SSL if self.security is Security.SASL_TLS else self.security
        options: dict[str, Any] = {
            "bootstrap_servers": [each.strip() for each in self.brokers.split(",")],
            "security_protocol": security.value.upper(),
        }
        if security in {Security.SSL, Security.SASL_SSL}:
            options["ssl_context"] = self._tls()
        if security in {Security.SASL_PLAINTEXT, Security.SASL_SSL}:
            if not self.username or self.password is None:
                raise ToolError("SASL needs --username and the environment's MOTCUA_KAFKA_PASSWORD")
            options |= {
                "sasl_mechanism": self.mechanism.value,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.authority)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise ToolError(f"the TLS files cannot be used: {error}") from None
        return context

    @asynccontextmanager
    async def consumer(self, **more: Any) -> AsyncIterator[AIOKafkaConsumer]:
        """Reads partitions that are assigned to it by hand; belongs to no group and commits nothing."""
        defaults = {
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "fetch_max_wait_ms": 50,
            "fetch_max_bytes": 2 << 20,  # of each partition, where a broker takes it so
            "max_partition_fetch_bytes": 512 << 10,
        }
        async with self._open(
            AIOKafkaConsumer(**self.options(), **defaults, isolation_level="read_committed", **more), "stop"
        ) as consumer:
            yield consumer

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """Waits for all replicas."""
        producer = AIOKafkaProducer(**self.options(), acks="all", max_batch_size=_MOST_IN_A_BATCH)
        async with self._open(producer, "stop") as started:
            yield started

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Asks and creates."""
        async with self._open(AIOKafkaAdminClient(**self.options()), "close") as admin:
            yield admin

    @asynccontextmanager
    async def _open(self, client: Any, end: str) -> AsyncIterator[Any]:
        try:
            await asyncio.wait_for(client.start(), _PATIENCE)
        except (KafkaError, OSError, TimeoutError) as error:
            await getattr(client, end)()
            reason = str(error) or type(error).__name__
            raise ToolError(f"no Kafka lets us in at {self.brokers} ({self.security}): {reason}") from None
        try:
            yield client
        finally:
            await getattr(client, end)()

    async def layout(self, topics: Iterable[str] | None = None) -> Layout:
        """Id and partitions. Raises `ToolError` for another cluster than expected, or a topic that is not there."""
        async with self.admin() as admin:
            answer = (await _metadata(admin, None)).to_object()
        layout = Layout(
            answer["cluster_id"] or "",
            {each["topic"]: len(each["partitions"]) for each in answer["topics"] if not each["error_code"]},
            len(answer["brokers"]),
        )
        if self.expected_id is not None and layout.id != self.expected_id:
            raise ToolError(f"wrong cluster: {self.brokers} is {layout.id}, not {self.expected_id}")
        if missing := sorted(set(topics or ()) - set(layout.partitions)):
            raise ToolError(f"{self.brokers} has no topic {', '.join(missing)}")
        return layout

    async def is_production(self) -> bool:
        """Whether it bears the mark. One we may not ask about counts as there."""
        async with self.admin() as admin:
            answer = (await _metadata(admin, [PRODUCTION])).to_object()
        return any(each["error_code"] != _UNKNOWN_TOPIC for each in answer["topics"])

    async def create_topics(self, partitions: dict[str, int], brokers: int) -> None:
        """Create those that are missing, kept forever; raises `ToolError` where the cluster refuses."""
        copies = min(brokers, _COPIES)
        topics = [NewTopic(name, count, copies, topic_configs=_FOREVER) for name, count in partitions.items()]
        async with self.admin() as admin:
            answer = await admin.create_topics(topics)
        for name, code, *reason in answer.topic_errors:
            if code not in {_CREATED, _EXISTS}:
                raise ToolError(f"topic {name} cannot be created: {' '.join(map(str, reason)) or code}")


async def _metadata(admin: AIOKafkaAdminClient, topics: list[str] | None) -> Any:
    # Its own `describe_topics` lets the broker create what it asks about.
    return await admin._send_request(MetadataRequest(topics, allow_auto_topic_creation=False))  # noqa: SLF001
