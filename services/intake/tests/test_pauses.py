"""Pauses and extensions against dates worked out by hand; each case says in words why."""

from datetime import date, datetime

import pytest

from motcua_chassis.vietnam import VIETNAM
from motcua_intake.deadline import Deadline, Limit, Pause, Reason, deadline, moved_days
from motcua_intake.reference import load_procedures
from motcua_intake.working_calendar import load_calendar

CALENDAR = load_calendar()


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=VIETNAM)


def pause(span: str) -> Pause:
    """`since..until` without year 2026; an open pause has nothing after the dots."""
    since, until = span.split("..")
    return Pause(at(f"2026-{since}"), at(f"2026-{until}") if until else None)


def reckon(days: int, accepted: str, *spans: str, extension: int = 0) -> Deadline:
    return deadline(Limit(at(f"2026-{accepted}"), days, tuple(map(pause, spans)), extension), CALENDAR)


# November 2026: Monday 9 to Friday 13, Monday 16 to Friday 20, Monday 23; Tuesday 24 is a holiday.
WORKED = [
    # no pause
    ("accepted on Monday", 3, "11-09T08:00", (), 0, "11-12"),
    ("accepted on Saturday", 3, "11-14T09:00", (), 0, "11-18"),
    ("over Tết", 7, "02-11T09:00", (), 0, "02-27"),
    ("a compensatory Saturday counts", 3, "08-20T09:00", (), 0, "08-24"),
    ("same day after 15:00 on a compensatory Saturday", 0, "08-22T15:01", (), 0, "08-24"),
    # partial days are the citizen's
    ("paused within one day", 3, "11-09T08:00", ("11-10T09:00..11-10T16:00",), 0, "11-12"),
    ("two days in part", 3, "11-09T08:00", ("11-10T09:00..11-11T10:00",), 0, "11-12"),
    ("one whole day between two in part", 3, "11-09T08:00", ("11-10T09:00..11-12T10:00",), 0, "11-13"),
    ("from opening to opening", 3, "11-09T08:00", ("11-10T07:30..11-12T07:30",), 0, "11-16"),
    ("from close to close", 3, "11-09T08:00", ("11-09T17:00..11-10T17:00",), 0, "11-13"),
    ("from close to the next opening", 3, "11-09T08:00", ("11-10T17:00..11-11T07:30",), 0, "11-12"),
    ("over the lunch hours", 3, "11-09T08:00", ("11-10T11:30..11-10T13:30",), 0, "11-12"),
    # weekends and holidays inside a pause are not paused days
    ("from Friday to Monday", 3, "11-12T08:00", ("11-13T16:00..11-16T09:00",), 0, "11-17"),
    ("from Friday to Tuesday", 3, "11-12T08:00", ("11-13T10:00..11-17T08:00",), 0, "11-18"),
    ("over Culture Day alone", 3, "11-20T08:00", ("11-23T15:00..11-25T09:00",), 0, "11-26"),
    ("over Tết and a working day", 7, "02-11T09:00", ("02-13T10:00..02-24T09:00",), 0, "03-02"),
    ("over 30/4 and 1/5, no whole day", 3, "04-28T08:00", ("04-29T08:00..05-04T16:30",), 0, "05-05"),
    ("over 30/4 and 1/5, with two whole days", 3, "04-28T08:00", ("04-28T16:00..05-04T17:00",), 0, "05-07"),
    ("on a compensatory Saturday", 3, "08-20T09:00", ("08-21T17:00..08-22T17:00",), 0, "08-25"),
    ("on the morning of a compensatory Saturday", 3, "08-20T09:00", ("08-22T08:00..08-22T12:00",), 0, "08-24"),
    ("accepted on Saturday, paused on Monday", 3, "11-14T09:00", ("11-15T09:00..11-16T17:00",), 0, "11-19"),
    # the last day
    ("paused at the close of the last day", 3, "11-09T08:00", ("11-12T10:00..11-16T09:00",), 0, "11-16"),
    ("a minute before the last close, until evening", 3, "11-09T08:00", ("11-12T16:59..11-12T19:00",), 0, "11-13"),
    ("answered a minute before the last close", 3, "11-09T08:00", ("11-12T10:00..11-12T16:59",), 0, "11-12"),
    # several pauses, and pauses that do not matter
    ("two pauses", 3, "11-09T08:00", ("11-10T07:00..11-11T07:30", "11-12T17:00..11-16T07:30"), 0, "11-16"),
    (
        "the same, told backwards",
        3,
        "11-09T08:00",
        ("11-12T17:00..11-16T07:30", "11-10T07:00..11-11T07:30"),
        0,
        "11-16",
    ),
    ("before acceptance", 3, "11-09T08:00", ("11-06T08:00..11-09T07:59",), 0, "11-12"),
    ("after the due date: late stays late", 3, "11-09T08:00", ("11-13T08:00..11-17T08:00",), 0, "11-12"),
    ("open", 3, "11-09T08:00", ("11-11T10:00..",), 0, None),
    ("open since after the due date", 3, "11-09T08:00", ("11-12T17:00..",), 0, "11-12"),
    # extension
    ("extended", 3, "11-09T08:00", (), 2, "11-16"),
    ("extended over a holiday", 3, "11-17T08:00", (), 2, "11-25"),
    ("paused, then extended", 3, "11-09T08:00", ("11-10T09:00..11-12T10:00",), 2, "11-17"),
    ("extended, then paused", 3, "11-09T08:00", ("11-12T17:00..11-13T17:00",), 2, "11-17"),
    ("paused at the last close, extended by a day", 3, "11-09T08:00", ("11-12T10:00..11-16T09:00",), 1, "11-17"),
    (
        "supplemented twice and extended, as in the story of the contracts",
        10,
        "12-07T14:20:09",
        ("12-09T09:04:51..12-11T10:26:14", "12-16T10:41:05..12-21T09:37:48"),
        5,
        "12-31",
    ),
    # same-day procedures
    ("same day, answered in time", 0, "11-09T09:00", ("11-09T10:00..11-09T15:30",), 0, "11-09"),
    ("same day, answered two days later", 0, "11-09T09:00", ("11-09T10:00..11-11T10:00",), 0, "11-11"),
    ("same day, answered on Friday evening", 0, "11-13T09:00", ("11-13T14:00..11-13T18:00",), 0, "11-16"),
    ("same day, answered on a holiday", 0, "11-23T14:00", ("11-23T14:30..11-24T10:00",), 0, "11-25"),
    ("same day after 15:00, paused on the next", 0, "11-09T15:30", ("11-10T09:00..11-10T11:00",), 0, "11-10"),
    ("same day, extended", 0, "11-09T09:00", (), 1, "11-10"),
    ("same day, open", 0, "11-09T09:00", ("11-09T10:00..",), 0, None),
]


