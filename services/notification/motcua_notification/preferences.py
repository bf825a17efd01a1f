"""By which mediums a person does not want to be told. What the law requires still goes by e-mail."""

from collections.abc import Collection
from uuid import UUID

from motcua_contracts import Dossier, Medium
from motcua_notification.attempts import Pool

_OPTED_OUT = "SELECT EXISTS (SELECT FROM opt_outs WHERE applicant_id = ANY ($1::uuid[]) AND medium = $2)"
_OF = "SELECT medium FROM opt_outs WHERE applicant_id = $1 ORDER BY medium"
_SET = """
WITH wanted_again AS (DELETE FROM opt_outs WHERE applicant_id = $1 AND medium <> ALL ($2::text[]))
INSERT INTO opt_outs (applicant_id, medium) SELECT $1, medium FROM unnest($2::text[]) AS m (medium)
ON CONFLICT DO NOTHING"""


async def opted_out(pool: Pool, dossier: Dossier, medium: Medium, *, required: bool = False) -> bool:
    """Whether the applicant, or who acts for them, must not be told by this medium; `required` is the request's."""
    if required and medium is Medium.EMAIL:
        return False
    people = [person for person in (dossier.applicant_id, dossier.representative) if person is not None]
    found: bool = await pool.fetchval(_OPTED_OUT, people, medium.value)
    return found


async def opt_outs_of(pool: Pool, applicant_id: UUID) -> list[Medium]:
    """The mediums this person does not want."""
    return [Medium(row["medium"]) for row in await pool.fetch(_OF, applicant_id)]


async def opt_out(pool: Pool, applicant_id: UUID, mediums: Collection[Medium]) -> None:
    """Replace what this person does not want."""
    await pool.execute(_SET, applicant_id, sorted({medium.value for medium in mediums}))
