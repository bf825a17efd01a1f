"""Payment's read models: one row per application for the pay page, one per refund for payers and officers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog

from motcua_chassis.codec import write_body
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import Dossier, Event, PaymentRefunded, RefundDeclined, RefundFailed, RefundRequested
from motcua_payment.refunds import Refund, RefundState
from motcua_payment.state import Payment

log = structlog.get_logger()

_UPSERT = """
INSERT INTO payments
    (application_id, order_ref, dossier_code, applicant_id, agency, phase, receipt, detail, closing, kept, amount)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::text[], $10::jsonb[], $11::bigint[])
ON CONFLICT (application_id) DO UPDATE SET phase = excluded.phase, receipt = excluded.receipt,
    closing = excluded.closing, kept = excluded.kept"""
_UPSERT_REFUNDS = """
INSERT INTO refunds (refund, application_id, number, agency, state, requested_at, request, failure, made)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[],
    $8::jsonb[], $9::jsonb[])
ON CONFLICT (refund) DO UPDATE SET state = excluded.state, request = excluded.request, failure = excluded.failure,
    made = excluded.made, agency = excluded.agency"""
_OF_AGENCY = "($1::text IS NULL AND agency IS NULL OR agency = $1 OR starts_with(agency, $1 || '.'))"
_PAGE = f"""
SELECT * FROM refunds WHERE {_OF_AGENCY} AND state = $2
    AND ($3::text IS NULL OR (requested_at, refund) > (SELECT requested_at, refund FROM refunds WHERE refund = $3))
ORDER BY requested_at, refund LIMIT $4"""  # noqa: S608  # a constant of ours
OPEN = """
SELECT state, count(*), sum((request ->> 'amount')::bigint)::bigint,
    extract(epoch FROM now() - min(requested_at))::float8
FROM refunds WHERE state <> 'refunded' GROUP BY state"""
ORDERS = "SELECT count(*), coalesce(sum(amount), 0)::bigint FROM payments WHERE phase = 'requested'"


class PaymentRow(NamedTuple):
    """What is known of one application's payment; `detail` is the published request, waiver or cancellation."""

    application_id: UUID
    order_ref: str | None
    dossier_code: str
    applicant_id: UUID
    agency: str
    phase: str
    receipt: str | None
    detail: dict[str, Any]
    closing: str | None
    kept: list[RefundDeclined]

    @property
    def representative(self) -> UUID | None:
        """The account that acts for the applicant."""
        return Dossier.model_validate(self.detail["dossier"]).representative


class RefundRow(NamedTuple):
    """One refund, as its latest events tell it."""

    application_id: UUID
    agency: str | None
    refund: Refund


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring the rows of these applications up to their latest state."""
    latest = {change.application: change.state for change in changes}
    rows = [row for application, state in latest.items() if (row := _projected(application, state)) is not None]
    if rows:
        await connection.execute(_UPSERT, *(list(column) for column in zip(*rows, strict=True)))
    times = {change.application: change.recorded[-1].time for change in changes if change.recorded}
    refunds = [
        _refund(application, state, refund, times[application])
        for application, state in latest.items()
        if application in times
        for refund in state.refunds
    ]
    if refunds:
        await connection.execute(_UPSERT_REFUNDS, *(list(column) for column in zip(*refunds, strict=True)))
    _alert(changes)


def _projected(application: UUID, state: Payment) -> tuple[object, ...] | None:
    published = state.request or state.waiver or state.cancellation
    if published is None:  # money for something never billed has no row
        return None
    dossier = published.dossier
    order, amount = (state.request.order, state.request.amount) if state.request else (None, None)
    named = application, order, dossier.code, dossier.applicant_id, dossier.agency
    kept = b"[" + b",".join(write_body(event) for event in state.kept) + b"]"
    return *named, state.phase, state.receipt, write_body(published), state.closing, kept, amount


def _refund(application: UUID, state: Payment, refund: Refund, time: datetime) -> tuple[object, ...]:
    agency = state.dossier.agency if state.dossier else None
    told = write_body(refund.request), _body(refund.failure), _body(refund.made)
    return refund.request.refund, application, refund.request.number, agency, refund.state, time, *told


def _body(event: Event | None) -> bytes | None:
    return write_body(event) if event is not None else None


def _alert(changes: Sequence[Change]) -> None:
    for change in changes:
        for recorded in change.recorded:
            if isinstance(failed := recorded.event, RefundFailed):
                log.error(
                    "refund.failed", application=str(change.application), code=failed.refund, reason=failed.reason.value
                )


async def find(pool: asyncpg.Pool, application_id: UUID) -> PaymentRow | None:
    """The payment of an application."""
    row = await pool.fetchrow("SELECT * FROM payments WHERE application_id = $1", application_id)
    if row is None:
        return None
    # By name: the next release may have added a column while this one still serves.
    known = {name: row[name] for name in PaymentRow._fields}
    kept = [RefundDeclined.model_validate(part) for part in msgspec.json.decode(row["kept"])]
    return PaymentRow(**{**known, "detail": msgspec.json.decode(row["detail"]), "kept": kept})


async def refunds_of(pool: asyncpg.Pool, application_id: UUID) -> list[RefundRow]:
    """The refunds of an application, in their order."""
    rows = await pool.fetch("SELECT * FROM refunds WHERE application_id = $1 ORDER BY number", application_id)
    return [_row(row) for row in rows]


async def find_refund(pool: asyncpg.Pool, refund: str) -> RefundRow | None:
    """One refund by its reference."""
    row = await pool.fetchrow("SELECT * FROM refunds WHERE refund = $1", refund)
    return _row(row) if row else None


async def list_refunds(
    pool: asyncpg.Pool, agency: str | None, state: RefundState, after: str | None, limit: int
) -> list[RefundRow]:
    """Refunds of an agency and those below it, the oldest first; without an agency, those that belong to none."""
    return [_row(row) for row in await pool.fetch(_PAGE, agency, state, after, limit)]


async def count_open(pool: asyncpg.Pool) -> dict[str, tuple[int, int, float]]:
    """How many refunds are not made, what they come to and how old the oldest is in seconds, by state."""
    return {row[0]: (row[1], row[2], row[3]) for row in await pool.fetch(OPEN)}


async def count_orders(pool: asyncpg.Pool) -> tuple[int, int]:
    """How many orders wait for their payment, and what they come to."""
    [row] = await pool.fetch(ORDERS)
    return row[0], row[1]


def _row(row: asyncpg.Record) -> RefundRow:
    refund = Refund(
        request=RefundRequested.model_validate_json(row["request"]),
        state=RefundState(row["state"]),
        failure=RefundFailed.model_validate_json(row["failure"]) if row["failure"] else None,
        made=PaymentRefunded.model_validate_json(row["made"]) if row["made"] else None,
    )
    return RefundRow(row["application_id"], row["agency"], refund)
