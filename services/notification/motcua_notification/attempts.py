"""Each call that was made to carry a message: operational history beside the fold, never read by `decide`.

Its cost is kept low: e-mail notes only failures and uncertain ends, for a success is in `NotificationSent`. SMS and ZNS
commit a row before each call, so that after a crash it is known which provider may hold the message.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.database import open_pool
from motcua_contracts import Medium, Topic
from motcua_notification.settings import Settings

_CONNECTIONS = 4

_START = """
INSERT INTO attempts (application_id, topic, number, medium, provider) VALUES ($1, $2, $3, $4, $5) RETURNING id"""
_END = "UPDATE attempts SET result = $2, ended_at = clock_timestamp() WHERE id = $1"
_NOTE = """
INSERT INTO attempts (application_id, topic, number, medium, provider, result, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())"""
_COLUMNS = "id, topic, number, medium, at, provider, result, ended_at"
_OPEN = f"""
SELECT {_COLUMNS} FROM attempts
WHERE application_id = $1 AND topic = $2 AND number = $3 AND medium = $4
  AND (result IS NULL OR result = 'uncertain') ORDER BY id"""  # noqa: S608  # column names, no input
_OF = f"SELECT {_COLUMNS} FROM attempts WHERE application_id = $1 ORDER BY id"  # noqa: S608  # the same


class Result(StrEnum):
    """How one call ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_REACHABLE = "not-reachable"
    UNAVAILABLE = "unavailable"
    """Certainly without effect: it may be tried again, or by another provider."""
    UNCERTAIN = "uncertain"
    """The message may have been taken: only this provider may be asked about it."""
    NOT_OFFERED = "not-offered"
    """This installation has no provider for the medium; nobody was called."""


class Attempt(NamedTuple):
    """One call; `result` is None while it runs, or where the process ended during it."""

    id: int
    topic: str
    number: int
    medium: str
    at: datetime
    provider: str | None
    result: str | None
    ended_at: datetime | None


class LazyPool:
    """A few connections for the channels, opened at the first use; speaks like `asyncpg.Pool`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.model_copy(update={"database_pool": _CONNECTIONS})
        self._pool: asyncpg.Pool | None = None

    async def fetch(self, query: str, *args: Any) -> Sequence[asyncpg.Record]:
        """All rows."""
        return await (await self._opened()).fetch(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row."""
        return await (await self._opened()).fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        """The command's tag."""
        return await (await self._opened()).execute(query, *args)

    async def close(self) -> None:
        """Let go of the connections; harmless when repeated."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _opened(self) -> asyncpg.Pool:
        if self._pool is None:
            opened = await open_pool(self._settings)
            if self._pool is None:
                self._pool = opened
            else:  # another call was faster
                await opened.close()
        return self._pool


Pool = asyncpg.Pool | LazyPool


async def started(
    pool: Pool, application: UUID, topic: Topic, number: int, medium: Medium, provider: str | None = None
) -> int:
    """Commit that a call begins; returns its id for `ended`."""
    id_: int = await pool.fetchval(_START, application, topic.value, number, medium.value, provider)
    return id_


async def ended(pool: Pool, id_: int, result: Result) -> None:
    """Note how a call ended, or what was learnt later of one that was uncertain."""
    await pool.execute(_END, id_, result.value)


async def noted(
    pool: Pool,
    application: UUID,
    topic: Topic,
    number: int,
    medium: Medium,
    result: Result,
    provider: str | None = None,
) -> None:
    """Note a call that has ended already, in one statement."""
    await pool.execute(_NOTE, application, topic.value, number, medium.value, provider, result.value)


async def open_attempts(pool: Pool, application: UUID, topic: Topic, number: int, medium: Medium) -> list[Attempt]:
    """The calls whose provider may hold the message: still running, cut off, or uncertain; oldest first."""
    rows = await pool.fetch(_OPEN, application, topic.value, number, medium.value)
    return [Attempt(**row) for row in rows]


async def attempts_of(pool: Pool, application: UUID) -> list[Attempt]:
    """Every call about one application, oldest first."""
    return [Attempt(**row) for row in await pool.fetch(_OF, application)]
