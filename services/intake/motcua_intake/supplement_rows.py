"""The read model of supplements: what officers marked, by when it was due, when it came."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import ApplicationSupplemented, SupplementReason, SupplementRequested

_REQUESTED = """
INSERT INTO supplements (application_id, number, items, reasons, notes, requested_at, respond_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_SUPPLIED = """
UPDATE supplements AS s SET supplied_at = n.at, paused_days = n.days
FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::int[]) AS n (application_id, number, at, days)
WHERE s.application_id = n.application_id AND s.number = n.number"""
_OF = "SELECT * FROM supplements WHERE application_id = $1 ORDER BY number"


class Marked(NamedTuple):
    """One place an officer marked."""

    item: str
    reason: SupplementReason
    note: UUID | None


class Supplement(NamedTuple):
    """One request and what became of it."""

    number: int
    items: Sequence[Marked]
    requested_at: datetime
    respond_by: datetime
    supplied_at: datetime | None
    paused_days: int | None


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Bring the table up to these changes; most batches hold no supplement and cost nothing."""
    events = [(change.application, recorded.event) for change in changes for recorded in change.recorded]
    requested = [_requested(id_, event) for id_, event in events if isinstance(event, SupplementRequested)]
    if requested:  # arrays of arrays cannot be unnested row by row
        await connection.executemany(_REQUESTED, requested)
    supplied = [(id_, event) for id_, event in events if isinstance(event, ApplicationSupplemented)]
    if supplied:
        await connection.execute(
            _SUPPLIED,
            [id_ for id_, _ in supplied],
            [event.number for _, event in supplied],
            [event.supplied_at for _, event in supplied],
            [event.paused_working_days for _, event in supplied],
        )


def _requested(application: UUID, event: SupplementRequested) -> tuple[object, ...]:
    items = [marked.item for marked in event.items]
    reasons = [marked.reason.value for marked in event.items]
    notes = [marked.note for marked in event.items]
    return application, event.number, items, reasons, notes, event.requested_at, event.respond_by


async def of(pool: asyncpg.Pool, application: UUID) -> list[Supplement]:
    """The supplements of an application, first to last."""
    return [_supplement(row) for row in await pool.fetch(_OF, application)]


def _supplement(row: asyncpg.Record) -> Supplement:
    parts = zip(row["items"], row["reasons"], row["notes"], strict=True)
    items = [Marked(item, SupplementReason(reason), note) for item, reason, note in parts]
    times = row["requested_at"], row["respond_by"], row["supplied_at"]
    return Supplement(row["number"], items, *times, row["paused_days"])
