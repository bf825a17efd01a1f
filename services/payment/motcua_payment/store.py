"""Payment's read model: one row per application for the pay page and for finding the order of a gateway's notice."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from motcua_chassis.codec import write_body
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_payment.domain import Payment

_UPSERT = """
INSERT INTO payments (application_id, order_ref, dossier_code, applicant_id, agency, phase, receipt, detail)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
ON CONFLICT (application_id) DO UPDATE SET phase = excluded.phase, receipt = excluded.receipt"""


class PaymentRow(NamedTuple):
    """What is known of one application's payment; `detail` is the published request or waiver."""

    application_id: UUID
    order_ref: str | None
    dossier_code: str
    applicant_id: UUID
    agency: str
    phase: str
    receipt: str | None
    detail: dict[str, object]


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring the rows of these applications up to their latest state."""
    latest = {change.application: change.state for change in changes}
    rows = [row for application, state in latest.items() if (row := _projected(application, state)) is not None]
    if rows:
        await connection.execute(_UPSERT, *(list(column) for column in zip(*rows, strict=True)))


def _projected(application: UUID, state: Payment) -> tuple[object, ...] | None:
    published = state.request or state.waiver
    if published is None:  # money for something never billed has no row
        return None
    dossier = published.dossier
    order = state.request.order if state.request else None
    named = application, order, dossier.code, dossier.applicant_id, dossier.agency
    return *named, state.phase, state.receipt, write_body(published)


async def find(pool: asyncpg.Pool, application_id: UUID) -> PaymentRow | None:
    """The payment of an application."""
    return _row(await pool.fetchrow("SELECT * FROM payments WHERE application_id = $1", application_id))


async def find_order(pool: asyncpg.Pool, order: str) -> PaymentRow | None:
    """The payment a gateway's order belongs to."""
    return _row(await pool.fetchrow("SELECT * FROM payments WHERE order_ref = $1", order))


def _row(row: asyncpg.Record | None) -> PaymentRow | None:
    if row is None:
        return None
    # By name: the next release may have added a column while this one still serves.
    known = {name: row[name] for name in PaymentRow._fields}
    return PaymentRow(**{**known, "detail": msgspec.json.decode(row["detail"])})
