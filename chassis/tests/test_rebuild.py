"""A service's database is the fold of its topic: rebuilt from it, it has the same state, and nothing happens twice."""

import asyncio
from dataclasses import replace as with_
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.tests.toy import TOY, Settle, record
from chassis.tests.toy_path import TABLES, ToyPath, command, waiting_for_locks
from motcua_chassis import work
from motcua_chassis.batch import project_nothing
from motcua_chassis.codec import Incoming, unpack_headers
from motcua_chassis.contradictions import ContradictionError
from motcua_chassis.identifiers import numbers_of
from motcua_chassis.rebuild import Rebuild, SequenceGapError, state_hash
from motcua_contracts import CATALOGUE, Event, PaymentSettled, read_headers


def _numbered(event: Event) -> tuple[str, int] | None:
    return numbers_of(event.receipt) if isinstance(event, PaymentSettled) else None


TOY_WITH_NUMBERS = with_(TOY, numbered=_numbered)


async def _topic(pool: asyncpg.Pool) -> list[Incoming]:
    rows = await pool.fetch("SELECT headers, body FROM outbox ORDER BY seq")
    envelopes = [read_headers(unpack_headers(row["headers"])) for row in rows]
    return [
        Incoming(envelope, CATALOGUE[envelope.type].model_validate_json(row["body"]))
        for envelope, row in zip(envelopes, rows, strict=True)
    ]


async def _history(toy: ToyPath, applications: list[UUID]) -> list[Incoming]:
    for offset, application in enumerate(applications):
        await toy.deliver(record(application, offset))
        await toy.decide([command(Settle("BL26H29"), application), command(Settle("BL26H26"), application)])
    return await _topic(toy.pool)


async def _forget(pool: asyncpg.Pool) -> None:
    for table in TABLES:
        await pool.execute(f"DELETE FROM {table}")  # noqa: S608


def _rebuild(pool: asyncpg.Pool) -> Rebuild:
    return Rebuild(pool, TOY_WITH_NUMBERS, project_nothing)


async def test_the_rebuilt_state_has_the_hash_of_the_live_one(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4() for _ in range(7)])
    live = await state_hash(pool)
    assert live[1] == 7
    await _forget(pool)

    for start in range(0, len(topic), 4):  # any batching gives the same
        await _rebuild(pool).take(topic[start : start + 4])

    assert await state_hash(pool) == live


async def test_repeats_on_the_topic_are_folded_once(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4(), uuid4()])
    live = await state_hash(pool)
    await _forget(pool)

    progress = await _rebuild(pool).take([*topic, *topic])
    again = await _rebuild(pool).take(topic)

    assert (progress.folded, progress.repeated) == (len(topic), len(topic))
    assert (again.folded, again.repeated) == (0, len(topic))
    assert await state_hash(pool) == live


async def test_replicas_that_rebuild_at_the_same_time_fold_each_event_once(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4() for _ in range(5)])
    live = await state_hash(pool)
    await _forget(pool)
    folding, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_connection: Any, _changes: Any) -> None:
        folding.set()
        await go_on.wait()

    first = asyncio.create_task(Rebuild(pool, TOY_WITH_NUMBERS, slow).take(topic))
    await folding.wait()
    second = asyncio.create_task(_rebuild(pool).take(topic))
    await waiting_for_locks(pool, 1)
    go_on.set()

    assert [(done.folded, done.repeated) for done in await asyncio.gather(first, second)] == [
        (len(topic), 0),
        (0, len(topic)),
    ]
    assert await state_hash(pool) == live


async def test_a_gap_stops_the_rebuild_before_anything_is_written(pool: asyncpg.Pool) -> None:
    application = uuid4()
    topic = await _history(ToyPath(pool), [application])
    await _forget(pool)

    with pytest.raises(SequenceGapError) as gap:
        await _rebuild(pool).take([topic[0], topic[2]])

    assert (gap.value.application, gap.value.expected, gap.value.found) == (application, 2, 3)
    assert await state_hash(pool) == ((await state_hash(pool))[0], 0)


async def test_a_number_that_stands_for_two_events_stops_the_rebuild_before_anything_is_written(
    pool: asyncpg.Pool,
) -> None:
    toy, application = ToyPath(pool), uuid4()
    topic = await _history(toy, [application, uuid4()])
    await _forget(pool)
    await toy.deliver(record(application))  # decided once more, on a database that knows nothing of it
    decided = await state_hash(pool)

    with pytest.raises(ContradictionError, match=f"application {application}: another event 1 waits"):
        await _rebuild(pool).take(topic)

    assert await state_hash(pool) == decided


async def test_a_code_that_was_given_out_once_more_stops_the_rebuild(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4(), uuid4()])
    await _forget(pool)
    await pool.execute("CREATE TABLE codes (code text PRIMARY KEY)")

    async def note_one_code(connection: Any, changes: Any) -> None:
        await connection.executemany("INSERT INTO codes VALUES ('H29.25.12-261122-0001')", [() for _ in changes])

    with pytest.raises(ContradictionError, match="codes: codes_pkey is taken by another row; put the back-up"):
        await Rebuild(pool, TOY_WITH_NUMBERS, note_one_code).take(topic)

    assert (await state_hash(pool))[1] == 0


async def test_what_waits_in_the_outbox_and_was_published_all_the_same_is_no_contradiction(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4()])

    assert (await _rebuild(pool).take(topic)).repeated == len(topic)


async def test_due_work_comes_back_paused_until_a_person_releases_it(pool: asyncpg.Pool) -> None:
    topic = await _history(ToyPath(pool), [uuid4()])
    await _forget(pool)
    await _rebuild(pool).take(topic)

    assert await pool.fetch("SELECT kind, paused FROM work") == [("ask", True)]
    async with pool.acquire() as connection:
        assert await work.release_paused(connection) == 1
    assert await pool.fetchval("SELECT paused FROM work") is False


async def test_what_led_to_an_event_is_not_taken_in_again(pool: asyncpg.Pool) -> None:
    toy, application = ToyPath(pool), uuid4()
    cause = record(application)
    await toy.deliver(cause)
    topic = await _topic(pool)
    await _forget(pool)
    await _rebuild(pool).take(topic)

    await toy.deliver(cause)

    assert await toy.published() == []


async def test_counters_go_on_after_their_greatest_number(pool: asyncpg.Pool) -> None:
    toy = ToyPath(pool)
    topic = await _history(toy, [uuid4() for _ in range(3)])
    await _forget(pool)
    await _rebuild(pool).take(topic)

    assert dict(await pool.fetch("SELECT name, value FROM counters")) == {"BL26H29": 3, "BL26H26": 3}
