"""Intake for officers: the queue of their agency, and the steps an officer takes with an application."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from motcua_chassis.http import AtDesk, Officer
from motcua_chassis.problems import documented
from motcua_contracts import Status, SupplementItem
from motcua_intake import store, views
from motcua_intake.catalogue import catalogue
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
from motcua_intake.order import AnOrder

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
async def accept(order: AnOrder, form: Acceptance | None = None) -> Response:
    """From `fee-settled` to `accepted`; the appointment follows the procedure's time limit and the calendar."""
    address = await order.address()
    received_at = await store.settled_at(order.desk.pool, address.application_id)
    verification = form is not None and form.verification
    return await order.submit(AcceptApplication(order.officer.subject, verification, received_at), address)


@router.post("/applications/{dossier_code}/decline", summary="Do not take an application in", **_STEP)
async def decline(order: AnOrder, form: DeclineForm) -> Response:
    """From `fee-settled` to `declined`, an end."""
    address = await order.address()
    words = order.seal(address, form.words)
    command = DeclineApplication(order.officer.subject, form.ground, words)
    return await order.submit(command, address)


@router.post("/applications/{dossier_code}/supplement", summary="Mark what is missing or wrong", **_STEP)
async def request_supplement(order: AnOrder, form: SupplementRequestForm) -> Response:
    """From `fee-settled`, `accepted` or `in-process` to `supplement-requested`; the time limit stands still."""
    address = await order.address()
    sealed = [order.seal(address, mark.words) for mark in form.items]
    items = tuple(
        SupplementItem(item=mark.item, reason=mark.reason, note=words.id if words else None)
        for mark, words in zip(form.items, sealed, strict=True)
    )
    command = RequestSupplement(order.officer.subject, items, tuple(words for words in sealed if words))
    return await order.submit(command, address)


@router.post("/applications/{dossier_code}/start", summary="Begin to work on an application", **_STEP)
async def start(order: AnOrder, _form: Start | None = None) -> Response:
    """From `accepted` to `in-process`."""
    return await order.submit(StartProcessing(order.officer.subject), await order.address())


@router.post("/applications/{dossier_code}/extend", summary="Apologise and give a later appointment", **_STEP)
async def extend(order: AnOrder, form: ExtensionForm) -> Response:
    """Once, while `accepted` or `in-process`, by no more working days than the procedure allows."""
    address = await order.address()
    words = order.seal(address, form.words)
    command = ExtendAppointment(order.officer.subject, form.ground, form.working_days, words)
    return await order.submit(command, address)


@router.post("/applications/{dossier_code}/decide", summary="Grant or refuse", **_STEP)
async def decide(order: AnOrder, form: DecisionForm) -> Response:
    """From `accepted` or `in-process` to `decided`."""
    address = await order.address()
    words = order.seal(address, form.words)
    command = DecideApplication(order.officer.subject, form.outcome, form.ground, words)
    return await order.submit(command, address)


@router.post("/applications/{dossier_code}/return", summary="Hand the result over", **_STEP)
async def return_result(order: AnOrder, form: ReturnForm) -> Response:
    """From `decided` to `result-returned`, the end."""
    return await order.submit(ReturnResult(order.officer.subject, form.handover), await order.address())
