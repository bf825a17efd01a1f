"""How a deadline is shown to citizen and officer: every day with its reason in words, and what moved the date."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from pydantic import BaseModel, Field

from motcua_chassis.reference_data import Name
from motcua_chassis.vietnam import VIETNAM, LocalTime
from motcua_intake.deadline import Day, Deadline, Limit, Reason, deadline, moved_days
from motcua_intake.reference import Procedure
from motcua_intake.sources import Citation
from motcua_intake.working_calendar import WorkingCalendar

REASONS: Mapping[Reason, Name] = {
    Reason.WORKING_DAY: Name(vi="Ngày làm việc", en="Working day"),
    Reason.COMPENSATORY_DAY: Name(vi="Ngày làm bù, có tính", en="Worked to make up for a day off; counts"),
    Reason.WEEKEND: Name(vi="Cuối tuần, không tính", en="Weekend; does not count"),
    Reason.HOLIDAY: Name(vi="Ngày nghỉ lễ, không tính", en="Public holiday; does not count"),
    Reason.SWAPPED_DAY_OFF: Name(vi="Nghỉ hoán đổi, không tính", en="Day off, worked on another; does not count"),
    Reason.ACCEPTED: Name(vi="Ngày tiếp nhận, không tính", en="Day of acceptance; does not count"),
    Reason.ACCEPTED_LATE: Name(
        vi="Tiếp nhận sau 15 giờ, trả kết quả vào ngày làm việc tiếp theo",
        en="Accepted after 15:00; due on the next working day",
    ),
    Reason.SAME_DAY: Name(vi="Trả kết quả trong ngày", en="Due within this day"),
    Reason.PAUSED: Name(vi="Tạm dừng cả ngày, không tính", en="Paused all day; does not count"),
    Reason.PAUSED_IN_PART: Name(
        vi="Tạm dừng một phần ngày, vẫn tính là ngày làm việc", en="Paused for part of the day; still counts"
    ),
    Reason.PAUSED_AT_CLOSE: Name(
        vi="Đang tạm dừng khi hết giờ làm việc, thời hạn không kết thúc vào ngày này",
        en="Paused when the office closed; the limit cannot end on this day",
    ),
    Reason.OVERDUE: Name(
        vi="Đã quá hạn trước khi được gia hạn, không tính", en="Overdue before it was extended; does not count"
    ),
}
"""Each reason in words; the name of a holiday follows where there is one."""


class NoticeView(BaseModel):
    """The paper that makes a day what it is."""

    number: str = Field(examples=["9441/TB-BNV"])
    title: Name


class DayView(BaseModel):
    """A calendar day of the reckoning."""

    date: date
    counts: bool
    number: int | None = Field(default=None, description="Its place among the days that count, from 1", examples=[1])
    extension: bool = Field(default=False, description="Whether it counts towards the extension")
    due: bool = Field(default=False, description="Whether the result is due at its close of office")
    reason: Reason
    words: Name
    notice: NoticeView | None = None


class PauseView(BaseModel):
    """A time in which the limit stood still."""

    since: LocalTime
    until: LocalTime | None = Field(default=None, description="Absent while it stands still")


class DeadlineView(BaseModel):
    """A due date that explains itself."""

    accepted_at: LocalTime = Field(
        description="From when it counts: acceptance, or for the same day receipt where that date was still ahead"
    )
    due_at: LocalTime | None = Field(default=None, description="Absent while the limit stands still")
    first_due_at: LocalTime = Field(description="What it was before pauses and extension")
    working_days: int = Field(description="The limit without its extension; 0 means the same day", examples=[7])
    extension_days: int = Field(description="Working days added by the extension", examples=[0])
    paused_days: int = Field(description="Working days by which pauses moved it; 0 while one is open", examples=[3])
    remaining_days: int = Field(description="Working days still to count once the open pause ends", examples=[0])
    pauses: list[PauseView]
    days: list[DayView] = Field(description="Every calendar day from acceptance to the due day")
    summary: Name = Field(
        examples=[
            {
                "vi": "Hạn trả kết quả dời từ 18/11/2026 sang 23/11/2026 vì tạm dừng 3 ngày làm việc.",
                "en": "The due date moved from 18/11/2026 to 23/11/2026: paused for 3 working days.",
            }
        ]
    )
    limit_citation: Citation | None = None
    pause_citation: Citation | None = None
    extension_citation: Citation | None = None


def itemised(limit: Limit, calendar: WorkingCalendar, procedure: Procedure | None = None) -> DeadlineView:
    """The reckoning with every day; with the procedure also what the limit, its pauses and its extension rest on."""
    found = deadline(limit, calendar)
    unpaused = deadline(replace(limit, pauses=()), calendar)
    first = deadline(Limit(limit.accepted_at, limit.working_days), calendar)
    assert first.due_at is not None  # noqa: S101  # without a pause there always is one
    paused = moved_days(unpaused, found, calendar)
    return DeadlineView(
        accepted_at=limit.accepted_at,
        due_at=found.due_at,
        first_due_at=first.due_at,
        working_days=limit.working_days,
        extension_days=limit.extension_days,
        paused_days=paused,
        remaining_days=_left(limit, found),
        pauses=[PauseView(since=pause.since, until=pause.until) for pause in limit.pauses],
        days=_days(found),
        summary=_summary(limit, first.due_at, found, paused),
        limit_citation=procedure.citation if procedure else None,
        pause_citation=procedure.supplements.citation if procedure and limit.pauses else None,
        extension_citation=procedure.extension.citation if procedure and limit.extension_days else None,
    )


def _days(found: Deadline) -> list[DayView]:
    due = found.due_at.date() if found.due_at else None
    return [_day(day, due=day.date == due) for day in found.days]


def _day(day: Day, *, due: bool) -> DayView:
    said = REASONS[day.reason]
    words = Name(vi=f"{said.vi}: {day.name.vi}", en=f"{said.en}: {day.name.en}") if day.name else said
    notice = NoticeView(number=day.notice.number, title=day.notice.title) if day.notice else None
    return DayView(
        date=day.date,
        counts=day.number is not None,
        number=day.number,
        extension=day.extension,
        due=due,
        reason=day.reason,
        words=words,
        notice=notice,
    )


def _summary(limit: Limit, first: datetime, found: Deadline, paused: int) -> Name:
    if found.due_at is None:
        return _standing_still(limit, found)
    if found.due_at == first:
        return _unmoved(limit, found.due_at)
    causes = [_paused(paused)] if paused else []
    causes += [_extended(limit)] if limit.extension_days else []
    vi, en = " và ".join(cause.vi for cause in causes), " and ".join(cause.en for cause in causes)
    was, now = f"{first:%d/%m/%Y}", f"{found.due_at:%d/%m/%Y}"
    return Name(
        vi=f"Hạn trả kết quả dời từ {was} sang {now} vì {vi}.", en=f"The due date moved from {was} to {now}: {en}."
    )


def _standing_still(limit: Limit, found: Deadline) -> Name:
    since = min(pause.since for pause in limit.pauses if pause.until is None).astimezone(VIETNAM)
    left = _left(limit, found)
    return Name(
        vi=f"Thời hạn tạm dừng từ {since:%H:%M} ngày {since:%d/%m/%Y} để chờ bổ sung; "
        f"còn {left} ngày làm việc khi hồ sơ được bổ sung đủ.",
        en=f"Paused since {since:%d/%m/%Y} at {since:%H:%M}, waiting for the supplement; "
        f"{_working_days(left)} left once it is complete.",
    )


def _left(limit: Limit, found: Deadline) -> int:
    """Working days to come; the one day of a same-day procedure, which has no number, is one of them."""
    unnumbered = not limit.working_days and all(day.reason is not Reason.SAME_DAY for day in found.days)
    return found.remaining + unnumbered


def _unmoved(limit: Limit, due_at: datetime) -> Name:
    vi = f"Hạn trả kết quả: {due_at:%H:%M} ngày {due_at:%d/%m/%Y}"
    en = f"Due {due_at:%d/%m/%Y} at {due_at:%H:%M}"
    if not any(pause.since < due_at for pause in limit.pauses):
        return Name(vi=f"{vi}.", en=f"{en}.")
    return Name(
        vi=f"{vi}; không dời vì chưa tạm dừng trọn một ngày làm việc.",
        en=f"{en}; not moved, as no whole working day was paused.",
    )


def _paused(days: int) -> Name:
    return Name(vi=f"tạm dừng {days} ngày làm việc", en=f"paused for {_working_days(days)}")


def _extended(limit: Limit) -> Name:
    days, since_vi, since_en = limit.extension_days, "", ""
    if limit.extended_at is not None:
        granted = f"{limit.extended_at.astimezone(VIETNAM):%d/%m/%Y}"
        since_vi, since_en = f" kể từ {granted}", f" from {granted}"
    return Name(vi=f"gia hạn {days} ngày làm việc{since_vi}", en=f"extended by {_working_days(days)}{since_en}")


def _working_days(days: int) -> str:
    return f"{days} working day{'' if days == 1 else 's'}"
