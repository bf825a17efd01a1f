"""Identity over HTTP: the officers' review queue and its resolution, and how a check stands."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from motcua_chassis.http import AtDesk, Desk, Officer, idempotency, json_reply, owns, requires
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal, Role
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_contracts import Attributes, Dossier, Match, ReviewReason
from motcua_identity import store, wording
from motcua_identity.domain import NOTHING_CHECKED, Identity, Phase, ResolveReview

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
}

CitizenOrOfficer = Annotated[Principal, Depends(requires(Role.CITIZEN, Role.OFFICER))]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="Repeats under one key get the first answer."),
]
ApplicationId = Field(examples=["01a12dbb-321e-72fa-841f-117e7c8d821c"])
DossierCode = Field(examples=["H29.25.12-261122-0001"])


class CheckPhase(StrEnum):
    """`Phase` without the state nobody sees."""

    REQUESTED = Phase.REQUESTED.value
    IN_REVIEW = Phase.IN_REVIEW.value
    VERIFIED = Phase.VERIFIED.value
    REJECTED = Phase.REJECTED.value


class Told(BaseModel):
    """A sentence for people."""

    vi: str = Field(examples=["Thông tin chỉ khớp một phần; cán bộ cần xác minh."])
    en: str = Field(examples=["The data match only in part; an officer has to look."])


class Compared(BaseModel):
    """How one attribute compared with the registry, and how to say it."""

    match: Match = Field(examples=["mismatch"])
    vi: str = Field(examples=["Họ và tên không khớp với Cơ sở dữ liệu quốc gia về dân cư."])
    en: str = Field(examples=["The full name does not match the national population database."])


class Comparison(BaseModel):
    """Every attribute that is checked; never its value."""

    personal_number: Compared
    full_name: Compared
    date_of_birth: Compared


class CheckView(BaseModel):
    """How the check of one applicant stands."""

    application_id: UUID = ApplicationId
    dossier_code: str = DossierCode
    phase: CheckPhase = Field(examples=["in-review"])
    attributes: Comparison
    review: ReviewReason | None = Field(
        default=None, description="Why an officer had to look; stays after they have", examples=["partial-match"]
    )
    review_told: Told | None = None


class ReviewView(BaseModel):
    """One doubtful identity in the queue."""

    application_id: UUID = ApplicationId
    dossier_code: str = DossierCode
    agency: str = Field(examples=["H29.25.12"])
    since: datetime = Field(examples=["2026-11-22T01:30:06.480000Z"])
    reason: ReviewReason = Field(examples=["partial-match"])
    told: Told
    attributes: Comparison


class ReviewQueue(BaseModel):
    """The oldest doubts first."""

    items: list[ReviewView]


class Resolution(BaseModel):
    """The officer's word: is the applicant who they say they are?"""

    model_config = ConfigDict(extra="forbid")

    verified: StrictBool = Field(examples=[True])


class Resolved(BaseModel):
    """What the check became."""

    application_id: UUID = ApplicationId
    phase: CheckPhase = Field(examples=["verified"])


@router.get("/reviews", summary="Doubtful identities that wait for an officer", responses=documented())
async def review_queue(desk: AtDesk, officer: Officer, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> ReviewQueue:
    """Those of the officer's agency and of the agencies below it; resolved ones leave the queue."""
    reviews = await store.waiting(desk.pool, officer.agency or "", limit)
    return ReviewQueue(items=[_review_view(review) for review in reviews])


@router.post(
    "/reviews/{application_id}/resolve",
    summary="Settle a doubtful identity",
    response_model=Resolved,
    responses=documented(404, 409),
)
async def resolve(
    application_id: UUID, resolution: Resolution, desk: AtDesk, officer: Officer, key: IdempotencyKey = None
) -> Response:
    """Verifies or rejects in the officer's name. Only while in review, else 409; a verdict is final."""
    await _check(desk, officer, application_id)
    body = ResolveReview(officer.subject, resolution.verified)
    command = Command(
        application_id,
        body,
        cause=name_id("resolve-review", str(application_id), str(officer.subject)),
        reply=lambda state, _events: _resolved(application_id, state),
        idempotency=idempotency(
            officer, f"POST /reviews/{application_id}/resolve", key, resolution.model_dump_json().encode()
        ),
    )
    return json_reply((await desk.submit(command)).reply)


@router.get(
    "/checks/{application_id}",
    summary="How an identity check stands",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def check(application_id: UUID, desk: AtDesk, principal: CitizenOrOfficer) -> CheckView:
    """Phase and comparison, in words; a citizen sees their own, an officer those of their agency."""
    dossier, state = await _check(desk, principal, application_id)
    return CheckView(
        application_id=application_id,
        dossier_code=dossier.code,
        phase=CheckPhase(state.phase),
        attributes=_comparison(state.attributes or NOTHING_CHECKED),
        review=state.review,
        review_told=_told(state.review) if state.review else None,
    )


async def _check(desk: Desk, principal: Principal, application_id: UUID) -> tuple[Dossier, Identity]:
    """A check this principal may see; one of others is as good as absent."""
    state = await store.find(desk.pool, application_id)
    if state is None or state.request is None:
        raise ProblemError("check-not-found", 404)
    dossier = state.request.dossier
    if not owns(principal, dossier.applicant_id, dossier.agency):
        raise ProblemError("check-not-found", 404)
    return dossier, state


def _resolved(application_id: UUID, state: Identity) -> bytes:
    return Resolved(application_id=application_id, phase=CheckPhase(state.phase)).model_dump_json().encode()


def _review_view(review: store.Review) -> ReviewView:
    reason = ReviewReason(review.reason)
    return ReviewView(
        application_id=review.application_id,
        dossier_code=review.dossier_code,
        agency=review.agency,
        since=review.since,
        reason=reason,
        told=_told(reason),
        attributes=_comparison(review.attributes),
    )


def _told(reason: ReviewReason) -> Told:
    return Told(**wording.REVIEWS[reason]._asdict())


def _comparison(attributes: Attributes) -> Comparison:
    def of(attribute: str, match: Match) -> Compared:
        return Compared(match=match, **wording.compared(attribute, match)._asdict())

    return Comparison(**{name: of(name, match) for name, match in attributes})
