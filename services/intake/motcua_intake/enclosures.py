"""Writes what commands bring besides their decision: sealed applicants, officers' words, documents. No event holds it.

In the transaction that records the decision; in a rebuild there are no commands, and so nothing is written.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from motcua_chassis.database import Connection
from motcua_chassis.decisions import Change
from motcua_chassis.problems import ProblemError
from motcua_intake.commands import (
    DecideApplication,
    DeclineApplication,
    ExtendAppointment,
    Papers,
    RequestSupplement,
    SealedWords,
    SubmitApplication,
    SupplyMissing,
)

_KEEP = """
INSERT INTO vault (application_id, applicant_id, wrapped_key, sealed)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])"""
_RENEW = """
UPDATE vault AS v SET sealed = n.sealed FROM unnest($1::uuid[], $2::bytea[]) AS n (application_id, sealed)
WHERE v.application_id = n.application_id AND v.wrapped_key IS NOT NULL"""
_NOTE = "INSERT INTO notes (application_id, id, sealed) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[])"
_ATTACH = """
UPDATE uploads AS u SET application_id = n.application_id, request = n.request, item = n.item, supplement = n.supplement
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[])
    AS n (id, owner, request, application_id, item, supplement)
WHERE u.id = n.id AND u.owner = n.owner AND u.application_id IS NULL RETURNING true"""


class _Attached(NamedTuple):
    upload: UUID
    owner: UUID
    request: UUID
    application: UUID
    item: str
    supplement: int | None


async def keep(connection: Connection, changes: Sequence[Change]) -> None:
    """One statement for each kind of enclosure that is there."""
    submitted, renewed, notes, attached = _sorted(changes)
    if submitted:
        sealed = [body.sealed for _, body in submitted]
        applicants = [body.applicant_id for _, body in submitted]
        keys, data = [s.wrapped_key for s in sealed], [s.data for s in sealed]
        await connection.execute(_KEEP, [id_ for id_, _ in submitted], applicants, keys, data)
    if renewed:
        await connection.execute(_RENEW, [id_ for id_, _ in renewed], [data for _, data in renewed])
    if notes:
        ids, sealed_words = [id_ for id_, _ in notes], [words for _, words in notes]
        await connection.execute(_NOTE, ids, [w.id for w in sealed_words], [w.data for w in sealed_words])
    if attached:
        await _attach(connection, attached)


async def _attach(connection: Connection, attached: Sequence[_Attached]) -> None:
    columns = [list(column) for column in zip(*attached, strict=True)]
    if len(await connection.fetch(_ATTACH, *columns)) != len(attached):
        # another request was faster with the same upload: this one must not be recorded without it
        raise ProblemError("upload-taken", 409)


def _sorted(
    changes: Sequence[Change],
) -> tuple[
    list[tuple[UUID, SubmitApplication]], list[tuple[UUID, bytes]], list[tuple[UUID, SealedWords]], list[_Attached]
]:
    submitted: list[tuple[UUID, SubmitApplication]] = []
    renewed: list[tuple[UUID, bytes]] = []
    notes: list[tuple[UUID, SealedWords]] = []
    attached: list[_Attached] = []
    for application, body, _, _ in changes:
        match body:
            case SubmitApplication():
                submitted.append((application, body))
                attached += _papers(application, body.papers, None)
            case SupplyMissing():
                if body.data is not None:
                    renewed.append((application, body.data))
                attached += _papers(application, body.papers, body.number)
            case RequestSupplement():
                notes += [(application, words) for words in body.words]
            case DeclineApplication() | ExtendAppointment() | DecideApplication():
                if body.words is not None:
                    notes.append((application, body.words))
    return submitted, renewed, notes, attached


def _papers(application: UUID, papers: Papers | None, supplement: int | None) -> list[_Attached]:
    if papers is None:
        return []
    return [
        _Attached(upload, papers.owner, papers.request, application, item, supplement)
        for item, upload in papers.uploads.items()
    ]
