"""A database older than its topic: the service refuses to start on it, or catches up and goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from chassis.tests.nursery import Life, Nursery, nursery
from chassis.tests.rig import INPUT, OUTPUT, Rig, open_rig
from chassis.tests.toy import TOY, record
from chassis.tests.toy_path import ToyPath
from motcua_chassis.ahead import EXIT_CODE, AheadError, Comparison
from motcua_chassis.batch import project_nothing
from motcua_chassis.codec import unpack_headers
from motcua_chassis.metrics import Metrics
from motcua_chassis.own_topic import OwnTopic
from motcua_chassis.rebuild import Rebuild
from motcua_chassis.relay import Relay
from motcua_chassis.service import Running, Service
from motcua_chassis.settings import ChassisSettings
from motcua_contracts import Stream
from motcua_local.postgres import PostgresServer
from motcua_local.waiting import comes_true

_ALL_SESSIONS_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
TABLES = ("aggregates", "positions", "inbox", "work")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lives() -> AsyncIterator[Nursery]:
    async with nursery() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def rig(postgres: PostgresServer, lives: Nursery, tmp_path: Path) -> AsyncIterator[Rig]:
    async with open_rig(postgres, lives, tmp_path) as opened:
        yield opened


async def _back_up(rig: Rig) -> None:
    for table in TABLES:
        await rig.query(f"CREATE TABLE saved_{table} AS TABLE {table}")


async def _restore(rig: Rig) -> None:
    for table in TABLES:
        await rig.query(f"DELETE FROM {table}")  # noqa: S608  # no input
        await rig.query(f"INSERT INTO {table} SELECT * FROM saved_{table}")  # noqa: S608  # the same


async def _older_than_its_topic(rig: Rig) -> dict[str, Any]:
    """Two stories told, the second after the back-up that comes back; gives what the database knew before that."""
    life = await (await rig.live()).becomes_ready()
    await rig.settles(await rig.submit(20))
    await _back_up(rig)
    await rig.settles(await rig.submit(15))
    assert await life.end() == 0
    states = await _states(rig)
    await _restore(rig)
    return states


async def _states(rig: Rig) -> dict[str, Any]:
    return {str(row[0]): (row[1], row[2]) for row in await rig.query("SELECT id, version, state FROM aggregates")}


async def _comes_to_an_end(life: Life) -> int:
    return await asyncio.wait_for(asyncio.shield(life.ended), 20)


async def test_it_refuses_to_start_and_says_what_to_run(rig: Rig) -> None:
    await _older_than_its_topic(rig)
    life = await rig.live()
    assert await _comes_to_an_end(life) == EXIT_CODE
    words = life.log.read_text()
    assert "service.topic-ahead" in words
    assert "motcua-events rebuild identity --catch-up" in words
    assert '"count": 15' in words
    assert life.said("service.started") == 0
    assert "Traceback" not in words


async def test_allowed_to_it_catches_up_by_the_fold_and_goes_on(rig: Rig) -> None:
    before = await _older_than_its_topic(rig)
    life = await (await rig.live(catch_up="true")).becomes_ready()
    assert await _states(rig) == before
    assert life.said("service.caught-up") == 1
    await rig.account(await rig.submit(10))
    assert await life.end() == 0
    await (await rig.live()).becomes_ready()


async def test_at_work_it_ends_where_an_older_database_is_put_beneath_it(rig: Rig) -> None:
    life = await (await rig.live()).becomes_ready()
    await rig.settles(await rig.submit(20))
    await _back_up(rig)
    await rig.settles(await rig.submit(15))
    await _restore(rig)
    await rig.query(_ALL_SESSIONS_END)
    assert await _comes_to_an_end(life) == EXIT_CODE
    assert life.said("service.topic-ahead") == 1


async def test_what_nobody_can_read_on_its_topic_is_no_reason_to_refuse(rig: Rig) -> None:
    life = await (await rig.live()).becomes_ready()
    await rig.settles(await rig.submit(5))
    assert await life.end() == 0
    [record, *_] = next(iter((await rig.published()).values()))
    stranger = uuid4()
    headers = [(n, str(stranger).encode() if n == "ce_subject" else v) for n, v in record.headers]
    producer = AIOKafkaProducer(bootstrap_servers=rig.broker.address)
    await producer.start()
    await producer.send_and_wait(OUTPUT, b"{", str(stranger).encode(), headers=headers)
    await producer.stop()
    life = await (await rig.live()).becomes_ready()
    assert life.said("service.foreign-record") > 0


async def test_with_the_broker_away_it_opens_all_the_same(rig: Rig) -> None:
    life = await rig.live(kafka="127.0.0.1:9")
    assert await comes_true(lambda: _said(life, "service.topic-not-compared"), 20)
    assert await comes_true(lambda: life.lacks("not-assigned"), 20), await life.faults()
    assert await life.end() == 0


_DUE_NOW = """
INSERT INTO work (aggregate, key, kind, at) SELECT id, 'again', 'ask', now() FROM aggregates LIMIT 1"""


async def test_with_the_broker_away_nobody_is_called(rig: Rig) -> None:
    await _older_than_its_topic(rig)
    await rig.query(_DUE_NOW)
    calls = rig.calls()
    life = await rig.live(kafka="127.0.0.1:9")
    assert await comes_true(lambda: _said(life, "service.waiting", 4), 20), life.last_words()
    assert rig.calls() == calls
    assert await life.end() == 0


async def test_until_it_could_compare_it_takes_nothing_in(rig: Rig) -> None:
    await _older_than_its_topic(rig)
    before = await _states(rig)
    connection = await asyncpg.connect(rig.dsn)
    async with connection.transaction():
        await connection.execute("LOCK aggregates IN ACCESS EXCLUSIVE MODE")  # what a slow comparison waits for
        life = await rig.live()
        assert await comes_true(lambda: _said(life, "service.topic-not-compared"), 20)
        assert not await comes_true(lambda: _said(life, "consumer.assigned"), 4), "it reads what it may know already"
    await connection.close()
    assert await _comes_to_an_end(life) == EXIT_CODE
    assert life.said("consumer.assigned") == 0
    assert await _states(rig) == before
    assert await rig.value("SELECT count(*) FROM outbox") == 0


class Published:
    """A topic with what the outbox of a path holds."""

    def __init__(self, rows: list[asyncpg.Record]) -> None:
        self.away = False
        self.records = [
            replace(
                record(row["key"], offset, value=row["body"], headers=unpack_headers(row["headers"])),
                topic=row["topic"],
            )
            for offset, row in enumerate(rows)
        ]

    async def last(self, _count: int) -> AsyncIterator[list[ConsumerRecord]]:
        if self.away:
            raise ConnectionRefusedError
        yield self.records

    async def all(self) -> AsyncIterator[list[ConsumerRecord]]:
        for each in self.records:
            yield [each]


async def _published_and_forgotten(path: ToyPath) -> Published:
    await path.deliver(*(record(offset=n) for n in range(4)))
    topic = Published(await path.pool.fetch("SELECT topic, key, headers, body FROM outbox ORDER BY seq"))
    for table in TABLES:
        await path.pool.execute(f"DELETE FROM {table}")  # noqa: S608  # no input
    return topic


def _comparison(pool: asyncpg.Pool, topic: Published) -> Comparison:
    return Comparison(
        Stream.IDENTITY, pool, [], TOY, project_nothing, catch_up=True, topic=lambda *_: cast("OwnTopic", topic)
    )


async def test_what_interrupts_a_catch_up_ends_the_start_and_the_next_goes_on(
    pool: asyncpg.Pool, path: ToyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await _published_and_forgotten(path)
    take, taken = Rebuild.take, list[Any]()

    async def cut_off_at_the_third(self: Rebuild[Any], events: Any) -> Any:
        taken.append(events)
        if len(taken) == 3:
            raise ConnectionResetError
        return await take(self, events)

    monkeypatch.setattr(Rebuild, "take", cut_off_at_the_third)
    with pytest.raises(AheadError):
        await _comparison(pool, topic).at_start(asyncio.Event())
    assert await pool.fetchval("SELECT count(*) FROM aggregates") == 2
    await _comparison(pool, topic).at_start(asyncio.Event())
    assert await pool.fetchval("SELECT count(*) FROM aggregates WHERE version = 1") == 4


async def test_a_service_that_is_at_work_catches_up_at_its_next_start_alone(pool: asyncpg.Pool, path: ToyPath) -> None:
    topic = await _published_and_forgotten(path)
    comparison, topic.away = _comparison(pool, topic), True
    await comparison.at_start(asyncio.Event())
    topic.away = False
    with pytest.raises(AheadError):
        await comparison.insist()
    assert await pool.fetchval("SELECT count(*) FROM aggregates") == 0


async def test_a_database_that_decided_before_it_knew_is_refused(pool: asyncpg.Pool, path: ToyPath) -> None:
    topic = await _published_and_forgotten(path)
    comparison, topic.away = _comparison(pool, topic), True
    await comparison.at_start(asyncio.Event())
    for published in topic.records[:2]:
        await path.deliver(record(UUID((published.key or b"").decode()), published.offset))
    topic.away = False
    with pytest.raises(AheadError, match="another event 1 waits in the outbox"):
        await comparison.insist()
    with pytest.raises(AheadError, match="another event 1 waits in the outbox"):
        await _comparison(pool, topic).at_start(asyncio.Event())
    assert await pool.fetchval("SELECT count(*) FROM aggregates") == 2


async def test_the_relay_sends_nothing_before_the_comparison_is_made(pool: asyncpg.Pool, migrated: str) -> None:
    asked: list[bool] = []

    async def away_twice() -> None:
        assert not relay.active
        asked.append(True)
        if len(asked) < 3:
            raise ConnectionError

    relay = Relay(migrated, _no_producer, Metrics(), guard=away_twice)
    running = asyncio.create_task(relay.run())
    assert await comes_true(lambda: _is_active(relay), 10)
    assert len(asked) == 3
    await relay.stop(0)
    await running


async def test_a_relay_that_hears_it_is_behind_ends(pool: asyncpg.Pool, migrated: str) -> None:
    async def behind() -> None:
        raise AheadError("a test")

    with pytest.raises(AheadError):
        await asyncio.wait_for(Relay(migrated, _no_producer, Metrics(), guard=behind).run(), 10)


async def test_a_part_that_ends_is_seen_while_the_service_still_waits_for_the_broker(settings: ChassisSettings) -> None:
    running = Running(Service(Stream.IDENTITY, "a toy", TOY), settings)

    async def ends() -> None:
        raise AheadError("a test")

    running._start([("relay", ends())])
    with pytest.raises(AheadError):
        await asyncio.wait_for(running._while_whole(asyncio.Event().wait()), 10)


async def test_a_long_comparison_does_not_look_like_a_standstill(pool: asyncpg.Pool, migrated: str) -> None:
    compared = asyncio.Event()
    relay = Relay(migrated, _no_producer, Metrics(), guard=compared.wait)
    running = asyncio.create_task(relay.run())
    beats: set[float] = set()
    assert await comes_true(lambda: _has_beaten(relay, beats, 5), 10), "the watchdog would end the service for it"
    assert not relay.active
    compared.set()
    assert await comes_true(lambda: _is_active(relay), 10)
    await relay.stop(0)
    await running


async def _has_beaten(relay: Relay, beats: set[float], times: int) -> bool:
    beats.add(relay.beat)
    return len(beats) >= times


def _no_producer() -> Any:
    raise AssertionError("nothing is to be sent")


async def _is_active(relay: Relay) -> bool:
    return relay.active


async def test_a_whole_database_starts_and_the_comparison_costs_little(rig: Rig) -> None:
    life = await (await rig.live()).becomes_ready()
    await rig.settles(await rig.submit(200))
    assert await life.end() == 0
    began = time.perf_counter()
    records = [record async for several in OwnTopic([rig.broker.address], OUTPUT).last(500) for record in several]
    assert time.perf_counter() - began < 2
    assert len(records) == 400
    assert [r async for several in OwnTopic([rig.broker.address], "no.such.topic").last(5) for r in several] == []
    await (await rig.live()).becomes_ready()


async def test_a_topic_is_read_though_the_broker_leaves_the_farewell_unanswered(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = AIOKafkaConsumer.stop

    async def never_answered(self: AIOKafkaConsumer) -> None:
        await stop(self)
        await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaConsumer, "stop", never_answered)
    sent = await rig.submit(3)
    async with asyncio.timeout(4):
        records = [record async for several in OwnTopic([rig.broker.address], INPUT).last(5) for record in several]
    assert {record.key for record in records} == {str(application).encode() for application in sent}


async def _said(life: Life, word: str, times: int = 1) -> bool:
    return life.said(word) >= times
