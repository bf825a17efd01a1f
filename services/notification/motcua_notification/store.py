"""Notification's read model: one row per message, from its request to its end."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_contracts import NotificationFailed, NotificationRequested, NotificationSent

_ADD = """
INSERT INTO notices
    (application_id, topic, medium, template, language, because, requested_at, agency, applicant_id, dossier_code)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[],
                     $8::text[], $9::uuid[], $10::text[])
ON CONFLICT DO NOTHING"""
_END = """
UPDATE notices AS n SET ended_at = e.at, outcome = e.outcome, reason = e.reason, reference = e.reference
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
     AS e (application_id, topic, at, outcome, reason, reference)
WHERE n.application_id = e.application_id AND n.topic = e.topic"""
_OF = """
SELECT application_id, topic, medium, template, language, because, requested_at, ended_at, outcome, reason, reference,
       agency, applicant_id, dossier_code
FROM notices WHERE application_id = $1 ORDER BY requested_at, topic"""


class NoticeRow(NamedTuple):
    """What is known of one message."""

    application_id: UUID
    topic: str
    medium: str
    template: str
    language: str
    because: UUID
    requested_at: datetime
    ended_at: datetime | None
    outcome: str | None
    reason: str | None
    reference: str | None
    agency: str
    applicant_id: UUID
    dossier_code: str


async def project(connection: Connection, changes: Sequence[Change]) -> None:
    """Add the messages that were asked for, then end those that ended."""
    if added := list(_added(changes)):
        await connection.execute(_ADD, *(list(column) for column in zip(*added, strict=True)))
    if ended := list(_ended(changes)):
        await connection.execute(_END, *(list(column) for column in zip(*ended, strict=True)))


async def notices_of(pool: asyncpg.Pool, application_id: UUID) -> list[NoticeRow]:
    """Every message about an application, oldest first."""
    return [NoticeRow(**row) for row in await pool.fetch(_OF, application_id)]


def _added(changes: Sequence[Change]) -> Iterator[tuple[object, ...]]:
    for change in changes:
        for recorded in change.recorded:
            event = recorded.event
            if isinstance(event, NotificationRequested):
                dossier = event.dossier
                what = (event.topic.value, event.medium.value, event.template, dossier.language.value, event.because)
                whose = (dossier.agency, dossier.applicant_id, dossier.code)
                yield change.application, *what, recorded.time, *whose


def _ended(changes: Sequence[Change]) -> Iterator[tuple[object, ...]]:
    for change in changes:
        for recorded in change.recorded:
            match recorded.event:
                case NotificationSent(topic=topic, reference=reference):
                    yield change.application, topic.value, recorded.time, "sent", None, reference
                case NotificationFailed(topic=topic, reason=reason):
                    yield change.application, topic.value, recorded.time, "failed", reason.value, None
