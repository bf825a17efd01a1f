"""Does an application cost the same when a million others are in the tables, and does memory stay where it is?"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg
import psutil

from tests.load.parts import Parts, Sample
from tests.load.pipeline import OURS, WARM_UP, carry, running
from tests.load.stages import STAGES

EVERY = 1.0
_AT_ONCE = 100_000
_OLDER = """(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - n), 12, '0') || '7' || substr(md5(n::text), 1, 3)
             || '8' || substr(md5(n::text), 4, 15))::uuid"""
"""Ids as the path makes them, of the last minutes: all in today's partition of the inbox."""
_FILL = (
    f"""
    INSERT INTO aggregates (id, version, state, last_event_at)
    SELECT {_OLDER}, kept.version, kept.state, now()
    FROM generate_series($1::int, $2::int) AS n,
         (SELECT version, state FROM aggregates WHERE version > 0 LIMIT 1) AS kept
    """,  # noqa: S608
    f"INSERT INTO inbox SELECT {_OLDER} FROM generate_series($1::int, $2::int) AS n",  # noqa: S608
)
_SCANNED = """
SELECT relname, seq_tup_read FROM pg_stat_user_tables
WHERE relname = 'aggregates' OR relname LIKE 'inbox%' OR relname = 'commands'
"""


@dataclass(frozen=True)
class Memory:
    """What the four processes held together, in bytes, at a moment of a run in seconds."""

    at: float
    resident: int


@dataclass(frozen=True)
class Volume:
    """The same work with empty and with full tables."""

    rows: int
    empty: Sample
    full: Sample
    scanned: dict[str, int]
    """Rows that sequential scans of the four stages read meanwhile from tables that grow with the applications."""
    memory: list[Memory]


async def measure(rows: int, applications: int) -> Volume:
    """So many applications of earlier in every stage's tables."""
    async with running(OURS) as parts:
        empty = await carry(parts, applications, WARM_UP)
        await asyncio.gather(*(_fill(parts.databases[name], rows) for name in STAGES))
        before = await _scanned(parts)
        memory: list[Memory] = []
        watching = asyncio.create_task(_watch(parts, memory))
        full = await carry(parts, applications, WARM_UP + applications)
        watching.cancel()
        after = await _scanned(parts)
    grown = {table: count - before.get(table, 0) for table, count in after.items()}
    return Volume(rows, empty, full, {table: count for table, count in grown.items() if count}, memory)


async def _fill(database: str, rows: int) -> None:
    connection = await asyncpg.connect(database)
    try:
        for start in range(1, rows + 1, _AT_ONCE):
            for statement in _FILL:
                await connection.execute(statement, start, min(start + _AT_ONCE - 1, rows))
        for table in ("aggregates", "inbox"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def _scanned(parts: Parts) -> dict[str, int]:
    """Rows read by sequential scans, of the tables that grow with the applications."""
    total: dict[str, int] = {}
    for name in STAGES:
        connection = await asyncpg.connect(parts.databases[name])
        try:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            for row in await connection.fetch(_SCANNED):
                total[row["relname"]] = total.get(row["relname"], 0) + row["seq_tup_read"]
        finally:
            await connection.close()
    return total


async def _watch(parts: Parts, memory: list[Memory]) -> None:
    started = time.monotonic()
    processes = [psutil.Process(parts.supervisor.pid(name)) for name in STAGES]
    while True:
        resident = sum(process.memory_info().rss for process in processes)
        memory.append(Memory(time.monotonic() - started, resident))
        await asyncio.sleep(EVERY)
