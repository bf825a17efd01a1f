"""Notification over HTTP: why was this person told, or not told?"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone, AtDesk, owns
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_contracts import Failure, Language, Medium, Topic
from motcua_notification import store
from motcua_notification.explanations import explain
from motcua_notification.rules import RULES, Rule
from motcua_notification.store import NoticeRow

router = APIRouter(tags=["notifications"])

SENTENCES: Sentences = {
    "notifications-not-found": (
        "Chưa có thông báo nào về hồ sơ này.",
        "There are no notifications about this application.",
    ),
}


class NoticeState(StrEnum):
    """Where one message stands."""

    NOTHING_TO_TELL = "nothing-to-tell"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class NoticeView(BaseModel):
    """One thing a person may be told: event -> rule -> template -> outcome -> reason."""

    topic: Topic
    state: NoticeState
    event: str = Field(description="CloudEvents type", examples=["vn.motcua.payment.requested.v1"])
    because: UUID | None = Field(default=None, description="Id of the event that gave rise to the message")
    rule: str = Field(examples=["payment.requested/email"])
    medium: Medium
    template: str | None = Field(default=None, examples=["payment-requested.v1"])
    language: Language | None = None
    requested_at: datetime | None = None
    ended_at: datetime | None = None
    reason: Failure | None = Field(default=None, description="Why it failed")
    reference: str | None = Field(
        default=None, description="Message-ID", examples=["<01a12dbb-3252-791f-8a9e-60d2d938cb0d@motcua.vn>"]
    )
    explanation_vi: str = Field(examples=["Hồ sơ này chưa có sự kiện ... nên chưa có gì để thông báo."])
    explanation_en: str = Field(examples=["The event ... has not happened to this application, so ..."])


class NotificationsView(BaseModel):
    """Everything the applicant of one application was told, or not."""

    application_id: UUID
    dossier_code: str = Field(examples=["H29.25.12-261122-0001"])
    notifications: list[NoticeView]


@router.get(
    "/applications/{application_id}/notifications",
    summary="Why was this person told, or not told?",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def notifications(application_id: UUID, desk: AtDesk, principal: Anyone) -> NotificationsView:
    """Each topic with its state; a citizen sees their own, an officer those of their agency."""
    rows = await store.notices_of(desk.pool, application_id)
    if not rows or not owns(principal, rows[0].applicant_id, rows[0].agency):
        raise ProblemError("notifications-not-found", 404)
    return NotificationsView(
        application_id=application_id, dossier_code=rows[0].dossier_code, notifications=_views(rows)
    )


def _views(rows: Sequence[NoticeRow]) -> list[NoticeView]:
    noticed = {row.topic: row for row in rows}
    return [_view(rule, noticed.get(rule.topic.value)) for rule in RULES]


def _view(rule: Rule, row: NoticeRow | None) -> NoticeView:
    view = NoticeView(
        topic=rule.topic,
        state=_state(row),
        event=rule.event.type,
        rule=rule.id,
        medium=rule.medium,
        explanation_vi=explain(rule, row, Language.VIETNAMESE),
        explanation_en=explain(rule, row, Language.ENGLISH),
    )
    if row is None:
        return view
    shown = ("because", "requested_at", "ended_at", "reference", "template")
    typed = {"language": Language(row.language), "reason": Failure(row.reason) if row.reason else None}
    return view.model_copy(update={name: getattr(row, name) for name in shown} | typed)


def _state(row: NoticeRow | None) -> NoticeState:
    if row is None:
        return NoticeState.NOTHING_TO_TELL
    return NoticeState.WAITING if row.outcome is None else NoticeState(row.outcome)
