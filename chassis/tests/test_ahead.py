"""A database older than its topic: the service refuses to start on it, or catches up and goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.tests.nursery import Life, Nursery, nursery
from chassis.tests.rig import INPUT, OUTPUT, Rig, open_rig
from motcua_chassis.ahead import EXIT_CODE
from motcua_chassis.own_topic import OwnTopic
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
