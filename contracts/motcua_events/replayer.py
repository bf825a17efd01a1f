"""Plays a recording into a cluster: exactly as it was, or as a new story.

Invariant: nothing is sent before the whole recording has been found undamaged and the target fit for it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from motcua_contracts import CATALOGUE
from motcua_events.cluster import PRODUCTION, Cluster
from motcua_events.failure import ToolError
from motcua_events.pace import Pace
from motcua_events.placement import partition_of
from motcua_events.recording import Recording
from motcua_events.records import Header, Record, StoredRecord
from motcua_events.renewal import Renewal
from motcua_events.sender import Sender

TOLD_EVERY = 1_000
"""Records, where they go as fast as possible."""
Outgoing = tuple[TopicPartition, bytes | None, bytes | None, list[Header], int | None]


@dataclass
class Replayer:
    """`renewal` is None for an exact replay; `sent` counts the records of the recording that were passed on."""

    cluster: Cluster
    recording: Recording
    routes: dict[str, str]
    renewal: Renewal | None
    production_told: int = 0
    skip: int = 0
    on_sent: Callable[[int, StoredRecord], None] | None = None
    sent: int = 0
    created: list[str] = field(default_factory=list)
    _targets: dict[str, tuple[list[TopicPartition], bool]] = field(default_factory=dict)
    """By recorded topic: the partitions it goes to, and whether they are as many as there were."""

    async def prepare(self) -> None:
        """Refuse what must not be replayed, or not there; then create the topics that are missing."""
        manifest = self.recording.manifest
        self.recording.verify()
        if self.renewal is not None and (strangers := sorted(set(manifest.types) - set(CATALOGUE) - {""})):
            raise ToolError(
                f"this motcua-events does not know {', '.join(strangers)}, so it cannot tell which ids they hold: "
                "upgrade, or replay with --exact"
            )
        layout = await self.cluster.layout()
        if await self.cluster.is_production() and self.production_told < 2:
            raise ToolError(
                f"{self.cluster.brokers} is production: it has the topic {PRODUCTION}. Nothing was sent. "
                "If you mean it, say --yes-production twice."
            )
        same = [topic for topic, new in self.routes.items() if topic == new]
        if self.renewal is None and layout.id == manifest.cluster and same:
            raise ToolError(
                f"{', '.join(sorted(same))} of this very cluster was recorded: an exact replay would say everything "
                "twice. Use --into, or leave --exact."
            )
        recorded = {new: manifest.topics[old].partitions for old, new in self.routes.items()}
        missing = {topic: count for topic, count in recorded.items() if topic not in layout.partitions}
        if missing:
            await self.cluster.create_topics(missing, layout.brokers)
        self.created = sorted(missing)
        for old, new in self.routes.items():
            count = layout.partitions.get(new, recorded[new])
            self._targets[old] = [TopicPartition(new, number) for number in range(count)], count == recorded[new]

    async def play(self, pace: Pace) -> None:
        """Send everything, record after record. Whatever ends it, what was counted has arrived, or it raises."""
        self.sent = self.skip
        at_once, on_sent, outgoing = (
            pace.never_waits,
            self.on_sent,
            self._exact if self.renewal is None else self._renewed,
        )
        async with self._sender() as sender:
            put, begin = sender.put, sender.begin
            for records in self.recording.records(self.skip):
                for record in records:
                    if not at_once and not pace.free:
                        await pace.turn(record.timestamp, sender.flush)
                    parts = outgoing(record)
                    if not put(*parts):
                        await begin(*parts)
                    self.sent += 1
                    if on_sent and not (at_once and self.sent % TOLD_EVERY):
                        on_sent(self.sent, record)

    @asynccontextmanager
    async def _sender(self) -> AsyncIterator[Sender]:
        """Flushes also when interrupted, so that `sent` says where to go on."""
        async with self.cluster.producer() as producer:
            sender = Sender(producer)
            try:
                yield sender
            finally:
                await sender.flush()

    def _exact(self, record: StoredRecord) -> Outgoing:
        timestamp = record.timestamp if record.timestamp >= 0 else None
        return self._place(record, record.key), record.key, record.value, record.headers, timestamp

    def _renewed(self, record: StoredRecord) -> Outgoing:
        assert self.renewal is not None  # noqa: S101  # chosen by it
        key, value, headers, timestamp = self.renewal.apply(record)
        return self._place(record, key), key, value, headers, timestamp if timestamp >= 0 else None

    def _place(self, record: Record, key: bytes | None) -> TopicPartition:
        """The recorded partition where nothing changed and for records without a key; else where the key belongs."""
        places, same = self._targets[record.topic]
        if key is None or (same and key == record.key):
            return places[record.partition % len(places)]
        return places[partition_of(key, len(places))]
