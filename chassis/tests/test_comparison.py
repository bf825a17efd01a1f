"""The comparison of a database with its topic, and who waits for it, without a process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from aiokafka import ConsumerRecord

from chassis.tests.toy import TOY, record
from chassis.tests.toy_path import ToyPath
from motcua_chassis.ahead import AheadError, Comparison
from motcua_chassis.batch import project_nothing
from motcua_chassis.codec import unpack_headers
from motcua_chassis.metrics import Metrics
from motcua_chassis.own_topic import OwnTopic
from motcua_chassis.rebuild import Rebuild
from motcua_chassis.relay import Relay
from motcua_chassis.service import Running, Service
from motcua_chassis.settings import ChassisSettings
from motcua_contracts import Stream
from motcua_local.waiting import comes_true

TABLES = ("aggregates", "positions", "inbox", "work")


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
