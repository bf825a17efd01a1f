import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from chassis.tests.toy import envelope, record
from chassis.tests.toy_path import ToyPath
from motcua_chassis import inbox
from motcua_chassis.identifiers import derive

TODAY = date(2026, 11, 22)


def id_of(day: date, content: str = "", *, last: bool = False) -> UUID:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return derive(moment + timedelta(days=1, microseconds=-1) if last else moment, content.encode())


async def partitions(pool: asyncpg.Pool) -> list[str]:
    rows = await pool.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'inbox'::regclass ORDER BY 1"
    )
    return [row[0] for row in rows if row[0] != "inbox_other_days"]


async def keep(pool: asyncpg.Pool, today: date) -> None:
    async with pool.acquire() as connection:
        await inbox.keep_partitions(connection, today)


async def taken(pool: asyncpg.Pool, ids: Sequence[UUID]) -> set[UUID]:
    async with pool.acquire() as connection:
        return await inbox.take(connection, ids)


async def where(pool: asyncpg.Pool, id_: UUID) -> str:
    found: str = await pool.fetchval("SELECT tableoid::regclass::text FROM inbox WHERE id = $1", id_)
    return found


async def test_partitions_are_there_ahead_of_their_days_and_no_more_are_made_the_same_day(pool: asyncpg.Pool) -> None:
    await keep(pool, TODAY)
    await keep(pool, TODAY)

    assert await partitions(pool) == [f"inbox_202611{day}" for day in (21, 22, 23, 24, 25)]


async def test_partitions_older_than_fourteen_days_are_dropped(pool: asyncpg.Pool) -> None:
    for day in range(20):
        await keep(pool, TODAY + timedelta(days=day))

    kept = await partitions(pool)
    assert kept[0] == "inbox_20261127"
    assert kept[-1] == "inbox_20261214"


async def test_an_id_lies_in_the_partition_of_its_day_to_the_last_millisecond(
    pool: asyncpg.Pool,
) -> None:
    await keep(pool, TODAY)
    first, last, next_ = id_of(TODAY), id_of(TODAY, last=True), id_of(TODAY + timedelta(days=1))

    await taken(pool, [first, last, next_])

    assert [await where(pool, id_) for id_ in (first, last, next_)] == ["inbox_20261122"] * 2 + ["inbox_20261123"]


async def test_an_id_of_another_day_lies_in_the_default_partition_and_is_still_taken_once(pool: asyncpg.Pool) -> None:
    await keep(pool, TODAY)
    old, far, strange = id_of(TODAY - timedelta(days=400)), id_of(TODAY + timedelta(days=400)), UUID(int=7)

    assert await taken(pool, [old, far, strange, old]) == {old, far, strange}
    assert await taken(pool, [strange, far, old]) == set()
    assert {await where(pool, id_) for id_ in (old, far, strange)} == {"inbox_other_days"}


async def test_replicas_that_take_the_same_ids_in_any_order_wait_for_each_other_and_never_deadlock(
    pool: asyncpg.Pool,
) -> None:
    ids = [id_of(TODAY, str(n)) for n in range(4_000)]
    await asyncio.gather(*(pool.execute("SELECT pg_sleep(0.1)") for _ in range(5)))  # connect before, not meanwhile

    found = await asyncio.gather(*(taken(pool, random.sample(ids, len(ids))) for _ in range(5)))

    assert sorted(map(len, found)) == [0, 0, 0, 0, 4_000]


async def test_a_day_whose_ids_came_before_its_partition_stays_in_the_default_one(pool: asyncpg.Pool) -> None:
    early = id_of(TODAY)
    await taken(pool, [early])

    await keep(pool, TODAY)

    assert "inbox_20261122" not in await partitions(pool)
    assert "inbox_20261123" in await partitions(pool)
    assert await taken(pool, [early]) == set()


async def test_replicas_may_keep_the_partitions_at_the_same_time(pool: asyncpg.Pool) -> None:
    for day in (0, 30):
        await asyncio.gather(*(keep(pool, TODAY + timedelta(days=day)) for _ in range(6)))

    assert await partitions(pool) == [f"inbox_202612{day}" for day in (21, 22, 23, 24, 25)]


async def test_an_old_partition_in_use_is_left_for_the_next_time(pool: asyncpg.Pool) -> None:
    await keep(pool, TODAY)
    async with pool.acquire() as reader, reader.transaction():
        await reader.execute("SELECT count(*) FROM inbox")
        await asyncio.wait_for(keep(pool, TODAY + timedelta(days=30)), 10)

        assert await asyncio.wait_for(taken(pool, [id_of(TODAY)]), 1)

    await keep(pool, TODAY + timedelta(days=30))
    assert (await partitions(pool))[0] == "inbox_20261221"


async def test_what_was_forgotten_is_new_again(pool: asyncpg.Pool) -> None:
    await keep(pool, TODAY)
    id_, other = id_of(TODAY), id_of(TODAY, "other")
    await taken(pool, [id_, other])
    async with pool.acquire() as connection:
        await inbox.forget(connection, [id_])
        await inbox.forget(connection, [])

    assert await taken(pool, [id_, other]) == {id_}


async def test_a_repeat_of_an_event_older_than_any_partition_is_dropped(path: ToyPath) -> None:
    await keep(path.pool, TODAY)
    stamp = envelope(UUID(int=5))._replace(id=id_of(date(2020, 1, 1)))

    await path.deliver(record(stamp.subject, 0, stamp=stamp))
    await path.deliver(record(stamp.subject, 1, stamp=stamp))

    assert len(await path.published()) == 1
