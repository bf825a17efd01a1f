"""Files an application: seals who applies, makes sure of the documents, and hands the command to the path.

A submission without documents asks the database nothing before its transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from os import urandom
from uuid import UUID

import asyncpg
from fastapi import Request, Response

from motcua_chassis.http import Desk, cause_of, idempotency, json_reply
from motcua_chassis.identifiers import derive
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal
from motcua_chassis.problems import Fault, ProblemError
from motcua_contracts import Event, Filer
from motcua_intake import attachments, contacts, views
from motcua_intake.application import Application
from motcua_intake.commands import Papers, Sealed, SubmitApplication
from motcua_intake.fault_sentences import SENTENCES
from motcua_intake.submission import Submission
from motcua_intake.vault import Applicant, Representative, Vault


async def file(
    submission: Submission,
    applicant_id: UUID,
    filed_by: Filer | None,
    request: Request,
    desk: Desk,
    principal: Principal,
    key: str,
) -> Response:
    """The receipt. Raises `ProblemError`."""
    application, route = derive(datetime.now(UTC), urandom(10)), f"POST {request.url.path}"
    vault: Vault = request.app.state.service
    named = idempotency(principal, route, key, await request.body())
    cause = cause_of(principal, route, key)
    papers = None
    if submission.documents:
        uploads = {f"document.{code}": upload for code, upload in submission.documents.items()}
        papers = await made_sure_of(desk.pool, uploads, principal, cause)
    sealed = vault.seal(application, _applicant(submission))
    body = _command(submission, applicant_id, filed_by, sealed, papers)
    outcome = await desk.submit(Command(application, body, cause, partial(_receipt, application), named))
    return json_reply(outcome.reply, 201)


async def made_sure_of(pool: asyncpg.Pool, uploads: Mapping[str, UUID], principal: Principal, request: UUID) -> Papers:
    """The uploads (item -> upload) as part of a command. Raises `ProblemError` naming every one that cannot be used."""
    usable = await attachments.usable(pool, uploads.values(), principal.subject, request)
    vi, en = SENTENCES["upload-unknown"]
    faults = [
        Fault(pointer=f"/documents/{item.removeprefix('document.')}", code="upload-unknown", vi=vi, en=en)
        for item, upload in uploads.items()
        if upload not in usable
    ]
    if faults:
        raise ProblemError("invalid-request", 422, faults=faults)
    return Papers(principal.subject, request, uploads)


def _applicant(submission: Submission) -> Applicant:
    given, who = submission.applicant, submission.representative
    return Applicant(
        given.personal_number,
        given.full_name,
        given.date_of_birth,
        given.email,
        given.phone,
        submission.form,
        Representative(who.full_name, who.personal_number, who.relation, who.phone) if who else None,
    )


def _command(
    submission: Submission, applicant_id: UUID, filed_by: Filer | None, sealed: Sealed, papers: Papers | None
) -> SubmitApplication:
    fee, given = submission.fee, submission.applicant
    return SubmitApplication(
        applicant_id=applicant_id,
        procedure=submission.procedure,
        agency=submission.agency,
        channel=submission.channel,
        language=submission.language,
        beneficiary=fee.beneficiary,
        conditions=fee.conditions,
        pages=fee.pages,
        copies=fee.copies,
        sealed=sealed,
        reach_by=contacts.reach_by(given.contact_by, email=given.email is not None, phone=given.phone is not None),
        filed_by=filed_by,
        papers=papers,
    )


def _receipt(application: UUID, state: Application, _events: Sequence[Event]) -> bytes:
    return views.Standing.of(application, state).model_dump_json(include=_RECEIPT).encode()


_RECEIPT = set(views.Receipt.model_fields)
