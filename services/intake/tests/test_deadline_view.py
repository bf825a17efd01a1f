"""What citizen and officer read about a due date."""

from datetime import date, datetime

import pytest
from pydantic import TypeAdapter

from motcua_chassis.vietnam import VIETNAM
from motcua_intake.deadline import Limit, Pause, Reason
from motcua_intake.deadline_view import REASONS, DeadlineView, itemised
from motcua_intake.reference import load_procedures
from motcua_intake.working_calendar import load_calendar

CALENDAR = load_calendar()


def at(moment: str) -> datetime:
    return datetime.fromisoformat(f"2026-{moment}").replace(tzinfo=VIETNAM)


def shown(
    days: int, accepted: str, *spans: tuple[str, str | None], extension: int = 0, extended: str | None = None
) -> DeadlineView:
    pauses = tuple(Pause(at(since), at(until) if until else None) for since, until in spans)
    granted = at(extended) if extended else None
    return itemised(Limit(at(accepted), days, pauses, extension, granted), CALENDAR)


WEDNESDAY_TO_MONDAY = ("11-11T10:00", "11-17T09:00")


@pytest.mark.parametrize(
    ("view", "vi", "en"),
    [
        (
            shown(7, "11-09T08:00"),
            "Hạn trả kết quả: 17:00 ngày 18/11/2026.",
            "Due 18/11/2026 at 17:00.",
        ),
        (
            shown(7, "11-09T08:00", WEDNESDAY_TO_MONDAY),
            "Hạn trả kết quả dời từ 18/11/2026 sang 23/11/2026 vì tạm dừng 3 ngày làm việc.",
            "The due date moved from 18/11/2026 to 23/11/2026: paused for 3 working days.",
        ),
        (
            shown(7, "11-09T08:00", WEDNESDAY_TO_MONDAY, extension=1),
            "Hạn trả kết quả dời từ 18/11/2026 sang 25/11/2026 vì tạm dừng 3 ngày làm việc và gia hạn 1 ngày làm việc.",
            (
                "The due date moved from 18/11/2026 to 25/11/2026: "
                "paused for 3 working days and extended by 1 working day."
            ),
        ),
        (
            shown(7, "11-09T08:00", extension=2),
            "Hạn trả kết quả dời từ 18/11/2026 sang 20/11/2026 vì gia hạn 2 ngày làm việc.",
            "The due date moved from 18/11/2026 to 20/11/2026: extended by 2 working days.",
        ),
        (
            shown(7, "11-09T08:00", extension=2, extended="11-25T09:00"),
            "Hạn trả kết quả dời từ 18/11/2026 sang 27/11/2026 vì gia hạn 2 ngày làm việc kể từ 25/11/2026.",
            "The due date moved from 18/11/2026 to 27/11/2026: extended by 2 working days from 25/11/2026.",
        ),
        (
            shown(7, "11-09T08:00", ("11-10T08:00", "11-10T16:00")),
            "Hạn trả kết quả: 17:00 ngày 18/11/2026; không dời vì chưa tạm dừng trọn một ngày làm việc.",
            "Due 18/11/2026 at 17:00; not moved, as no whole working day was paused.",
        ),
        (
            shown(7, "11-09T08:00", ("11-19T08:00", "11-20T16:00")),
            "Hạn trả kết quả: 17:00 ngày 18/11/2026.",
            "Due 18/11/2026 at 17:00.",
        ),
        (
            shown(7, "11-09T08:00", ("11-11T10:00", None)),
            "Thời hạn tạm dừng từ 10:00 ngày 11/11/2026 để chờ bổ sung; còn 5 ngày làm việc khi hồ sơ được bổ sung đủ.",
            "Paused since 11/11/2026 at 10:00, waiting for the supplement; 5 working days left once it is complete.",
        ),
        (
            shown(0, "11-09T08:00", ("11-09T10:00", None)),
            "Thời hạn tạm dừng từ 10:00 ngày 09/11/2026 để chờ bổ sung; còn 1 ngày làm việc khi hồ sơ được bổ sung đủ.",
            "Paused since 09/11/2026 at 10:00, waiting for the supplement; 1 working day left once it is complete.",
        ),
    ],
)
def test_the_summary_says_what_moved_the_date(view: DeadlineView, vi: str, en: str) -> None:
    assert (view.summary.vi, view.summary.en) == (vi, en)


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(REASONS) == set(Reason)
    assert all(words.vi and words.en for words in REASONS.values())


def test_each_day_stands_with_its_number_its_words_and_its_notice() -> None:
    days = {day.date: day for day in shown(3, "11-20T08:00").days}
    assert [(day.day, shown_.number, shown_.counts, shown_.due) for day, shown_ in days.items()] == [
        (20, None, False, False),
        (21, None, False, False),
        (22, None, False, False),
        (23, 1, True, False),
        (24, None, False, False),
        (25, 2, True, False),
        (26, 3, True, True),
    ]
    holiday = days[date(2026, 11, 24)]
    assert holiday.words.vi == "Ngày nghỉ lễ, không tính: Ngày Văn hóa Việt Nam"
    assert holiday.words.en == "Public holiday; does not count: Vietnam Culture Day"
    assert holiday.notice is not None
    assert holiday.notice.number == "28/2026/QH16"


def test_a_pause_still_open_has_no_due_date_and_tells_what_is_left() -> None:
    view = shown(7, "11-09T08:00", ("11-11T10:00", None))
    assert view.due_at is None
    assert not any(day.due for day in view.days)
    assert (view.remaining_days, view.paused_days) == (5, 0)
    assert view.first_due_at == at("11-18T17:00")


def test_what_the_parts_rest_on_is_cited_where_they_play_a_part() -> None:
    residence = load_procedures().find("1.004222", date(2026, 11, 9))
    plain = Limit(at("11-09T08:00"), 7)
    moved = Limit(at("11-09T08:00"), 7, (Pause(at("11-11T10:00"), at("11-12T10:00")),), 2)
    cited = itemised(moved, CALENDAR, residence)
    acts = [found and found.act for found in (cited.limit_citation, cited.pause_citation, cited.extension_citation)]
    assert acts == ["68/2020/QH14", "118/2025/NĐ-CP", "118/2025/NĐ-CP"]
    assert itemised(plain, CALENDAR, residence).pause_citation is None


def test_the_view_survives_its_own_json() -> None:
    view = shown(7, "11-09T08:00", WEDNESDAY_TO_MONDAY, extension=1)
    assert TypeAdapter(DeadlineView).validate_json(view.model_dump_json(exclude_none=True)) == view
    assert '"due_at":"2026-11-25T17:00:00+07:00"' in view.model_dump_json()
