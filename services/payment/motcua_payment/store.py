"""Payment's read model: one row per application for the pay page and for finding the order of a gateway's notice."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from motcua_chassis.codec import write_body
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change

_UPSERT = """
INSERT INTO payments (application_id, order_ref, dossier_code, applicant_id, agency, phase, detail)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[])
ON CONFLICT (application_id) DO UPDATE SET phase = excluded.phase"""


class PaymentRow(NamedTuple):
    """What is known of one application's payment; `detail` is the published request or waiver."""

    application_id: UUID
    order_ref: str | None
    dossier_code: str
    applicant_id: UUID
    agency: str
    phase: str
    detail: dict[str, object]


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring the rows of these applications up to their latest state."""
    latest = {change.application: change.state for change in changes}
    rows = []
    for application, state in latest.items():
        published = state.request or state.waiver
        if published is not None:  # money for something never billed has no row
            dossier = published.dossier
            order = state.request.order if state.request else None
            detail = write_body(published)
            rows.append((application, order, dossier.code, dossier.applicant_id, dossier.agency, state.phase, detail))
    if rows:
        await connection.execute(_UPSERT, *(list(column) for column in zip(*rows, strict=True)))


async def find(pool: asyncpg.Pool, application_id: UUID) -> PaymentRow | None:
    """The payment of an application."""
    return _row(await pool.fetchrow("SELECT * FROM payments WHERE application_id = $1", application_id))


async def find_order(pool: asyncpg.Pool, order: str) -> PaymentRow | None:
    """The payment a gateway's order belongs to."""
    return _row(await pool.fetchrow("SELECT * FROM payments WHERE order_ref = $1", order))


def _row(row: asyncpg.Record | None) -> PaymentRow | None:
    return None if row is None else PaymentRow(**{**row, "detail": msgspec.json.decode(row["detail"])})
