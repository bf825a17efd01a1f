"""Rows of what must happen outside or later: they follow `due`, are claimed with a lease, and end with an answer.

Invariant: an answer counts only while its lease is the row's; retry counters and leases live here and nowhere else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from motcua_chassis.database import Connection
from motcua_chassis.decisions import PlannedWork
from motcua_chassis.inputs import Answer

_PLAN = """
INSERT INTO work (aggregate, key, kind, at)
SELECT aggregate, key, kind, CASE at WHEN 'epoch' THEN now() ELSE at END  -- AT_ONCE
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS planned (aggregate, key, kind, at)
ON CONFLICT (aggregate, key) DO UPDATE SET kind = excluded.kind, at = excluded.at, attempts = 0, uncertain = false,
    lease = NULL, leased_until = NULL, last_error = NULL"""
_SETTLE = "DELETE FROM work WHERE (aggregate, key) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))"
_PAUSE = """
UPDATE work SET paused = true WHERE (aggregate, key) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))"""
_VALID = """
SELECT lease FROM work
WHERE (aggregate, key, lease) IN (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])) FOR UPDATE"""
_CLAIM = """
WITH due AS (
    SELECT aggregate, key FROM work
    WHERE kind = ANY($1::text[]) AND NOT paused AND at <= now() AND (leased_until IS NULL OR leased_until < now())
    ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE work AS w SET lease = gen_random_uuid(), leased_until = now() + $3::interval, attempts = w.attempts + 1,
    uncertain = w.uncertain OR w.lease IS NOT NULL
FROM due JOIN aggregates AS a ON a.id = due.aggregate
WHERE w.aggregate = due.aggregate AND w.key = due.key
RETURNING w.aggregate, w.key, w.kind, w.lease, w.attempts, w.uncertain, a.state, a.traceparent"""
_RELEASE = """
UPDATE work SET lease = NULL, leased_until = NULL, at = now() + $4::interval, uncertain = $5, last_error = $6,
    attempts = attempts - $7
WHERE aggregate = $1 AND key = $2 AND lease = $3"""
_UNSETTLED = """
UPDATE work SET lease = NULL, leased_until = NULL, uncertain = false, at = now() + interval '10 seconds'
WHERE lease = ANY($1::uuid[])"""
_NEXT = "SELECT min(at) FROM work WHERE kind = ANY($1::text[]) AND NOT paused AND at > now()"


class Claim(NamedTuple):
    """A leased work row with its application's state as stored JSON."""

    application: UUID
    key: str
    kind: str
    lease: UUID
    attempts: int
    uncertain: bool
    state: bytes
    traceparent: str | None = None


async def plan(connection: Connection, planned: Sequence[PlannedWork]) -> None:
    """Write new or changed rows; a changed row starts over."""
    await connection.execute(
        _PLAN,
        [p.aggregate for p in planned],
        [p.key for p in planned],
        [p.kind for p in planned],
        [p.at for p in planned],
    )


async def pause(connection: Connection, rows: Sequence[tuple[UUID, str]]) -> None:
    """Hold rows back until a person releases them."""
    await connection.execute(_PAUSE, [id_ for id_, _ in rows], [key for _, key in rows])


async def release_paused(connection: Connection) -> int:
    """Let every row that was held back go; returns how many."""
    return len(await connection.fetch("UPDATE work SET paused = false WHERE paused RETURNING true"))


async def settle(connection: Connection, settled: Sequence[tuple[UUID, str]]) -> None:
    """Remove rows that `due` no longer names."""
    await connection.execute(_SETTLE, [id_ for id_, _ in settled], [key for _, key in settled])


async def valid_leases(connection: Connection, answers: Sequence[Answer]) -> set[UUID]:
    """Lock the rows of these answers; returns the leases that still stand."""
    columns = [a.application for a in answers], [a.key for a in answers], [a.lease for a in answers]
    return {row[0] for row in await connection.fetch(_VALID, *columns)}


async def free_answered(connection: Connection, leases: Sequence[UUID]) -> None:
    """Give back the rows whose answer changed nothing in `due`; they are asked again a little later."""
    await connection.execute(_UNSETTLED, leases)


async def claim(connection: Connection, kinds: Sequence[str], limit: int, lease: timedelta) -> list[Claim]:
    """Lease up to `limit` due rows that nobody else holds."""
    return [Claim(*row) for row in await connection.fetch(_CLAIM, kinds, limit, lease)]


async def release(
    connection: Connection,
    claim: Claim,
    *,
    after: timedelta,
    uncertain: bool,
    error: str | None,
    attempt_counts: bool = True,
) -> None:
    """Give a row back, due again `after` this long."""
    uncounted = 0 if attempt_counts else 1
    await connection.execute(_RELEASE, claim.application, claim.key, claim.lease, after, uncertain, error, uncounted)


async def next_due(connection: Connection, kinds: Sequence[str]) -> datetime | None:
    """When the next row that is not due yet will be."""
    found: datetime | None = await connection.fetchval(_NEXT, kinds)
    return found
