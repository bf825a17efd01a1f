"""Intake for citizens: file an application, supply what is missing, take it back."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from motcua_chassis.direct_route import DirectRoute
from motcua_chassis.http import (
    AtDesk,
    Citizen,
    CitizenOrOfficer,
    Desk,
    Key,
    OptionalKey,
    cause_of,
    idempotency,
    json_reply,
)
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Capacity, Event, Filer
from motcua_intake import submitting, supplying, views
from motcua_intake.access import ByCode, to_act_on
from motcua_intake.application import Application
from motcua_intake.commands import SupplyMissing, WithdrawApplication
from motcua_intake.submission import Submission
from motcua_intake.supplement_form import SupplementForm

router = APIRouter(tags=["applications"], route_class=DirectRoute)


class Withdrawal(BaseModel):
    """Nothing to say."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    key: Key,
) -> Response:
    """Checks the application as a whole: 422 names every fault at once and stores nothing.

    With `representative` the account files for somebody else, whom `applicant` names; both are on record.
    """
    applicant_id, filed_by = citizen.subject, None
    if submission.representative is not None:
        applicant_id, filed_by = uuid4(), Filer(id=citizen.subject, capacity=Capacity.REPRESENTATIVE)
    return await submitting.file(submission, applicant_id, filed_by, request, desk, citizen, key)


@router.post(
    "/applications/{dossier_code}/supplement",
    summary="Supply what an officer marked",
    response_model=views.Standing,
    response_model_exclude_none=True,
    responses=documented(404, 409),
)
async def supplement(
    dossier_code: ByCode,
    form: SupplementForm,
    request: Request,
    desk: AtDesk,
    principal: CitizenOrOfficer,
    key: OptionalKey = None,
) -> Response:
    """Everything that is marked, at once, and nothing else; the application goes back to the status it had.

    For the applicant, their representative, and the officers of the counter where it was filed.
    """
    row = await to_act_on(desk.pool, dossier_code, principal)
    cause = cause_of(principal, f"POST {request.url.path}", key)
    try:
        command = await supplying.command(form, row, desk.pool, request.app.state.service, principal, cause)
    except ProblemError as faulty:
        return await _as_before(faulty, row.application_id, request, desk, principal, key)
    return await step(command, row.application_id, request, desk, principal, key)


@router.post(
    "/applications/{dossier_code}/withdraw",
    summary="Take an application back",
    response_model=views.Standing,
    response_model_exclude_none=True,
    responses=documented(404, 409),
)
async def withdraw(
    dossier_code: ByCode,
    request: Request,
    desk: AtDesk,
    principal: CitizenOrOfficer,
    key: OptionalKey = None,
    _form: Withdrawal | None = None,
) -> Response:
    """Until it is decided; what was paid goes back as the fee rule says. For whoever may supplement it."""
    row = await to_act_on(desk.pool, dossier_code, principal)
    return await step(WithdrawApplication(principal.subject), row.application_id, request, desk, principal, key)


async def step(
    body: Any, application: UUID, request: Request, desk: Desk, principal: Principal, key: str | None
) -> Response:
    """Hand a command to the path; the answer is where the application stands then. Raises `ProblemError`."""
    route = f"POST {request.url.path}"
    named = idempotency(principal, route, key, await request.body())
    cause = cause_of(principal, route, key)
    outcome = await desk.submit(Command(application, body, cause, partial(_standing, application), named))
    return json_reply(outcome.reply)


async def _as_before(
    faulty: ProblemError, application: UUID, request: Request, desk: Desk, principal: Principal, key: str | None
) -> Response:
    """What is wrong now may be the repetition of what was right: its key knows the answer."""
    if key is None:
        raise faulty
    try:
        return await step(SupplyMissing(principal.subject, 0, ()), application, request, desk, principal, key)
    except ProblemError as refused:
        raise (refused if refused.code == "idempotency-key-reused" else faulty) from None


def _standing(application: UUID, state: Application, _events: Sequence[Event]) -> bytes:
    return views.Standing.of(application, state).model_dump_json(exclude_none=True).encode()
