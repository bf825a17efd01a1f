"""Notification's read model: one row per message that was asked for, from its request to its end.

A message is one medium in one attempt at telling one occasion of a topic; a fall-back or an officer's order adds a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change, Recorded
from motcua_contracts import NotificationFailed, NotificationRequested, NotificationSent

_ADD = """
INSERT INTO notices
    (application_id, topic, number, attempt, medium, template, rule, language, because, instead_of, requested_by,
     requested_at, agency, applicant_id, filed_by, dossier_code)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::uuid[], $10::text[], $11::uuid[], $12::timestamptz[], $13::text[], $14::uuid[], $15::uuid[],
                     $16::text[])
ON CONFLICT DO NOTHING"""
_END = """
UPDATE notices AS n
SET ended_at = e.at, outcome = e.outcome, reason = e.reason, reference = e.reference, provider = e.provider
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
            $9::text[], $10::text[])
     AS e (application_id, topic, number, attempt, medium, at, outcome, reason, reference, provider)
WHERE n.application_id = e.application_id AND n.topic = e.topic AND n.number = e.number AND n.attempt = e.attempt
  AND n.medium = e.medium"""
_OF = """
SELECT application_id, topic, number, attempt, medium, template, rule, language, because, instead_of, requested_by,
       requested_at, ended_at, outcome, reason, reference, provider, agency, applicant_id, filed_by,
       dossier_code
FROM notices WHERE application_id = $1
ORDER BY min(requested_at) OVER (PARTITION BY topic, number), topic, number, attempt, requested_at, ended_at"""


class NoticeRow(NamedTuple):
    """What is known of one message."""

    application_id: UUID
    topic: str
    number: int
    attempt: int
    medium: str
    template: str
    rule: str | None
    language: str
    because: UUID
    instead_of: str | None
    requested_by: UUID | None
    requested_at: datetime
    ended_at: datetime | None
    outcome: str | None
    reason: str | None
    reference: str | None
    provider: str | None
    agency: str
    applicant_id: UUID
    filed_by: UUID | None
    """The account that filed for the applicant."""
    dossier_code: str


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Add the messages that were asked for, then end those that ended."""
    await _write(connection, _ADD, _added(changes))
    await _write(connection, _END, _ended(changes))


async def notices_of(pool: asyncpg.Pool, application_id: UUID) -> list[NoticeRow]:
    """Every message about an application, one occasion after the other, each in the order in which it was tried."""
    return [NoticeRow(**row) for row in await pool.fetch(_OF, application_id)]


async def _write(connection: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    if columns := list(zip(*rows, strict=True)):
        await connection.execute(statement, *map(list, columns))


def _recorded(changes: Sequence[Change]) -> Iterator[tuple[UUID, Recorded]]:
    return ((change.application, recorded) for change in changes for recorded in change.recorded)


def _added(changes: Sequence[Change]) -> Iterator[tuple[object, ...]]:
    for application, recorded in _recorded(changes):
        event = recorded.event
        if isinstance(event, NotificationRequested):
            dossier = event.dossier
            how = (event.medium.value, event.template, event.rule, dossier.language.value)
            instead_of = event.instead_of.value if event.instead_of else None
            why = (event.because, instead_of, event.requested_by, recorded.time)
            whose = (dossier.agency, dossier.applicant_id, dossier.representative, dossier.code)
            yield application, event.topic.value, event.number, event.attempt, *how, *why, *whose


def _ended(changes: Sequence[Change]) -> Iterator[tuple[object, ...]]:
    for application, recorded in _recorded(changes):
        event = recorded.event
        if not isinstance(event, NotificationSent | NotificationFailed):
            continue
        message = (event.topic.value, event.number, event.attempt, event.medium.value)
        if isinstance(event, NotificationSent):
            yield application, *message, recorded.time, "sent", None, event.reference, event.provider
        else:
            yield application, *message, recorded.time, "failed", event.reason.value, None, None
