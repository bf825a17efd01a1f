"""Intake for officers: the queue of their agency, and the steps an officer takes with an application."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from motcua_chassis.http import AtDesk, Officer
from motcua_chassis.problems import documented
from motcua_contracts import Status, SupplementItem
from motcua_intake import notes, store, views
from motcua_intake.access import ByCode, to_serve
from motcua_intake.catalogue import catalogue
from motcua_intake.citizens import OptionalKey, step
from motcua_intake.commands import (
    AcceptApplication,
    DecideApplication,
    DeclineApplication,
    ExtendAppointment,
    RequestSupplement,
    ReturnResult,
    StartProcessing,
)
from motcua_intake.officer_forms import (
    Acceptance,
    DecisionForm,
    DeclineForm,
    ExtensionForm,
    ReturnForm,
    Start,
    SupplementRequestForm,
)

router = APIRouter(prefix="/officer", tags=["officers"])

_STEP: dict[str, Any] = {
    "response_model": views.Standing,
    "response_model_exclude_none": True,
    "responses": documented(404, 409),
}


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


@router.post("/applications/{dossier_code}/accept", summary="Take an application in and give the appointment", **_STEP)
async def accept(
    dossier_code: ByCode,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
    _form: Acceptance | None = None,
) -> Response:
    """From `fee-settled` to `accepted`; the appointment follows the procedure's time limit and the calendar."""
    address = await to_serve(desk.pool, dossier_code, officer)
    return await step(AcceptApplication(officer.subject), address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/decline", summary="Do not take an application in", **_STEP)
async def decline(
    dossier_code: ByCode,
    form: DeclineForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `fee-settled` to `declined`, an end."""
    address = await to_serve(desk.pool, dossier_code, officer)
    words = notes.seal(request.app.state.service, address, form.words)
    command = DeclineApplication(officer.subject, form.ground, words)
    return await step(command, address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/supplement", summary="Mark what is missing or wrong", **_STEP)
async def request_supplement(
    dossier_code: ByCode,
    form: SupplementRequestForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `fee-settled`, `accepted` or `in-process` to `supplement-requested`; the time limit stands still."""
    address = await to_serve(desk.pool, dossier_code, officer)
    sealed = [notes.seal(request.app.state.service, address, mark.words) for mark in form.items]
    items = tuple(
        SupplementItem(item=mark.item, reason=mark.reason, note=words.id if words else None)
        for mark, words in zip(form.items, sealed, strict=True)
    )
    command = RequestSupplement(officer.subject, items, tuple(words for words in sealed if words))
    return await step(command, address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/start", summary="Begin to work on an application", **_STEP)
async def start(
    dossier_code: ByCode,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
    _form: Start | None = None,
) -> Response:
    """From `accepted` to `in-process`."""
    address = await to_serve(desk.pool, dossier_code, officer)
    return await step(StartProcessing(officer.subject), address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/extend", summary="Apologise and give a later appointment", **_STEP)
async def extend(
    dossier_code: ByCode,
    form: ExtensionForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """Once, while `accepted` or `in-process`, by no more working days than the procedure allows."""
    address = await to_serve(desk.pool, dossier_code, officer)
    words = notes.seal(request.app.state.service, address, form.words)
    command = ExtendAppointment(officer.subject, form.ground, form.working_days, words)
    return await step(command, address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/decide", summary="Grant or refuse", **_STEP)
async def decide(
    dossier_code: ByCode,
    form: DecisionForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `accepted` or `in-process` to `decided`."""
    address = await to_serve(desk.pool, dossier_code, officer)
    words = notes.seal(request.app.state.service, address, form.words)
    command = DecideApplication(officer.subject, form.outcome, form.ground, words)
    return await step(command, address.application_id, request, desk, officer, key)


@router.post("/applications/{dossier_code}/return", summary="Hand the result over", **_STEP)
async def return_result(
    dossier_code: ByCode,
    form: ReturnForm,
    request: Request,
    desk: AtDesk,
    officer: Officer,
    key: OptionalKey = None,
) -> Response:
    """From `decided` to `result-returned`, the end."""
    address = await to_serve(desk.pool, dossier_code, officer)
    command = ReturnResult(officer.subject, form.handover)
    return await step(command, address.application_id, request, desk, officer, key)
