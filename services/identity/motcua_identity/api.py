"""Identity over HTTP: the officers' review queue and its verdicts, and how a check stands."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from motcua_chassis.aggregates import Aggregate
from motcua_chassis.http import (
    AtDesk,
    CitizenOrOfficer,
    Desk,
    Officer,
    OptionalKey,
    cause_of,
    idempotency,
    json_reply,
    owns,
)
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_contracts import Dossier, Event
from motcua_identity import store
from motcua_identity.domain import Identity, ResolveReview
from motcua_identity.review_rules import ReviewRules
from motcua_identity.views import CheckView, ReviewQueue, ReviewView, Ruled, Ruling

router = APIRouter(tags=["identity"])

SENTENCES: Sentences = {
    "check-not-found": (
        "Chưa có yêu cầu xác minh danh tính cho hồ sơ này.",
        "No identity check is known for this application.",
    ),
    "not-in-review": (
        "Hồ sơ này không chờ cán bộ xác minh danh tính.",
        "This application is not waiting for an identity review.",
    ),
    "application-withdrawn": (
        "Hồ sơ này đã được rút, không cần xác minh danh tính nữa.",
        "This application was withdrawn; its applicant need not be verified any more.",
    ),
    "filer-may-not-review": (
        "Bạn đã nộp hồ sơ này thay công dân; cần một cán bộ khác xác minh danh tính.",
        "You filed this application for the citizen; another officer has to review the identity.",
    ),
    "second-officer-needed": (
        "Bạn đã xem xét hồ sơ này; cần một cán bộ khác xác nhận.",
        "You have looked at this application; another officer has to confirm.",
    ),
}


async def review_rules(request: Request) -> ReviewRules:
    """The rules the running service decides by."""
    found: ReviewRules = request.app.state.service
    return found


Rules = Annotated[ReviewRules, Depends(review_rules)]


@router.get("/reviews", summary="Doubtful identities that wait for an officer", responses=documented())
async def review_queue(
    desk: AtDesk, officer: Officer, rules: Rules, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> ReviewQueue:
    """Those of the officer's agency and of the agencies below it, oldest first; what is settled leaves the queue."""
    reviews = await store.waiting(desk.pool, officer.agency or "", limit)
    return ReviewQueue(items=[ReviewView.of(review, officer.subject, rules) for review in reviews])


@router.post(
    "/reviews/{application_id}",
    summary="Say what a review found",
    response_model=Ruled,
    responses=documented(400, 404, 409),
)
async def resolve(
    application_id: UUID, ruling: Ruling, desk: AtDesk, officer: Officer, key: OptionalKey = None
) -> Response:
    """Verifies or rejects in the officer's name; where a rule demands four eyes, when a second officer agrees.

    409 `not-in-review` where there is nothing to settle, `application-withdrawn` after a withdrawal,
    `second-officer-needed` where this officer's own finding waits to be confirmed.
    """
    await _check(desk, officer, application_id)
    route = f"POST /reviews/{application_id}"
    command = Command(
        application_id,
        ResolveReview(officer.subject, ruling.verdict),
        cause=cause_of(officer, route, key),
        reply=partial(_ruled, application_id),
        idempotency=idempotency(officer, route, key, ruling.model_dump_json().encode()),
    )
    return json_reply((await desk.submit(command)).reply)


@router.get(
    "/checks/{application_id}",
    summary="How an identity check stands",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def check(application_id: UUID, desk: AtDesk, principal: CitizenOrOfficer) -> CheckView:
    """Its version, phase and comparison, in words; a citizen sees their own, an officer those of their agency."""
    found, dossier = await _check(desk, principal, application_id)
    return CheckView.of(found, dossier)


async def _check(desk: Desk, principal: Principal, application_id: UUID) -> tuple[Aggregate[Identity], Dossier]:
    """A check this principal may see; one of others is as good as absent."""
    found = await store.find(desk.pool, application_id)
    dossier = None if found is None else found.state.dossier
    if found is None or dossier is None:
        raise ProblemError("check-not-found", 404)
    if not owns(principal, dossier.applicant_id, dossier.agency, dossier.representative):
        raise ProblemError("check-not-found", 404)
    return found, dossier


def _ruled(application_id: UUID, state: Identity, _events: list[Event]) -> bytes:
    return Ruled.of(application_id, state).model_dump_json().encode()
