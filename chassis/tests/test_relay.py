"""The relay against a real broker: all that was committed arrives, in order, whatever is cut, stopped or odd."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
import yaml
from aiokafka import AIOKafkaProducer

import motcua_chassis.relay
from chassis.tests.nursery import nursery
from chassis.tests.rig import OUTPUT, Rig, open_rig
from chassis.tests.strict_producer import LARGEST, Strict
from chassis.tests.toy_process import service
from motcua_chassis import outbox
from motcua_chassis.codec import Outgoing, pack_headers
from motcua_chassis.database import migrate
from motcua_chassis.metrics import Metrics
from motcua_chassis.relay import ROWS, Relay
from motcua_chassis.service import Running
from motcua_chassis.settings import ChassisSettings
from motcua_local.postgres import PostgresServer
from motcua_local.topics import TOPICS
from motcua_local.waiting import comes_true

_LOCK_HOLDER = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 7203002 AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rig(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with nursery() as lives, open_rig(postgres, lives, tmp_path_factory.mktemp("relay")) as opened:
        connection = await asyncpg.connect(opened.dsn)
        await migrate(connection, None)
        await connection.close()
        yield opened


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _clean(rig: Rig) -> None:
    await rig.query("TRUNCATE outbox")
    Strict.gate.set()


@asynccontextmanager
async def relay(
    rig: Rig, *, address: str = "", send_timeout: float = 10.0, missing: Sequence[str] = ()
) -> AsyncIterator[Relay]:
    """A running relay; ended with the block."""

    def producer() -> AIOKafkaProducer:
        new = Strict(
            bootstrap_servers=address or rig.broker.address, acks="all", linger_ms=0, max_batch_size=LARGEST,
            request_timeout_ms=int(send_timeout * 1000),
        )  # fmt: skip
        new.missing = frozenset(missing)
        return new

    running = Relay(rig.dsn, producer, Metrics(), send_timeout=send_timeout)
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        await running.stop(0)
        await asyncio.wait_for(task, 15)


def row(application: UUID, number: int, topic: str = OUTPUT, size: int = 0) -> tuple[str, UUID, str, bytes]:
    now = datetime.now(UTC)
    headers = pack_headers(
        uuid4(), "/motcua/identity", "vn.motcua.test.v1", now, application, uuid4(), uuid4(), number, ""
    )
    return topic, application, headers, json.dumps({"n": number, "pad": "x" * size}).encode()


async def write(connection: asyncpg.Connection, rows: Sequence[tuple[str, UUID, str, bytes]]) -> None:
    await connection.copy_records_to_table("outbox", records=rows, columns=("topic", "key", "headers", "body"))
    await connection.execute("NOTIFY motcua_outbox")


async def add(rig: Rig, rows: Sequence[tuple[str, UUID, str, bytes]]) -> None:
    connection = await asyncpg.connect(rig.dsn)
    try:
        await write(connection, rows)
    finally:
        await connection.close()


async def left(rig: Rig) -> int:
    return int(await rig.value("SELECT count(*) FROM outbox"))


async def empties(rig: Rig, within: float = 20) -> bool:
    return await comes_true(lambda: _is_empty(rig), within)


async def _is_empty(rig: Rig) -> bool:
    return await left(rig) == 0


async def numbers(rig: Rig, applications: Sequence[UUID]) -> list[list[int]]:
    """What was published of each application, in order, without the repeats of the same record."""
    published = await rig.published()
    found = []
    for application in applications:
        records = published.get(str(application).encode(), [])
        found.append(list(dict.fromkeys(json.loads(record.value)["n"] for record in records)))
    return found


async def test_each_application_keeps_its_order_and_nothing_is_sent_twice(rig: Rig) -> None:
    applications = [uuid4() for _ in range(40)]
    async with relay(rig):
        for turn in range(10):
            await add(rig, [row(a, turn * 5 + n) for n in range(5) for a in applications])
        assert await empties(rig)
    assert await numbers(rig, applications) == [list(range(50))] * 40
    published = await rig.published()
    assert all(len(published[str(a).encode()]) == 50 for a in applications)


async def test_a_second_relay_waits_and_takes_over_when_the_first_loses_its_session(rig: Rig) -> None:
    applications = [uuid4() for _ in range(20)]
    async with relay(rig) as one:
        assert await comes_true(lambda: _active(one), 5)
        async with relay(rig) as other:
            for turn in range(20):
                await add(rig, [row(a, turn) for a in applications])
                assert len(await rig.query(_LOCK_HOLDER)) <= 1
                if turn == 10:
                    assert (one.active, other.active) == (True, False)
                    (holder,) = await rig.query(_LOCK_HOLDER)
                    await rig.query("SELECT pg_terminate_backend($1)", holder["pid"])
            assert await empties(rig)
            assert await comes_true(lambda: _active(one, other), 10)
            assert len(await rig.query(_LOCK_HOLDER)) == 1
    assert await numbers(rig, applications) == [list(range(20))] * 20


async def test_a_relay_that_stops_leaves_the_lock_to_the_other(rig: Rig) -> None:
    async with relay(rig) as one:
        assert await comes_true(lambda: _active(one), 5)
        async with relay(rig) as other:
            await one.stop(5)
            assert await comes_true(lambda: _active(other), 5)
            await add(rig, [row(uuid4(), 0)])
            assert await empties(rig)


async def test_rows_wait_while_the_broker_hangs_and_follow_in_order(rig: Rig) -> None:
    applications = [uuid4() for _ in range(20)]
    async with relay(rig, send_timeout=1.0) as running:
        await add(rig, [row(a, 0) for a in applications])
        assert await empties(rig)
        rig.broker.supervisor.signal("broker", signal.SIGSTOP)
        try:
            for turn in range(1, 10):
                await add(rig, [row(a, turn) for a in applications])
            assert await comes_true(lambda: _passive(running), 10), "a send that hangs ends the round"
            assert await left(rig) == 9 * 20
        finally:
            rig.broker.supervisor.signal("broker", signal.SIGCONT)
        assert await empties(rig, 30)
    assert await numbers(rig, applications) == [list(range(10))] * 20


async def test_rows_wait_for_a_broker_that_died_until_there_is_one_at_its_address(rig: Rig, tmp_path: Path) -> None:
    lives, postgres = rig.nursery, rig.postgres
    async with open_rig(postgres, lives, tmp_path) as mortal:
        connection = await asyncpg.connect(mortal.dsn)
        await migrate(connection, None)
        await connection.close()
        applications = [uuid4() for _ in range(20)]
        async with relay(mortal, send_timeout=2.0) as running:
            await add(mortal, [row(uuid4(), 0)])
            assert await empties(mortal)
            await mortal.broker.stop()
            for turn in range(5):
                await add(mortal, [row(a, turn) for a in applications])
            assert await comes_true(lambda: _passive(running), 10)
            await mortal.replace_broker()
            assert await empties(mortal, 30)
        assert await numbers(mortal, applications) == [list(range(5))] * 20


async def test_a_row_too_large_to_be_sent_is_set_aside_with_its_application_and_others_go_on(rig: Rig) -> None:
    large, *others = [uuid4() for _ in range(30)]
    rows = [row(a, n) for n in range(3) for a in (large, *others)]
    rows += [row(large, 3, size=LARGEST * 2), row(large, 4)]
    rows += [row(a, n) for n in range(3, 6) for a in others]
    async with relay(rig):
        await add(rig, rows)
        assert await comes_true(lambda: _only_left(rig, large, 2), 20), "others wait behind it"
        await add(rig, [row(a, 6) for a in others] + [row(large, 5)])
        assert await comes_true(lambda: _only_left(rig, large, 3), 20)
    assert await numbers(rig, [large]) == [[0, 1, 2]]
    assert await numbers(rig, others) == [list(range(7))] * 29
    aside = await rig.query("SELECT set_aside FROM outbox WHERE set_aside IS NOT NULL")
    assert [each["set_aside"] for each in aside] == ["MessageSizeTooLargeError"]


async def test_commits_that_land_out_of_order_are_not_passed_over(rig: Rig) -> None:
    late, early = [uuid4() for _ in range(50)], [uuid4() for _ in range(50)]
    async with relay(rig):
        slow = await asyncpg.connect(rig.dsn)
        try:
            async with slow.transaction():
                await write(slow, [row(a, n) for n in range(3) for a in late])
                await add(rig, [row(a, n) for n in range(3) for a in early])
                assert await empties(rig), "what is committed does not wait for what is not"
        finally:
            await slow.close()
        assert await empties(rig)
    assert await numbers(rig, [*early, *late]) == [[0, 1, 2]] * 100


async def test_a_commit_that_lands_while_later_rows_are_sent_is_not_deleted_with_them(rig: Rig) -> None:
    late, early = [uuid4() for _ in range(20)], [uuid4() for _ in range(20)]
    async with relay(rig):
        slow = await asyncpg.connect(rig.dsn)
        try:
            async with slow.transaction():
                await write(slow, [row(a, 0) for a in late])
                Strict.reached.clear()
                Strict.gate.clear()
                await add(rig, [row(a, 0) for a in early])
                await asyncio.wait_for(Strict.reached.wait(), 10)
        finally:
            await slow.close()
        Strict.gate.set()
        assert await empties(rig)
    assert await numbers(rig, [*early, *late]) == [[0]] * 40


async def test_a_topic_that_is_not_there_does_not_stop_the_others(rig: Rig) -> None:
    nowhere, somewhere = uuid4(), uuid4()
    async with relay(rig, missing=["motcua.nowhere"]):
        await add(rig, [row(nowhere, n, "motcua.nowhere") for n in range(ROWS)])
        await add(rig, [row(somewhere, 0)])
        assert await comes_true(lambda: _only_left(rig, nowhere, ROWS), 15)


async def test_what_is_committed_before_a_stop_is_sent_before_the_end(rig: Rig) -> None:
    applications = [uuid4() for _ in range(10)]
    for turn in range(10):
        async with relay(rig) as running:
            assert await comes_true(lambda running=running: _active(running), 5)
            await add(rig, [row(a, turn) for a in applications])
            await running.stop(5)
        assert await left(rig) == 0
    assert await numbers(rig, applications) == [list(range(10))] * 10


async def test_a_relay_counts_as_alive_while_the_database_is_away(rig: Rig) -> None:
    async with relay(rig) as running:
        assert await comes_true(lambda: _active(running), 5)
        await rig.go_away()
        try:
            assert await comes_true(lambda: _passive(running), 5)
            beat = running.beat
            assert await comes_true(lambda: _later(running, beat + 1), 10), "the watchdog would end the service for it"
        finally:
            await rig.come_back()
        assert await comes_true(lambda: _active(running), 15)


async def test_no_batch_is_larger_than_the_topics_allow(rig: Rig) -> None:
    specs = [yaml.safe_load(path.read_text()) for path in TOPICS.glob("*.yaml")]
    smallest = min(spec["config"]["max.message.bytes"] for spec in specs)
    chosen = ChassisSettings(database=rig.dsn, kafka=rig.broker.address, token_secret="")  # type: ignore[arg-type]
    producer = Running(service(), chosen)._new_producer()
    batch = producer.create_batch()
    while batch.append(key=b"k" * 36, value=b"v" * 1_000, timestamp=None):
        pass
    assert batch.size() <= smallest


async def _active(*relays: Relay) -> bool:
    return any(each.active for each in relays)


async def _passive(running: Relay) -> bool:
    return not running.active


async def _later(running: Relay, moment: float) -> bool:
    return running.beat > moment


async def _only_left(rig: Rig, application: UUID, count: int) -> bool:
    rows = await rig.query("SELECT key FROM outbox")
    return [UUID(str(each["key"])) for each in rows] == [application] * count


async def test_what_this_process_committed_is_published_without_a_notice(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motcua_chassis.relay, "POLL_SECONDS", 3_600.0)
    application = uuid4()
    connection = await asyncpg.connect(rig.dsn)
    try:
        async with relay(rig) as running:
            for number in range(5):
                async with connection.transaction():
                    await outbox.add(connection, [Outgoing(*row(application, number))])
                running.wake()
                assert await empties(rig)
    finally:
        await connection.close()
    assert await numbers(rig, [application]) == [list(range(5))]
