"""Intake for citizens: file an application and follow it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from os import urandom
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response

from motcua_chassis.http import Anyone, AtDesk, Citizen, idempotency, json_reply, owns
from motcua_chassis.identifiers import derive, name_id
from motcua_chassis.inputs import Command
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Event
from motcua_contracts.vocabulary import DossierCode
from motcua_intake import store, views
from motcua_intake.domain import Application, Sealed, SubmitApplication
from motcua_intake.submission import Submission
from motcua_intake.vault import Applicant, Vault

router = APIRouter(tags=["applications"])

Key = Header(
    alias="Idempotency-Key",
    min_length=8,
    max_length=64,
    pattern=r"^[A-Za-z0-9._:-]+$",
    description="Chosen by the client; the same key and body get the same answer, however often they are sent.",
    examples=["7f8a1c0e-5b0d-4f0e-9a51-0d6c2f6b9b11"],
)
ByCode = Annotated[DossierCode, Path(examples=[views.DOSSIER_EXAMPLE])]
_SUBMIT = "POST /applications"


@router.post(
    "/applications",
    summary="File an application",
    status_code=201,
    response_model=views.Receipt,
    responses=documented(409),
)
async def submit(
    submission: Submission,
    request: Request,
    desk: AtDesk,
    citizen: Citizen,
    key: Annotated[str, Key],
) -> Response:
    """Checks the application as a whole: 422 names every fault at once and stores nothing."""
    application = derive(datetime.now(UTC), urandom(10))
    vault: Vault = request.app.state.service
    sealed = vault.seal(application, _applicant(submission))
    named = idempotency(citizen, _SUBMIT, key, await request.body())
    cause = name_id(str(citizen.subject), _SUBMIT, key)
    body = _command(submission, citizen.subject, sealed)
    outcome = await desk.submit(Command(application, body, cause, partial(_receipt, application), named))
    return json_reply(outcome.reply, 201)


@router.get(
    "/applications/{dossier_code}",
    summary="Follow an application",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def follow(dossier_code: ByCode, desk: AtDesk, principal: Anyone) -> views.ApplicationView:
    """Status, appointment, outcome and timeline; a citizen sees their own, an officer those of their agency."""
    found = await store.find(desk.pool, dossier_code)
    if found is None or not owns(principal, found[0].applicant_id, found[0].agency):
        raise ProblemError("application-not-found", 404)
    return views.application(*found)


def _applicant(submission: Submission) -> Applicant:
    given = submission.applicant
    return Applicant(given.personal_number, given.full_name, given.date_of_birth, given.email, given.phone)


def _command(submission: Submission, applicant_id: UUID, sealed: Sealed) -> SubmitApplication:
    fee = submission.fee
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
    )


def _receipt(application: UUID, state: Application, _events: Sequence[Event]) -> bytes:
    return views.Standing.of(application, state).model_dump_json(include=_RECEIPT).encode()


_RECEIPT = set(views.Receipt.model_fields)
