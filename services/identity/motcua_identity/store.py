"""Identity's read model, the officers' review queue: a row from the doubt to its resolution."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.aggregates import Aggregate, Aggregates
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import Attributes, IdentityReviewProposed, IdentityReviewRequired
from motcua_identity.domain import Identity, Phase

_OPEN = """
INSERT INTO reviews (application_id, dossier_code, procedure, agency, reason, attributes, four_eyes, since)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
    $8::timestamptz[])
ON CONFLICT (application_id) DO NOTHING"""
_PROPOSE = """
UPDATE reviews AS r SET verdict = n.verdict, proposed_by = n.officer, proposed_at = n.at
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[]) AS n (id, verdict, officer, at)
WHERE r.application_id = n.id"""
_CLOSE = "DELETE FROM reviews WHERE application_id = ANY($1::uuid[])"
_WAITING = """
SELECT application_id, dossier_code, procedure, agency, reason, attributes, four_eyes, since,
    verdict, proposed_by, proposed_at
FROM reviews
WHERE (agency = $1 OR (agency > $1 || '.' AND agency < $1 || '/'))
ORDER BY since, application_id LIMIT $2"""
"""`/` is the character after `.`: between the two lies every agency below."""
_COUNT = """
SELECT proposed_at IS NOT NULL, count(*), extract(epoch FROM now() - min(since))::float8 FROM reviews GROUP BY 1"""

_aggregates = Aggregates(Identity())


class Review(NamedTuple):
    """One doubtful identity; the last three are None until an officer proposed a verdict."""

    application_id: UUID
    dossier_code: str
    procedure: str
    agency: str
    reason: str
    attributes: Attributes
    four_eyes: str | None
    since: datetime
    verdict: str | None = None
    proposed_by: UUID | None = None
    proposed_at: datetime | None = None


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Open, mark and close the reviews of these applications; checks that need none cost nothing here."""
    doubtful = [change for change in changes if change.state.review is not None]
    if not doubtful:
        return
    phases = {change.application: change.state.phase for change in doubtful}
    opened, proposed = [], {}
    for change in doubtful:
        for recorded in change.recorded if phases[change.application] is Phase.IN_REVIEW else ():
            match recorded.event:
                case IdentityReviewRequired() as review:
                    opened.append(_row(change.application, review, recorded.time))
                case IdentityReviewProposed(verdict=verdict, proposed_by=officer):
                    proposed[change.application] = verdict.value, officer, recorded.time
    closed = [id_ for id_, phase in phases.items() if phase is not Phase.IN_REVIEW]
    if opened:
        await connection.execute(_OPEN, *map(list, zip(*opened, strict=True)))
    if proposed:
        await connection.execute(_PROPOSE, list(proposed), *map(list, zip(*proposed.values(), strict=True)))
    if closed:
        await connection.execute(_CLOSE, closed)


def _row(application: UUID, review: IdentityReviewRequired, at: datetime) -> tuple[object, ...]:
    about, attributes = review.dossier, review.attributes.model_dump_json().encode()
    code, procedure, agency = about.code, about.procedure, about.agency
    return application, code, procedure, agency, review.reason.value, attributes, review.four_eyes, at


async def waiting(pool: asyncpg.Pool, agency: str, limit: int) -> list[Review]:
    """The oldest reviews of an agency and those below it."""
    rows = await pool.fetch(_WAITING, agency, limit)
    return [Review(**{**row, "attributes": Attributes.model_validate_json(row["attributes"])}) for row in rows]


async def count_waiting(pool: asyncpg.Pool) -> dict[bool, tuple[int, float]]:
    """How many reviews wait and for how many seconds the oldest has, by whether a verdict was proposed."""
    return {row[0]: (row[1], row[2]) for row in await pool.fetch(_COUNT)}


async def find(pool: asyncpg.Pool, application_id: UUID) -> Aggregate[Identity] | None:
    """The check of an application as it stands."""
    async with pool.acquire(timeout=10) as connection:
        found = await _aggregates.load(connection, [application_id])
    return found.get(application_id)
