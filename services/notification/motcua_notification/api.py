"""Notification over HTTP: why was this person told, or not told? And: send it again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone, AtDesk, Desk, Key, Officer, idempotency, json_reply, owns
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_chassis.vietnam import today
from motcua_contracts import Medium, Topic
from motcua_notification import attempts, store
from motcua_notification.domain import Notices, ResendNotification
from motcua_notification.rules import RULES
from motcua_notification.views import NotificationsView, notices

router = APIRouter(tags=["notifications"])

SENTENCES: Sentences = {
    "notifications-not-found": (
        "Chưa có thông báo nào về hồ sơ này.",
        "There are no notifications about this application.",
    ),
    "notice-not-found": (
        "Hồ sơ này không có thông báo như vậy.",
        "This application has no such notification.",
    ),
    "notice-waiting": (
        "Thông báo này đang chờ gửi; chưa cần gửi lại.",
        "This notification is still waiting to be sent; there is nothing to repeat yet.",
    ),
    "notice-sent": (
        "Thông báo này đã được gửi; không gửi lại để tránh báo hai lần.",
        "This notification was sent; it is not sent again, so that nobody is told twice.",
    ),
    "applicant-erased": (
        "Dữ liệu cá nhân của người nộp đã được xóa; không còn ai để gửi.",
        "The applicant's personal data has been erased; there is nobody left to tell.",
    ),
}

ApplicationId = Annotated[UUID, Path(examples=["01a12dbb-321e-72fa-841f-117e7c8d821c"])]
Number = Annotated[int, Path(ge=1, le=10_000, description="Which occasion of the topic", examples=[1])]


class Ordered(BaseModel):
    """The message that will be sent."""

    topic: Topic = Field(examples=["decided"])
    number: int = Field(examples=[1])
    attempt: int = Field(description="2 for the first order", examples=[2])
    medium: Medium = Field(examples=["email"])


@router.get(
    "/applications/{application_id}/notifications",
    summary="Why was this person told, or not told?",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def notifications(application_id: ApplicationId, desk: AtDesk, principal: Anyone) -> NotificationsView:
    """Event, rule, template, each medium with its calls, and the reason, in words.

    A citizen sees their own and what they filed for somebody else, an officer those of their agency.
    """
    rows = await _rows(desk, principal, application_id)
    calls = await attempts.attempts_of(desk.pool, application_id)
    return NotificationsView(
        application_id=application_id,
        dossier_code=rows[0].dossier_code,
        notifications=notices(RULES, rows, calls, today()),
    )


@router.post(
    "/applications/{application_id}/notifications/{topic}/{number}/resend",
    summary="Send again what failed, or what nobody knows the fate of",
    status_code=202,
    response_model=Ordered,
    responses=documented(404, 409),
)
async def resend(
    application_id: ApplicationId, topic: Topic, number: Number, desk: AtDesk, officer: Officer, key: Key
) -> Response:
    """In the officer's name, once for each order. What was sent, or still waits, is refused with 409."""
    await _rows(desk, officer, application_id)
    place = f"/applications/{application_id}/notifications/{topic.value}/{number}/resend"
    command = Command(
        application_id,
        ResendNotification(topic, number, officer.subject),
        cause=name_id("resend-notification", place, str(officer.subject), key),
        reply=lambda state, _events: _ordered(state, topic, number),
        idempotency=idempotency(officer, f"POST {place}", key, b""),
    )
    return json_reply((await desk.submit(command)).reply, 202)


async def _rows(desk: Desk, principal: Principal, application_id: UUID) -> list[store.NoticeRow]:
    """The messages about an application this principal may see; one of others is as good as absent."""
    rows = await store.notices_of(desk.pool, application_id)
    if not rows or not _may_see(principal, rows[0]):
        raise ProblemError("notifications-not-found", 404)
    return rows


def _may_see(principal: Principal, row: store.NoticeRow) -> bool:
    return owns(principal, row.applicant_id, row.agency, row.filed_by)


def _ordered(state: Notices, topic: Topic, number: int) -> bytes:
    request = state.request(topic, number)
    ordered = Ordered(topic=topic, number=number, attempt=request.attempt, medium=request.medium)
    return ordered.model_dump_json().encode()
