"""Intake's read models: one row per application for desk and citizen, its timeline and its supplements.

A batch costs one statement per table. All of it comes back from the events alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change, Recorded
from motcua_contracts import AppointmentExtended, Capacity, Outcome, Status
from motcua_intake import enclosures, supplement_rows
from motcua_intake.application import Application

_UPSERT = """
INSERT INTO applications (
    application_id, dossier_code, applicant_id, agency, procedure, channel, language,
    status, submitted_at, appointment, outcome, respond_by, filed_by, filer_capacity, status_since)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::uuid[], $14::text[],
    $15::timestamptz[])
ON CONFLICT (application_id) DO UPDATE
SET status = excluded.status, appointment = excluded.appointment, outcome = excluded.outcome,
    respond_by = excluded.respond_by, status_since = coalesce(excluded.status_since, applications.status_since)"""
_TIMELINE = """
INSERT INTO timeline (application_id, sequence, at, event, status, ground, note)
SELECT * FROM unnest(
    $1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::uuid[])"""

_FIND = """
SELECT a.*, t.at, t.event, t.status AS status_then, t.ground, t.note
FROM applications AS a JOIN timeline AS t USING (application_id)
WHERE a.dossier_code = $1 ORDER BY t.sequence"""
_ROW = "SELECT * FROM applications WHERE dossier_code = $1"
_ADDRESS = """
SELECT a.application_id, a.agency, v.wrapped_key
FROM applications AS a LEFT JOIN vault AS v USING (application_id) WHERE a.dossier_code = $1"""
_SETTLED = "SELECT max(at) FROM timeline WHERE application_id = $1 AND status = 'fee-settled'"
_QUEUE = """
SELECT waiting.* FROM unnest($1::text[]) AS served (agency) CROSS JOIN LATERAL (
    SELECT * FROM applications AS a
    WHERE a.agency = served.agency AND a.status = $2 AND a.application_id > $3
    ORDER BY a.application_id LIMIT $4
) AS waiting ORDER BY waiting.application_id LIMIT $4"""

_FIRST = UUID(int=0)
_STATES = Aggregates(Application())


class Row(NamedTuple):
    """One application as it stands."""

    application_id: UUID
    dossier_code: str
    applicant_id: UUID
    agency: str
    procedure: str
    channel: str
    language: str
    status: Status
    submitted_at: datetime
    appointment: datetime | None
    outcome: Outcome | None
    respond_by: datetime | None
    filed_by: UUID | None
    filer_capacity: Capacity | None


class Step(NamedTuple):
    """One line of a timeline: the event, the status it left, and where it says them its ground and the words' id."""

    at: datetime
    event: str
    status: Status
    ground: str | None
    note: UUID | None


class Address(NamedTuple):
    """The application behind a dossier code, its agency, and the key its words lie under; None once erased."""

    application_id: UUID
    agency: str
    wrapped_key: bytes | None


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring rows, timelines, supplements and the vault up to these changes."""
    await enclosures.keep(connection, changes)
    await connection.execute(_UPSERT, *_columns(_rows(changes)))
    await connection.execute(_TIMELINE, *_columns(_steps(changes)))
    await supplement_rows.project(connection, changes)


def _rows(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    rows: dict[UUID, tuple[Any, ...]] = {}
    for application, _, recorded, state in changes:
        dossier, open_request = state.dossier, state.request
        since = _moved_at(recorded) or (rows[application][14] if application in rows else None)
        rows[application] = (
            application,
            dossier.code,
            dossier.applicant_id,
            dossier.agency,
            dossier.procedure,
            dossier.channel,
            dossier.language,
            state.status,
            # of use only where the row is new, and then the first event is the submission
            rows[application][8] if application in rows else recorded[0].time,
            state.appointment,
            state.outcome,
            None if open_request is None else open_request.respond_by,
            dossier.filed_by.id if dossier.filed_by else None,
            dossier.filed_by.capacity if dossier.filed_by else None,
            since,
        )
    return list(rows.values())


def _moved_at(recorded: Sequence[Recorded]) -> datetime | None:
    """When the status last changed; an extension is the one event that leaves it as it is."""
    return next((of.time for of in reversed(recorded) if not isinstance(of.event, AppointmentExtended)), None)


def _steps(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    # a message leads to at most one event, so the state after the message is the state after its event
    return [
        (application, of.sequence, of.time, of.event.name, state.status, _ground(of.event), _note(of.event))
        for application, _, recorded, state in changes
        for of in recorded
    ]


def _ground(event: Any) -> str | None:
    return getattr(event, "ground", None) or getattr(event, "reason", None)


def _note(event: Any) -> UUID | None:
    return getattr(event, "note", None)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def find(pool: asyncpg.Pool, dossier_code: str) -> tuple[Row, list[Step]] | None:
    """An application and its timeline, as of one moment."""
    found = await pool.fetch(_FIND, dossier_code)
    if not found:
        return None
    steps = [Step(r["at"], r["event"], Status(r["status_then"]), r["ground"], r["note"]) for r in found]
    return _row(found[0]), steps


async def find_row(pool: asyncpg.Pool, dossier_code: str) -> Row | None:
    """An application without its timeline."""
    found = await pool.fetchrow(_ROW, dossier_code)
    return None if found is None else _row(found)


async def find_address(pool: asyncpg.Pool, dossier_code: str) -> Address | None:
    """What an officer's step needs to know before it."""
    row = await pool.fetchrow(_ADDRESS, dossier_code)
    return None if row is None else Address(*row)


async def settled_at(pool: asyncpg.Pool, application: UUID) -> datetime | None:
    """When an application last came into the officers' hands; None where it never did."""
    at: datetime | None = await pool.fetchval(_SETTLED, application)
    return at


async def state_of(pool: asyncpg.Pool, application: UUID) -> Application | None:
    """The state as it was last committed."""
    async with pool.acquire(timeout=10) as connection:
        found = await _STATES.load(connection, [application])
    return found[application].state if application in found else None


async def queue(
    pool: asyncpg.Pool, agencies: Sequence[str], status: Status, after: UUID | None, limit: int
) -> list[Row]:
    """The oldest applications of these agencies in this status, those submitted after that one."""
    found = await pool.fetch(_QUEUE, agencies, status.value, after or _FIRST, limit)
    return [_row(row) for row in found]


def _row(row: asyncpg.Record) -> Row:
    outcome, capacity = row["outcome"], row["filer_capacity"]
    values = {name: row[name] for name in Row._fields}
    typed = {
        "status": Status(row["status"]),
        "outcome": None if outcome is None else Outcome(outcome),
        "filer_capacity": None if capacity is None else Capacity(capacity),
    }
    return Row(**{**values, **typed})
