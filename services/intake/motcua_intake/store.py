"""Intake's read models: one row per application for desk and citizen, its timeline, and the vault's rows.

A batch costs one statement per table. All but the vault come back from the events alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import Outcome, Status
from motcua_intake import vault
from motcua_intake.domain import Application, SubmitApplication, evolve

_UPSERT = """
INSERT INTO applications (
    application_id, dossier_code, applicant_id, agency, procedure, channel, language,
    status, submitted_at, appointment, outcome)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[])
ON CONFLICT (application_id) DO UPDATE
SET status = excluded.status, appointment = excluded.appointment, outcome = excluded.outcome"""
_TIMELINE = """
INSERT INTO timeline (application_id, sequence, at, event, status)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[])"""

_FIND = """
SELECT a.*, t.at, t.event, t.status AS status_then
FROM applications AS a JOIN timeline AS t USING (application_id)
WHERE a.dossier_code = $1 ORDER BY t.sequence"""
_ADDRESS = "SELECT application_id, agency FROM applications WHERE dossier_code = $1"
_QUEUE = """
SELECT waiting.* FROM unnest($1::text[]) AS served (agency) CROSS JOIN LATERAL (
    SELECT * FROM applications AS a
    WHERE a.agency = served.agency AND a.status = $2 AND a.application_id > $3
    ORDER BY a.application_id LIMIT $4
) AS waiting ORDER BY waiting.application_id LIMIT $4"""

_FIRST = UUID(int=0)


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


class Step(NamedTuple):
    """One line of a timeline: the event, and the status it left."""

    at: datetime
    event: str
    status: Status


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring rows, timelines and the vault up to these changes."""
    submitted = [(c.application, c.body) for c in changes if isinstance(c.body, SubmitApplication)]
    if submitted:  # never in a rebuild: there the changes come from events, which know nobody
        await vault.keep(connection, [(id_, body.applicant_id, body.sealed) for id_, body in submitted])
    await connection.execute(_UPSERT, *_columns(_rows(changes)))
    await connection.execute(_TIMELINE, *_columns(_steps(changes)))


def _rows(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    rows: dict[UUID, tuple[Any, ...]] = {}
    for application, _, recorded, state in changes:
        dossier = state.dossier
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
        )
    return list(rows.values())


def _steps(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    return [
        (change.application, recorded.sequence, recorded.time, recorded.event.name, _after(recorded.event))
        for change in changes
        for recorded in change.recorded
    ]


def _after(event: Any) -> Status | None:
    return evolve(Application(), event).status


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def find(pool: asyncpg.Pool, dossier_code: str) -> tuple[Row, list[Step]] | None:
    """An application and its timeline, as of one moment."""
    found = await pool.fetch(_FIND, dossier_code)
    if not found:
        return None
    return _row(found[0]), [Step(row["at"], row["event"], Status(row["status_then"])) for row in found]


async def find_address(pool: asyncpg.Pool, dossier_code: str) -> tuple[UUID, str] | None:
    """The application behind a dossier code, and its agency."""
    row = await pool.fetchrow(_ADDRESS, dossier_code)
    return None if row is None else (row["application_id"], row["agency"])


async def queue(
    pool: asyncpg.Pool, agencies: Sequence[str], status: Status, after: UUID | None, limit: int
) -> list[Row]:
    """The oldest applications of these agencies in this status, those submitted after that one."""
    found = await pool.fetch(_QUEUE, agencies, status.value, after or _FIRST, limit)
    return [_row(row) for row in found]


def _row(row: asyncpg.Record) -> Row:
    outcome = row["outcome"]
    values = {name: row[name] for name in Row._fields}
    return Row(**{**values, "status": Status(row["status"]), "outcome": None if outcome is None else Outcome(outcome)})
