"""A whole service from its first breath to its last: what it waits for, what it tells, and that it ends in order."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.tests.load import load
from chassis.tests.nursery import Life, Nursery, nursery
from chassis.tests.rig import Rig, open_rig
from chassis.tests.toy_process import SERIES
from chassis.tests.unparsable import publish_unparsable
from motcua_contracts import Stream
from motcua_local.postgres import PostgresServer
from motcua_local.waiting import comes_true

STUCK = 70
CRASHED = 137


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lives() -> AsyncIterator[Nursery]:
    async with nursery() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def rig(postgres: PostgresServer, lives: Nursery, tmp_path: Path) -> AsyncIterator[Rig]:
    async with open_rig(postgres, lives, tmp_path) as opened:
        yield opened


async def test_a_stop_under_load_is_clean_and_loses_nothing(rig: Rig) -> None:
    life = await (await rig.live_whole()).becomes_ready()
    async with load(rig) as applications:
        assert await comes_true(lambda: _has_worked(life), 20)
        assert await life.end(within=30) == 0, life.last_words()
    assert await rig.value("SELECT count(*) FROM outbox") == 0, "the relay drains before the end"
    assert life.said("service.stopped") == 1
    assert life.said("service.close-failed") == 0
    await rig.lapse_leases()
    await (await rig.live()).becomes_ready()
    await rig.account(applications)


async def test_it_is_not_ready_before_it_has_partitions_and_a_stop_then_is_clean(rig: Rig) -> None:
    life = await rig.live_whole(kafka_session_timeout_ms="6000")
    assert await comes_true(lambda: _has_fault(life, "not-assigned"), 30)
    assert (await life.ask("/health/ready")).status_code == 503
    assert (await life.ask("/health/live")).status_code == 200
    assert await life.end(within=30) == 0, life.last_words()
    assert "Traceback" not in life.log.read_text()


async def test_it_waits_for_a_database_that_is_not_there_yet(rig: Rig) -> None:
    await rig.postgres.drop_database(rig.database)
    life = await rig.live()
    assert await comes_true(lambda: _said(life, "service.waiting", 2), 20)
    await rig.postgres.create_database(rig.database)
    await life.becomes_ready()
    await rig.account(await rig.submit(20))


async def test_it_waits_for_a_broker_that_is_not_there_yet_and_serves_http_meanwhile(rig: Rig) -> None:
    await rig.broker.stop()
    life = await rig.live()
    assert await comes_true(lambda: _said(life, "service.waiting", 2), 20)
    assert await comes_true(lambda: life.lacks("not-assigned"), 20), await life.faults()
    assert await _settle(life, uuid4()) == [f"{SERIES}-0000001"]
    await rig.replace_broker()
    await life.becomes_ready()
    assert await comes_true(lambda: _is_empty(rig), 20)


@pytest.mark.parametrize("missing", ["database", "broker"])
async def test_a_stop_while_it_waits_is_clean_and_quick(rig: Rig, missing: str) -> None:
    await (rig.postgres.drop_database(rig.database) if missing == "database" else rig.broker.stop())
    life = await rig.live()
    assert await comes_true(lambda: _said(life, "service.waiting", 3), 20)
    assert await life.end(within=10) == 0, life.last_words()
    assert "Traceback" not in life.log.read_text()


async def test_a_stop_while_the_broker_hangs_at_the_join_ends_in_time(rig: Rig) -> None:
    life = await rig.live(kafka_session_timeout_ms="6000")
    assert await comes_true(lambda: _has_fault(life, "not-assigned"), 30)
    rig.broker.supervisor.signal("broker", signal.SIGSTOP)
    try:
        assert await life.end(within=30) == 0, life.last_words()
    finally:
        rig.broker.supervisor.signal("broker", signal.SIGCONT)


async def test_a_stop_while_the_broker_hangs_under_load_ends_in_time_and_loses_nothing(rig: Rig) -> None:
    life = await (await rig.live(relay_send_timeout="2", drain_seconds="5")).becomes_ready()
    applications = await rig.submit(200)
    assert await comes_true(lambda: _has_worked(life), 20)
    rig.broker.supervisor.signal("broker", signal.SIGSTOP)
    try:
        assert await life.end(within=30) == 0, life.last_words()
    finally:
        rig.broker.supervisor.signal("broker", signal.SIGCONT)
    await rig.lapse_leases()
    await (await rig.live()).becomes_ready()
    await rig.account(applications)


async def test_a_database_away_for_long_does_not_end_the_process(rig: Rig) -> None:
    life = await (await rig.live(stuck_after="4")).becomes_ready()
    await rig.go_away()
    # Long enough for pauses between two attempts that are longer than it may stand still.
    assert not await comes_true(lambda: _has_ended(life), 15), life.last_words()
    await rig.come_back()
    await life.becomes_ready()
    await rig.account(await rig.submit(20))


async def test_commands_are_answered_503_while_the_database_is_away_and_then_once(rig: Rig) -> None:
    life = await (await rig.live()).becomes_ready()
    application = uuid4()
    await rig.go_away()
    answers = await asyncio.gather(*(_post(life, uuid4()) for _ in range(5)), _post(life, application, "a-key"))
    reading = await life.ask("/operations/dead-letters")
    assert await comes_true(lambda: _has_fault(life, "database-away"), 15)
    await rig.come_back()
    for answer in (*answers, reading):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "overloaded"
    await life.becomes_ready()
    assert (
        await _settle(life, application, "a-key") == await _settle(life, application, "a-key") == [f"{SERIES}-0000001"]
    )


@pytest.mark.parametrize("point", ["path.before-commit", "path.after-commit", "relay.after-send"])
async def test_a_command_cut_by_a_crash_is_decided_once_when_it_is_repeated(rig: Rig, point: str) -> None:
    life = await (await rig.live(crash_at=f"{point}:2")).becomes_ready()
    keys = {f"key-{n}": uuid4() for n in range(3)}
    answered: dict[str, list[str]] = {}
    for key, application in keys.items():
        try:
            answered[key] = await _settle(life, application, key)
        except httpx.TransportError:
            break
    assert await asyncio.wait_for(life.ended, 10) == CRASHED
    again = await (await rig.live()).becomes_ready()
    repeated = {key: await _settle(again, application, key) for key, application in keys.items()}
    assert repeated.items() >= answered.items()
    assert sorted(number for numbers in repeated.values() for number in numbers) == [
        f"{SERIES}-{n:07d}" for n in (1, 2, 3)
    ]
    assert await comes_true(lambda: _is_empty(rig), 10)


async def test_a_consumer_that_stands_still_ends_the_process(rig: Rig) -> None:
    await publish_unparsable(rig, 0)
    life = await rig.live(stuck_after="3")
    assert await asyncio.wait_for(life.ended, 40) == STUCK
    assert life.said("health.stuck") == 1


async def test_metrics_tell_what_operators_need(rig: Rig) -> None:
    life = await (await rig.live()).becomes_ready()
    applications = await rig.submit(50)
    await rig.account(applications)
    assert await comes_true(lambda: _tells(life, METRICS), 5), "some are sampled every two seconds"
    assert await comes_true(lambda: _metric_is(life, "motcua_consumer_lag", 0), 5)
    assert await life.metric("motcua_batch_size_sum") == 50
    assert await life.metric("motcua_outbox_published_total") == 100
    assert await life.metric("motcua_work_calls_total", kind="ask", outcome="answered") == 50
    assert await life.metric("motcua_relay_active") == 1
    assert await life.metric("motcua_events_total", type=f"vn.motcua.{Stream.IDENTITY.value}.verified.v1") == 50


METRICS = """
    motcua_batch_size_bucket motcua_batch_seconds_bucket motcua_events_total motcua_repeats_dropped_total
    motcua_outbox_published_total motcua_outbox_pending motcua_outbox_age_seconds motcua_outbox_set_aside
    motcua_consumer_lag motcua_consumer_partitions motcua_consumer_halted motcua_relay_active motcua_dead_letters_open
    motcua_work_calls_total motcua_work_call_seconds_bucket motcua_breaker_open
    motcua_work_due motcua_work_open process_resident_memory_bytes
""".split()


async def _post(life: Life, application: UUID, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await life.ask(f"/settlements/{application}", method="POST", **headers)


async def _settle(life: Life, application: UUID, key: str = "") -> list[str]:
    answer = await _post(life, application, key)
    assert answer.status_code == 200, answer.text
    receipts: list[str] = answer.json()
    return receipts


async def _has_fault(life: Life, fault: str) -> bool:
    return fault in await life.faults()


async def _said(life: Life, event: str, times: int) -> bool:
    return life.said(event) >= times


async def _has_ended(life: Life) -> bool:
    return life.ended.done()


async def _has_worked(life: Life) -> bool:
    return await life.metric("motcua_work_calls_total") > 20


async def _metric_is(life: Life, name: str, value: float) -> bool:
    return await life.metric(name) == value


async def _tells(life: Life, names: Sequence[str]) -> bool:
    told = (await life.ask("/metrics")).text
    return all(f"\n{name}{{" in told or f"\n{name} " in told for name in names)


async def _is_empty(rig: Rig) -> bool:
    return bool(await rig.value("SELECT count(*) FROM outbox") == 0)
