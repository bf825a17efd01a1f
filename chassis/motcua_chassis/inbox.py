"""Ids of the events already taken in: what a relay published twice is dropped here.

Kept in daily partitions for 14 days. An event's id holds its time, so a repeat meets the original whenever it comes.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import structlog

from motcua_chassis.database import Connection

log = structlog.get_logger()

KEPT_DAYS = 14
AHEAD_DAYS = 3
_MAINTENANCE_LOCK = 7_203_003

_INSERT = """
INSERT INTO inbox (id) SELECT id FROM unnest($1::uuid[]) AS t (id) ORDER BY id
ON CONFLICT DO NOTHING RETURNING id"""


async def take(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Remember these ids; returns those never seen before."""
    return {row[0] for row in await connection.fetch(_INSERT, ids)}


async def forget(connection: Connection, ids: Sequence[UUID]) -> None:
    """Let these come in again: parked and held events are not taken in before they are released."""
    if ids:
        await connection.execute("DELETE FROM inbox WHERE id = ANY($1::uuid[])", ids)


async def keep_partitions(connection: Connection, today: date) -> None:
    """Create the partitions of the coming days and drop those older than `KEPT_DAYS`."""
    existing = {
        row[0]
        for row in await connection.fetch(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'inbox'::regclass"
        )
    }
    coming = [today + timedelta(days=ahead) for ahead in range(-1, AHEAD_DAYS + 1)]
    oldest = _name(today - timedelta(days=KEPT_DAYS))
    statements = [_creation(day) for day in coming if _name(day) not in existing]
    statements += [
        f"DROP TABLE IF EXISTS {name}" for name in sorted(existing) if name.startswith("inbox_2") and name < oldest
    ]
    for statement in statements:
        if not await _alter(connection, statement):
            return


async def _alter(connection: Connection, statement: str) -> bool:
    """Alter the inbox without making its readers wait long; False when it is too busy now: the next round will do."""
    try:
        async with connection.transaction():
            # One replica at a time: PostgreSQL does not bear two that alter the same partitions.
            await connection.execute(
                f"SET LOCAL lock_timeout = '1s'; SELECT pg_advisory_xact_lock({_MAINTENANCE_LOCK}); {statement}"
            )
    except asyncpg.CheckViolationError as error:
        # The day's ids already stand in the default partition, which is as sound.
        log.info("inbox.partition-skipped", error=type(error).__name__)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        log.info("inbox.partitions-postponed", error=type(error).__name__)
        return False
    return True


def _creation(day: date) -> str:
    first, beyond = _first_id(day), _first_id(day + timedelta(days=1))
    return f"CREATE TABLE IF NOT EXISTS {_name(day)} PARTITION OF inbox FOR VALUES FROM ('{first}') TO ('{beyond}')"


def _name(day: date) -> str:
    return f"inbox_{day:%Y%m%d}"


def _first_id(day: date) -> UUID:
    """The smallest UUIDv7 of a day (UTC)."""
    milliseconds = int(datetime.combine(day, time(), UTC).timestamp() * 1000)
    return UUID(int=milliseconds << 80)
