"""Intake for officers: the queue of their agency, and the three steps an officer takes with an application."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from motcua_chassis.http import AtDesk, Desk, Officer, idempotency, json_reply
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Event, Handover, Outcome, Status
from motcua_intake import store, views
from motcua_intake.catalogue import catalogue
from motcua_intake.citizens import ByCode, Key
from motcua_intake.domain import AcceptApplication, Application, DecideApplication, ReturnResult

router = APIRouter(prefix="/officer", tags=["officers"])

OptionalKey = Annotated[str | None, Key]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Acceptance(_Form):
    """Nothing to say."""


class DecisionForm(_Form):
    """The agency's decision."""

    outcome: Outcome


class ReturnForm(_Form):
    """How the result was handed over."""

    handover: Handover


@router.get("/queue", summary="Applications that wait", responses=documented(), response_model_exclude_none=True)
async def queue(
    desk: AtDesk,
    officer: Officer,
    status: Annotated[Status, Query(description="What they wait for")] = Status.FEE_SETTLED,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
) -> views.Queue:
    """Oldest first, of the officer's agency and those below it."""
    agencies = [agency.code for agency in catalogue().agencies if officer.serves(agency.code)]
    rows = await store.queue(desk.pool, agencies, status, after, limit)
    last = rows[-1].application_id if len(rows) == limit else None
    return views.Queue(items=[views.queue_item(row) for row in rows], next=last)


@router.post(
    "/applications/{dossier_code}/accept",
    summary="Take an application in and give the appointment",
    response_model=views.Standing,
    responses=documented(404, 409),
)
async def accept(
    dossier_code: ByCode,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
    _form: Acceptance | None = None,
) -> Response:
    """From `fee-settled` to `accepted`; the appointment follows the procedure's time limit and the calendar."""
    return await _take(AcceptApplication(officer.subject), dossier_code, request, desk, officer, key)


@router.post(
    "/applications/{dossier_code}/decide",
    summary="Grant or refuse",
    response_model=views.Standing,
    responses=documented(404, 409),
)
async def decide(
    dossier_code: ByCode,
    form: DecisionForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `accepted` to `decided`."""
    command = DecideApplication(officer.subject, form.outcome)
    return await _take(command, dossier_code, request, desk, officer, key)


@router.post(
    "/applications/{dossier_code}/return",
    summary="Hand the result over",
    response_model=views.Standing,
    responses=documented(404, 409),
)
async def return_result(
    dossier_code: ByCode,
    form: ReturnForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `decided` to `result-returned`, the end."""
    command = ReturnResult(officer.subject, form.handover)
    return await _take(command, dossier_code, request, desk, officer, key)


async def _take(
    body: Any, dossier_code: str, request: Request, desk: Desk, officer: Principal, key: str | None
) -> Response:
    address = await store.find_address(desk.pool, dossier_code)
    if address is None or not officer.serves(address[1]):
        raise ProblemError("application-not-found", 404)
    application, route = address[0], f"POST {request.url.path}"
    named = idempotency(officer, route, key, await request.body())
    cause = name_id(str(officer.subject), route, key) if key else uuid4()
    outcome = await desk.submit(Command(application, body, cause, partial(_standing, application), named))
    return json_reply(outcome.reply)


def _standing(application: UUID, state: Application, _events: Sequence[Event]) -> bytes:
    return views.Standing.of(application, state).model_dump_json(exclude_none=True).encode()
