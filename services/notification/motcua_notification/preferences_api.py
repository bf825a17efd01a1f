"""Preferences over HTTP: by which mediums a citizen does not want to be told."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from motcua_chassis.http import AtDesk, Citizen
from motcua_chassis.problems import documented
from motcua_contracts import Language, Medium
from motcua_notification import preferences
from motcua_notification.explanations import MEDIUMS

router = APIRouter(prefix="/preferences", tags=["preferences"])

Mediums = Annotated[list[Medium], Field(max_length=len(Medium), examples=[["sms", "zns"]])]


class Preferences(BaseModel):
    """What the citizen does not want; replaces what stood before."""

    model_config = ConfigDict(extra="forbid")

    not_by: Mediums


class PreferencesView(BaseModel):
    """What the citizen does not want, and what that means."""

    not_by: Mediums
    vi: str = Field(examples=["Không gửi tin bằng: tin nhắn SMS."])
    en: str = Field(examples=["No messages by: SMS."])


@router.get("", summary="By which mediums I do not want to be told", responses=documented())
async def preferences_of(desk: AtDesk, citizen: Citizen) -> PreferencesView:
    """The citizen's own; empty where they never said anything."""
    return _view(await preferences.opt_outs_of(desk.pool, citizen.subject))


@router.put("", summary="Say by which mediums I do not want to be told", responses=documented(400))
async def prefer(wish: Preferences, desk: AtDesk, citizen: Citizen) -> PreferencesView:
    """Holds for messages not sent yet, in all of the citizen's applications. What the law requires goes by e-mail."""
    await preferences.opt_out(desk.pool, citizen.subject, wish.not_by)
    return _view(await preferences.opt_outs_of(desk.pool, citizen.subject))


def _view(not_by: list[Medium]) -> PreferencesView:
    if not not_by:
        return PreferencesView(not_by=[], vi="Nhận tin bằng mọi cách đã đăng ký.", en="Messages by every medium given.")
    vi, en = (", ".join(MEDIUMS[medium][language] for medium in not_by) for language in Language)
    return PreferencesView(not_by=not_by, vi=_SENTENCES[0].format(vi), en=_SENTENCES[1].format(en))


_SENTENCES = (
    "Không gửi tin bằng: {}. Thông báo mà pháp luật yêu cầu vẫn được gửi qua thư điện tử.",
    "No messages by: {}. What the law requires is still sent by e-mail.",
)