@pytest.mark.parametrize(
    ("days", "accepted", "spans", "extension", "due_on"),
    [case[1:] for case in WORKED],
    ids=[case[0] for case in WORKED],
)
def test_the_due_day_is_the_one_worked_out_by_hand(
    days: int, accepted: str, spans: tuple[str, ...], extension: int, due_on: str | None
) -> None:
    expected = at(f"2026-{due_on}T17:00") if due_on else None
    assert reckon(days, accepted, *spans, extension=extension).due_at == expected


def test_verification_days_of_a_marriage_pause_like_the_others() -> None:
    marriage = load_procedures().find("1.000894", date(2026, 11, 9))
    assert marriage is not None
    days = marriage.working_days + marriage.verification_days
    assert reckon(days, "11-09T09:00").due_at == at("2026-11-16T17:00")
    assert reckon(days, "11-09T09:00", "11-11T09:00..11-13T09:00").due_at == at("2026-11-17T17:00")


def test_every_day_says_why_it_counts_or_not() -> None:
    found = reckon(4, "11-19T08:00", "11-20T10:00..11-26T09:00", "11-27T15:00..11-30T09:00", extension=1)
    told = [(day.date.day, day.reason, day.number, day.extension) for day in found.days]
    assert told == [
        (19, Reason.ACCEPTED, None, False),
        (20, Reason.PAUSED_IN_PART, 1, False),
        (21, Reason.WEEKEND, None, False),
        (22, Reason.WEEKEND, None, False),
        (23, Reason.PAUSED, None, False),
        (24, Reason.HOLIDAY, None, False),
        (25, Reason.PAUSED, None, False),
        (26, Reason.PAUSED_IN_PART, 2, False),
        (27, Reason.PAUSED_IN_PART, 3, False),
        (28, Reason.WEEKEND, None, False),
        (29, Reason.WEEKEND, None, False),
        (30, Reason.PAUSED_IN_PART, 4, False),
        (1, Reason.WORKING_DAY, 5, True),
    ]


def test_days_that_notices_move_name_their_notice() -> None:
    days = {day.date: day for day in reckon(8, "08-20T09:00").days}
    made_up, swapped, holiday = (days[date(2026, *day)] for day in ((8, 22), (8, 31), (9, 2)))
    assert (made_up.reason, swapped.reason, holiday.reason) == (
        Reason.COMPENSATORY_DAY,
        Reason.SWAPPED_DAY_OFF,
        Reason.HOLIDAY,
    )
    assert made_up.notice is not None
    assert made_up.notice.number == "9441/TB-BNV"
    assert made_up.name is not None
    assert made_up.name.vi == "Làm bù cho ngày 31/08/2026"
    assert holiday.notice is not None
    assert holiday.notice.number == "45/2019/QH14"
    assert holiday.name is not None
    assert (holiday.name.vi, holiday.name.en) == ("Quốc khánh", "National Day")


def test_an_open_pause_tells_what_is_left() -> None:
    found = reckon(3, "11-09T08:00", "11-11T10:00..")
    assert [day.date.day for day in found.days] == [9, 10, 11]
    assert found.remaining == 1


def test_a_pause_tells_by_how_many_working_days_it_moved_the_date() -> None:
    first = reckon(3, "11-20T08:00")
    once = reckon(3, "11-20T08:00", "11-20T16:00..11-25T17:00")
    twice = reckon(3, "11-20T08:00", "11-20T16:00..11-25T17:00", "11-26T17:00..11-27T17:00")
    assert (moved_days(first, once, CALENDAR), moved_days(once, twice, CALENDAR)) == (2, 1)
    assert moved_days(first, twice, CALENDAR) == 3
    assert moved_days(first, reckon(3, "11-20T08:00", "11-23T08:00.."), CALENDAR) == 0


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        pause("11-11T10:00..11-11T09:59")


def test_a_pause_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        Pause(datetime(2026, 11, 9, 9), None)  # noqa: DTZ001
