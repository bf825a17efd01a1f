"""Identity's read model, the officers' review queue: a row from the doubt to its resolution."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import Attributes
from motcua_identity.domain import Identity, Phase

_OPEN = """
INSERT INTO reviews (application_id, dossier_code, agency, reason, attributes, since)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
ON CONFLICT (application_id) DO NOTHING"""
_CLOSE = "DELETE FROM reviews WHERE application_id = ANY($1::uuid[])"
_WAITING = """
SELECT application_id, dossier_code, agency, reason, attributes, since FROM reviews
WHERE agency = $1 OR (agency > $1 || '.' AND agency < $1 || '/')
ORDER BY since, application_id LIMIT $2"""
"""`/` is the character after `.`: between the two lies every agency below."""

_aggregates = Aggregates(Identity())


class Review(NamedTuple):
    """One doubtful identity."""

    application_id: UUID
    dossier_code: str
    agency: str
    reason: str
    attributes: Attributes
    since: datetime


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Open and close the reviews of these applications; checks that need none cost nothing here."""
    latest = {change.application: change for change in changes if change.state.review is not None}
    waiting = [change for change in latest.values() if change.state.phase is Phase.IN_REVIEW]
    resolved = [id_ for id_, change in latest.items() if change.state.phase is not Phase.IN_REVIEW]
    if waiting:
        await connection.execute(_OPEN, *map(list, zip(*map(_row, waiting), strict=True)))
    if resolved:
        await connection.execute(_CLOSE, resolved)


def _row(change: Change) -> tuple[object, ...]:
    state = change.state
    dossier, attributes = state.request.dossier, state.attributes.model_dump_json().encode()
    return change.application, dossier.code, dossier.agency, state.review, attributes, change.recorded[-1].time


async def waiting(pool: asyncpg.Pool, agency: str, limit: int) -> list[Review]:
    """The oldest reviews of an agency and those below it."""
    rows = await pool.fetch(_WAITING, agency, limit)
    return [Review(**{**row, "attributes": Attributes.model_validate_json(row["attributes"])}) for row in rows]


async def find(pool: asyncpg.Pool, application_id: UUID) -> Identity | None:
    """The check of an application as it stands."""
    async with pool.acquire(timeout=10) as connection:
        found = await _aggregates.load(connection, [application_id])
    return found[application_id].state if found else None
