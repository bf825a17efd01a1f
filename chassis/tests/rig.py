"""A rig: the toy's own broker and database, applications sent to it, and the account of what became of each.

Its own broker because the topics' names are fixed by `Stream` (a shared broker would mix the tests' records), because
these tests stop it, and because an embedded one starts in a tenth of a second. The database is one of the session's
server, which only the tests that stop PostgreSQL replace by their own.
"""

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import NewTopic

from chassis.tests.nursery import SECRET, Life, Nursery, whole_life
from chassis.tests.toy import envelope, submitted
from motcua_chassis.codec import write_body
from motcua_contracts import Stream, write_headers
from motcua_local.ports import free_ports
from motcua_local.postgres import PostgresServer
from motcua_local.topics import create_topics
from motcua_local.waiting import comes_true
from tests.support.broker import OwnBroker, own_broker
from tests.support.parts import embedded_parts

INPUT, OUTPUT, LETTERS = Stream.INTAKE.topic, Stream.IDENTITY.topic, "motcua.identity.dead-letters"
PARTITIONS = 6
REQUESTED, VERIFIED = "vn.motcua.identity.check-requested.v1", "vn.motcua.identity.verified.v1"
FULL_STOP = "full-stop"


@dataclass
class Rig:
    """One broker, one database, and any number of lives of the toy between them."""

    broker: OwnBroker
    postgres: PostgresServer
    database: str
    folder: Path
    nursery: Nursery
    producer: AIOKafkaProducer
    sent: dict[UUID, int] = field(default_factory=dict)
    """How many submissions each application was sent."""
    lives: list[Life] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def dsn(self) -> str:
        return self.postgres.dsn(self.database)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def settings(self, port: int, **changes: str) -> dict[str, str]:
        """The toy's environment; `changes` by their names without MOTCUA_."""
        chosen = {
            "database": self.dsn,
            "kafka": self.broker.address,
            "kafka_fetch_wait_ms": "20",
            # The embedded broker's join takes as long as the session may be silent, and up to 11 s from 3 s on.
            "kafka_session_timeout_ms": "1500",
            "batch_size": "50",
            "http_port": str(port),
            "token_secret": SECRET,
            "toy_ledger": str(self.ledger),
            **changes,
        }
        return {f"MOTCUA_{name.upper()}": value for name, value in chosen.items()}

    async def live(self, **changes: str) -> Life:
        """A new life of the toy, forked; not ready yet."""
        return await self._bring_up(self.nursery.life, changes)

    async def live_whole(self, **changes: str) -> Life:
        """A new life from nothing: interpreter, imports, service."""
        return await self._bring_up(whole_life, changes)

    async def _bring_up(self, begin: Callable[..., Any], changes: dict[str, str]) -> Life:
        (port,) = free_ports(1)
        log = self.folder / f"toy-{next(self._numbers)}.log"
        log.touch()
        life: Life = await begin(self.settings(port, **changes), port, log)
        self.lives.append(life)
        return life

    async def submit(self, count: int, *, times: int = 1, repeat: bool = False) -> list[UUID]:
        """Send new applications, each submitted so many times, as intake would have: the n-th with a code of -000n.

        With `repeat` each record comes again after all of them, as from a relay that died before it could delete them.
        """
        new = [uuid4() for _ in range(count)]
        records = [_submission(application, turn) for turn in range(1, times + 1) for application in new]
        for key, body, headers in records * (2 if repeat else 1):
            await self.producer.send(INPUT, body, key, headers=headers)
        await self.producer.flush()
        self.sent |= dict.fromkeys(new, times)
        return new

    async def stream(self, until: Callable[[], bool], most: int = 2_000) -> list[UUID]:
        """Send applications, ten every tenth of a second, until the condition holds; fail after `most`."""
        sent: list[UUID] = []
        while not until():
            assert len(sent) < most, f"{len(sent)} applications later it still does not hold"
            sent += await self.submit(10, repeat=len(sent) % 50 == 0)
            await asyncio.sleep(0.1)  # the pace of the stream, not a wait for anything
        return sent

    async def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn, command_timeout=20)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def value(self, statement: str, *arguments: Any) -> Any:
        return (await self.query(statement, *arguments))[0][0]

    async def go_away(self) -> None:
        """Close the database to everyone and cut who is there: as good as away, for this rig alone."""
        await self._administer(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS false')
        await self.cut_connections()

    async def come_back(self) -> None:
        await self._administer(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS true')

    async def cut_connections(self) -> None:
        """End every session at the database, as a failover does."""
        await self._administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", self.database
        )

    async def _administer(self, statement: str, *arguments: Any) -> None:
        connection = await asyncpg.connect(self.postgres.dsn("postgres"), command_timeout=20)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def lapse_leases(self) -> None:
        """Let the time pass that a dead worker's leases still stand."""
        await self.query("UPDATE work SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL")

    async def ended(self, applications: Sequence[UUID]) -> bool:
        return bool(await self.value(_ENDED, list(applications)) == len(applications))

    async def settles(self, applications: Sequence[UUID], within: float = 40.0) -> None:
        """Wait until these applications have ended, each submission taken, and the outbox and the work are empty."""
        sent = sum(self.sent[application] for application in applications)

        async def rest() -> bool:
            taken = await self.value(_TAKEN, list(applications))  # first: what is taken later is seen in what is left
            left = await self.value("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM work)")
            return taken >= sent and left == 0 and await self.ended(applications)

        if not await comes_true(rest, within, pause=0.1):
            counts = dict((await self.query(_COUNTS))[0])
            ended = await self.value(_ENDED, list(applications))
            words = "\n".join(life.last_words() for life in self.lives[-2:])
            raise AssertionError(f"{ended} of {len(applications)} ended, {counts}\n{words}")

    async def replace_broker(self) -> None:
        """A broker at the address of the one that was stopped; the embedded one knows nothing of its records."""
        await self.broker.start_again()

    async def published(self, topic: str = OUTPUT) -> dict[bytes, list[ConsumerRecord]]:
        """All records of a topic by key, in order, up to a full stop written to each partition now."""
        mark = uuid4().bytes
        async with AIOKafkaProducer(bootstrap_servers=self.broker.address, acks="all") as writer:
            partitions = await writer.partitions_for(topic)
            for number in partitions:
                await writer.send_and_wait(topic, mark, FULL_STOP.encode(), partition=number)
        places = [TopicPartition(topic, number) for number in partitions]
        async with AIOKafkaConsumer(
            bootstrap_servers=self.broker.address, fetch_max_wait_ms=20, max_partition_fetch_bytes=2**22
        ) as reader:
            return await asyncio.wait_for(_read(reader, places, mark), 30)

    def calls(self) -> dict[UUID, int]:
        """How often the outside system was called for each application."""
        calls: dict[UUID, int] = {}
        for line in self.ledger.read_text().split():
            calls[UUID(line)] = calls.get(UUID(line), 0) + 1
        return calls

    async def account(self, applications: Iterable[UUID]) -> "Account":
        """Settle and check these applications: each has its events once, in order, without a gap; nothing is left."""
        wanted = list(applications)
        await self.settles(wanted)
        published, calls = await self.published(), self.calls()
        faults = []
        repeated = 0
        for application in wanted:
            events, repeats = _without_repeats(published.get(str(application).encode(), []))
            repeated += repeats
            expected = [*((REQUESTED, f"-{n:04d}") for n in range(1, self.sent[application] + 1))]
            found = [(kind, code) for _, kind, code in events if kind == REQUESTED]
            verified = [sequence for sequence, kind, _ in events if kind == VERIFIED]
            in_order = [sequence for sequence, _, _ in events] == list(range(1, len(events) + 1))
            if found != expected or len(verified) != 1 or not in_order or not calls.get(application):
                faults.append(f"{application}: {events}, {calls.get(application, 0)} calls")
        faults += await self._doubles(wanted)
        assert not faults, f"{len(faults)} of {len(wanted)} wrong:\n" + "\n".join(faults[:10])
        return Account(repeated, sum(calls.get(application, 0) for application in wanted))

    async def _doubles(self, applications: Sequence[UUID]) -> list[str]:
        rows = await self.query("SELECT id, version, state FROM aggregates WHERE id = ANY($1::uuid[])", applications)
        found = []
        for row in rows:
            state, sent = msgspec.json.decode(row["state"]), self.sent[UUID(str(row["id"]))]
            if row["version"] != sent + 1 or state.get("submissions") != sent:
                found.append(f"{row['id']}: version {row['version']}, {state}")
        return found


@dataclass(frozen=True)
class Account:
    """What was harmless and yet says something about the road taken."""

    repeats: int
    calls: int


_ENDED = "SELECT count(*) FROM aggregates WHERE id = ANY($1::uuid[]) AND (state ->> 'ended')::bool"
_TAKEN = "SELECT coalesce(sum((state ->> 'submissions')::int), 0) FROM aggregates WHERE id = ANY($1::uuid[])"
_COUNTS = """
SELECT (SELECT count(*) FROM aggregates) AS aggregates, (SELECT count(*) FROM outbox) AS outbox,
       (SELECT count(*) FROM work) AS work, (SELECT count(*) FROM dead_letters) AS dead_letters,
       (SELECT sum(next_offset) FROM positions) AS positions"""


@asynccontextmanager
async def open_rig(postgres: PostgresServer, nursery: Nursery, folder: Path) -> AsyncIterator[Rig]:
    """A rig in an empty folder; what it started is gone afterwards."""
    async with AsyncExitStack() as stack:
        directory, supervisor = await stack.enter_async_context(embedded_parts())
        broker = await own_broker(supervisor, directory / "kafka")
        await create_topics(broker.address, [NewTopic(name, PARTITIONS, 1) for name in (INPUT, OUTPUT, LETTERS)])
        database = f"rig_{uuid4().hex[:12]}"
        await postgres.create_database(database)
        stack.push_async_callback(postgres.drop_database, database)
        producer = AIOKafkaProducer(bootstrap_servers=broker.address, acks="all")
        await producer.start()
        stack.push_async_callback(producer.stop)
        rig = Rig(broker, postgres, database, folder, nursery, producer)
        rig.ledger.touch()
        stack.push_async_callback(_end_all, rig)
        yield rig


def _submission(application: UUID, turn: int) -> tuple[bytes, bytes, Sequence[tuple[str, bytes]]]:
    body = write_body(submitted(f"H29.25.12-261122-{turn:04d}"))
    return str(application).encode(), body, list(write_headers(envelope(application, turn)))


async def _end_all(rig: Rig) -> None:
    for life in rig.lives:
        if not life.ended.done():
            await life.end(signal.SIGKILL)


async def _read(
    reader: AIOKafkaConsumer, places: Sequence[TopicPartition], mark: bytes
) -> dict[bytes, list[ConsumerRecord]]:
    reader.assign(places)
    await reader.seek_to_beginning(*places)
    found: dict[bytes, list[ConsumerRecord]] = {}
    ended: set[TopicPartition] = set()
    while len(ended) < len(places):
        for place, records in (await reader.getmany(timeout_ms=200)).items():
            for record in records:
                if record.value == mark:
                    ended.add(place)
                elif record.key != FULL_STOP.encode():
                    found.setdefault(record.key, []).append(record)
    return found


def _without_repeats(records: Sequence[ConsumerRecord]) -> tuple[list[tuple[int, str, str]], int]:
    """The events as (sequence, type, end of the dossier's code), each id once; and how many repeats there were."""
    seen: dict[bytes, tuple[int, str, str]] = {}
    for record in records:
        headers = dict(record.headers)
        code = msgspec.json.decode(record.value)["dossier"]["code"]
        seen.setdefault(headers["ce_id"], (int(headers["ce_sequence"]), headers["ce_type"].decode(), code[-5:]))
    return list(seen.values()), len(records) - len(seen)
