"""The toy's one path over a test's database, and what the tables then hold."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
from aiokafka import ConsumerRecord

from chassis.tests.toy import TOY, Toy, record
from motcua_chassis.batch import BatchWriter, Projector, project_nothing, system_clock
from motcua_chassis.codec import Reader, unpack_headers
from motcua_chassis.failures import Failure, classify
from motcua_chassis.fuse import Fuse
from motcua_chassis.inputs import Command, IdempotencyKey
from motcua_chassis.message import Decider
from motcua_chassis.metrics import Metrics
from motcua_chassis.outbox import Publisher
from motcua_chassis.path import Path
from motcua_chassis.positions import TopicPartition
from motcua_chassis.repair import Repair
from motcua_contracts import ApplicationSubmitted, Envelope, Event, Stream, read_headers

CLUSTER = "a-cluster"
TABLES = (
    "aggregates",
    "positions",
    "inbox",
    "outbox",
    "work",
    "commands",
    "counters",
    "dead_letters",
    "operator_actions",
)
PRINCIPAL = "0192f000-0000-7000-8000-000000000001"


@dataclass
class ToyPath:
    """The path of the toy with every part replaceable; the fuse is out of the way unless a test sets its limit."""

    pool: asyncpg.Pool
    decider: Decider[Any] = TOY
    project: Projector = project_nothing
    clock: Callable[[], datetime] = system_clock
    halt_after: int = 1_000_000
    stream: Stream = Stream.IDENTITY
    on_work: Callable[[], None] = lambda: None
    relay: Publisher | None = None
    metrics: Metrics = field(default_factory=Metrics)
    reads: Sequence[type[Event]] = (ApplicationSubmitted,)

    def __post_init__(self) -> None:
        self.reader = Reader(self.reads)
        self.writer = BatchWriter(
            self.stream, self.decider, project=self.project, clock=self.clock, on_work=self.on_work, relay=self.relay
        )
        self.fuse = Fuse(self.halt_after)
        self.path = Path(self.pool, self.reader, self.writer, self.metrics, self.fuse)
        self.repair = Repair(self.pool, self.reader, self.writer)
        self.decide = self.path.decide

    async def deliver(self, *records: Any, cluster: str = CLUSTER) -> dict[TopicPartition, int]:
        return await self.path.deliver(cluster, records)

    async def state(self, application: UUID) -> Toy | None:
        """The stored state; None where there is no row at all."""
        raw = await self.pool.fetchval("SELECT state FROM aggregates WHERE id = $1", application)
        return None if raw is None else self.writer.aggregates.decode(raw)

    async def published(self, application: UUID | None = None) -> list[Envelope]:
        """The envelopes in the outbox in the order they will be sent, announcements of dead letters left out."""
        rows = await self.pool.fetch("SELECT topic, headers FROM outbox ORDER BY seq")
        found = [read_headers(unpack_headers(row["headers"])) for row in rows if row["topic"].endswith(".events")]
        return [envelope for envelope in found if application in {None, envelope.subject}]

    async def dead(self, *states: str) -> list[asyncpg.Record]:
        """The dead letters in these states (all: none named), in order."""
        return await self.pool.fetch(
            'SELECT id, state, application, source, reason, detail, "offset", history, body, headers '
            "FROM dead_letters WHERE $1::text[] = '{}' OR state = ANY($1) ORDER BY id",
            list(states),
        )

    async def counts(self) -> Mapping[str, int]:
        """Rows per table of the path."""
        return {table: await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608


async def waiting_for_locks(pool: asyncpg.Pool, count: int) -> None:
    """Until so many transactions of this database wait for another. Raises `TimeoutError`."""
    async with asyncio.timeout(10):
        while await pool.fetchval(_WAITING) < count:
            await asyncio.sleep(0.01)


_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def twin(original: ConsumerRecord, offset: int, partition: int = 0) -> ConsumerRecord:
    """The same event as a relay that died before it could delete the row publishes it again."""
    return record(
        UUID(original.key.decode()), offset, partition=partition, value=original.value, headers=original.headers
    )


def command(
    body: Any,
    application: UUID | None = None,
    *,
    key: str | None = None,
    hashed: bytes = b"body",
    reply: Callable[[Any, Sequence[Any]], bytes] | None = None,
    principal: str = PRINCIPAL,
) -> Command:
    """A command; its reply, unless given, shows the state it met."""
    idempotency = IdempotencyKey(principal, "POST /things", key, hashed) if key is not None else None
    return Command(application or uuid4(), body, uuid4(), reply or show, idempotency)


def show(state: Any, _events: Sequence[Any]) -> bytes:
    """A reply that differs with every event the state has seen."""
    return msgspec.json.encode({"receipts": state.receipts, "ended": state.ended})


async def insist(attempt: Callable[[], Awaitable[Any]]) -> int:
    """What consumer and door do: the whole batch again after a transient failure; returns how many there were."""
    for failures in range(50):
        try:
            await attempt()
        except Exception as error:
            if classify(error) is not Failure.TRANSIENT:
                raise
            await asyncio.sleep(random.random() / 100)
        else:
            return failures
    raise AssertionError("fifty transient failures in a row")
