"""Connections to PostgreSQL and the migrations: numbered SQL files, the chassis' first, each applied once."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from asyncpg.connect_utils import SessionAttribute

from motcua_chassis.settings import ChassisSettings

log = structlog.get_logger()

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
_MIGRATION_LOCK = 7_203_001
_JOURNAL = """
CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"""


WRITABLE = SessionAttribute.read_write
"""Which of several servers is ours. One that still recovers, or was left behind, answers as of some time ago: away."""


class _Stateless(asyncpg.Connection):
    """We leave nothing behind in a session, so the reset that asyncpg sends at every release is left out."""

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def transaction(pool: asyncpg.Pool, patience: float = 10.0) -> AsyncIterator[Connection]:
    """A connection within a transaction; waits at most `patience` seconds for the connection."""
    async with pool.acquire(timeout=patience) as connection, connection.transaction():
        yield connection


async def open_pool(settings: ChassisSettings, server: SessionAttribute = WRITABLE) -> asyncpg.Pool:
    """A pool whose statements and acquisitions time out and whose `jsonb` values are raw JSON bytes.

    Every statement of the path has its index; a plan made while a table was empty must not stay a sequential scan.
    """
    return await asyncpg.create_pool(
        settings.dsn,
        min_size=2,
        max_size=settings.database_pool,
        command_timeout=settings.database_timeout,
        max_inactive_connection_lifetime=300,
        init=prepare,
        connection_class=_Stateless,
        target_session_attrs=server,
        server_settings={"timezone": "UTC", "jit": "off", "enable_seqscan": "off"},
    )


async def prepare(connection: Connection) -> None:
    """Pass `jsonb` as bytes in its binary form, a version byte and then JSON, for msgspec to read and write."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
    )


def _encode_jsonb(value: bytes) -> bytes:
    return b"\x01" + value


def _decode_jsonb(value: Any) -> bytes:
    return bytes(value[1:])


async def migrate(connection: Connection, service: Traversable | None) -> None:
    """Apply what is missing under an advisory lock; one transaction per file."""
    await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
    try:
        await connection.execute(_JOURNAL)
        applied = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
        for name, statements in _scripts(service):
            if name not in applied:
                await _apply(connection, name, statements)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _MIGRATION_LOCK)


class NotMigratedError(Exception):
    """The database lacks migrations that this code needs; whoever applies them is not done yet."""


async def require_migrated(pool: asyncpg.Pool, service: Traversable | None) -> None:
    """Raises `NotMigratedError` where one is missing. More than this code knows is fine: a newer one was here."""
    journal = await pool.fetchval("SELECT to_regclass('migrations')")
    applied = {row["name"] for row in await pool.fetch("SELECT name FROM migrations")} if journal else set()
    missing = [name for name, _ in _scripts(service) if name not in applied]
    if missing:
        raise NotMigratedError(", ".join(missing))


def migrations_of(package: str) -> Traversable:
    """The `migrations` folder of a service: inside the package when installed, beside it in the source tree."""
    inside = files(package) / "migrations"
    return inside if inside.is_dir() else Path(str(files(package))).parent / "migrations"


async def _apply(connection: Connection, name: str, statements: str) -> None:
    async with connection.transaction():
        await connection.execute(statements)
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
    log.info("database.migrated", migration=name)


def _scripts(service: Traversable | None) -> Iterable[tuple[str, str]]:
    for prefix, folder in (("chassis", files("motcua_chassis") / "sql"), ("service", service)):
        if folder is not None:
            for script in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if script.name.endswith(".sql"):
                    yield f"{prefix}/{script.name}", script.read_text(encoding="utf-8")
