"""The database that a service is rebuilt into: migrated, of that service, and nobody's at the same time.

Invariant: while it is held no relay publishes from it; what holds rows is touched only by who catches up.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import structlog
from asyncpg.connect_utils import SessionAttribute
from pydantic import SecretStr

from motcua_chassis import database, inbox
from motcua_chassis.relay import RELAY_LOCK
from motcua_chassis.settings import ChassisSettings
from motcua_contracts import Stream
from motcua_events.failure import ToolError

TABLES = ("aggregates", "positions", "inbox", "outbox", "work", "commands", "counters", "dead_letters")
_APPLIED = "SELECT name FROM migrations"
_THERE = "SELECT to_regclass('migrations') IS NOT NULL"


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database. Raises `ToolError` where there is none."""
    before = structlog.get_config()
    # What matters is said by the command; projectors and migrations speak to a service's log.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    settings = ChassisSettings.model_construct(database=SecretStr(dsn), database_pool=4, database_timeout=600.0)
    try:
        pool = await database.open_pool(settings, SessionAttribute.any)  # a standby may be looked at
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise ToolError(f"no database lets us in there: {str(error) or type(error).__name__}") from None
    try:
        yield pool
    except asyncpg.PostgresError as error:  # its text may quote a row
        named = error.as_dict().get("constraint_name") or error.as_dict().get("table_name") or "no constraint"
        raise ToolError(f"the database refuses: {type(error).__name__} ({error.sqlstate}, {named})") from None
    except (asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise ToolError(f"the database went away: {type(error).__name__}") from None
    finally:
        pool.terminate()
        structlog.configure(**before)


@asynccontextmanager
async def held(pool: asyncpg.Pool, stream: Stream, *, may_hold_rows: bool) -> AsyncIterator[None]:
    """Migrate it and keep its service away meanwhile. Raises `ToolError` where it is not ours to write into."""
    async with pool.acquire() as session:
        if not await session.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
            raise ToolError(f"a {stream.value} service runs on this database: stop it first")
        try:
            await check_owner(pool, stream, may_be_new=True)
            await database.migrate(session, database.migrations_of(f"motcua_{stream.value}"))
            await inbox.keep_partitions(session, datetime.now(UTC).date())
            if not may_hold_rows and (full := await _full(session)):
                raise ToolError(
                    f"the database is not empty ({', '.join(full)} hold rows): give an empty one, "
                    "or --catch-up to fold in only what it lacks"
                )
            yield
        finally:
            await session.fetchval("SELECT pg_advisory_unlock($1)", RELAY_LOCK)


async def check_owner(pool: asyncpg.Pool, stream: Stream, *, may_be_new: bool) -> None:
    """Raises `ToolError` where another service lives there, or nobody does and somebody should."""
    applied = {row[0] for row in await pool.fetch(_APPLIED)} if await pool.fetchval(_THERE) else set()
    folder = database.migrations_of(f"motcua_{stream.value}")
    ours = {f"service/{script.name}" for script in folder.iterdir() if script.name.endswith(".sql")}
    theirs = {name for name in applied if name.startswith("service/")}
    if theirs - ours:
        raise ToolError(f"wrong database: it is not {stream.value}'s, it knows {', '.join(sorted(theirs - ours))}")
    if not theirs and not may_be_new:
        raise ToolError(f"wrong database: no {stream.value} service ever ran on it")


async def _full(session: database.Connection) -> list[str]:
    exists = "SELECT EXISTS (SELECT 1 FROM {})"
    return [table for table in TABLES if await session.fetchval(exists.format(table))]
