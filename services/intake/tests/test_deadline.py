"""When a result is due, against dates worked out by hand on the calendars of 2025 to 2027."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.vietnam import VIETNAM
from motcua_intake.deadline import Appointment, appointment
from motcua_intake.reference import Procedure, load_procedures
from motcua_intake.working_calendar import load_calendar

CALENDAR = load_calendar()
PROCEDURES = load_procedures()
CERTIFIED_COPY, BIRTH, MARRIAGE = "2.000815", "1.001193", "1.000894"
HOUSEHOLD_BUSINESS, LICENCE, RESIDENCE, CRIMINAL_RECORD = "1.001612", "3.000347", "1.004222", "3.000333"


def procedure(code: str) -> Procedure:
    found = PROCEDURES.find(code, date(2026, 11, 22))
    assert found is not None
    return found


def due(code: str, accepted: str, *, verification: bool = False) -> datetime:
    at = datetime.fromisoformat(accepted).replace(tzinfo=VIETNAM)
    return appointment(procedure(code), at, CALENDAR, verification=verification).due_at


@pytest.mark.parametrize(
    ("code", "accepted", "due_on"),
    [
        # an ordinary week: Monday 2026-11-09 to Friday 2026-11-13
        (CERTIFIED_COPY, "2026-11-09T08:00", "2026-11-09"),
        (CERTIFIED_COPY, "2026-11-09T05:10", "2026-11-09"),  # before the office opens
        (HOUSEHOLD_BUSINESS, "2026-11-09T08:00", "2026-11-12"),  # Tue, Wed, Thu
        (HOUSEHOLD_BUSINESS, "2026-11-09T16:59", "2026-11-12"),  # the hour of acceptance moves only same-day limits
        (HOUSEHOLD_BUSINESS, "2026-11-12T08:00", "2026-11-17"),  # Fri, Mon, Tue
        (LICENCE, "2026-11-09T09:00", "2026-11-16"),
        (RESIDENCE, "2026-11-09T09:00", "2026-11-18"),
        (CRIMINAL_RECORD, "2026-11-02T09:00", "2026-11-16"),
        # same-day procedures around 15:00
        (CERTIFIED_COPY, "2026-11-10T15:00:00", "2026-11-10"),
        (CERTIFIED_COPY, "2026-11-10T15:00:01", "2026-11-11"),
        (BIRTH, "2026-11-13T15:30", "2026-11-16"),  # Friday afternoon -> Monday
        # weekends
        (CERTIFIED_COPY, "2026-11-14T09:00", "2026-11-16"),  # Saturday -> Monday
        (CERTIFIED_COPY, "2026-11-15T23:59", "2026-11-16"),
        (HOUSEHOLD_BUSINESS, "2026-11-14T09:00", "2026-11-18"),  # Mon, Tue, Wed
        (HOUSEHOLD_BUSINESS, "2026-11-15T09:00", "2026-11-18"),
        # Vietnam Culture Day, Tuesday 2026-11-24
        (CERTIFIED_COPY, "2026-11-23T15:01", "2026-11-25"),
        (HOUSEHOLD_BUSINESS, "2026-11-22T10:00", "2026-11-26"),  # Mon 23, Wed 25, Thu 26
        # New Year 2026: Friday 2 January off, made up for on Saturday 10 January
        (CERTIFIED_COPY, "2025-12-31T16:00", "2026-01-05"),
        (HOUSEHOLD_BUSINESS, "2026-01-08T08:00", "2026-01-12"),  # Fri 9, Sat 10, Mon 12
        (CERTIFIED_COPY, "2026-01-10T10:00", "2026-01-10"),
        # Tết 2026: Monday 16 to Friday 20 February
        (CERTIFIED_COPY, "2026-02-13T15:01", "2026-02-23"),
        (CERTIFIED_COPY, "2026-02-17T09:00", "2026-02-23"),
        (HOUSEHOLD_BUSINESS, "2026-02-12T09:00", "2026-02-24"),  # Fri 13, Mon 23, Tue 24
        (RESIDENCE, "2026-02-11T09:00", "2026-02-27"),  # 12, 13, 23, 24, 25, 26, 27
        # Hùng Kings on Sunday 26 April, made up for on Monday; 30 April and 1 May are Thursday and Friday
        (CERTIFIED_COPY, "2026-04-24T15:30", "2026-04-28"),
        (HOUSEHOLD_BUSINESS, "2026-04-24T09:00", "2026-05-04"),  # Tue 28, Wed 29, Mon 4
        (CERTIFIED_COPY, "2026-04-29T15:01", "2026-05-04"),
        (LICENCE, "2026-04-29T08:00", "2026-05-08"),
        # 30 April 2025: Friday 2 May off, Saturday 26 April worked
        (CERTIFIED_COPY, "2025-04-26T09:00", "2025-04-26"),
        (HOUSEHOLD_BUSINESS, "2025-04-25T09:00", "2025-04-29"),  # Sat 26, Mon 28, Tue 29
        (CERTIFIED_COPY, "2025-04-29T15:01", "2025-05-05"),
        # National Day 2026: Monday 31 August swapped for Saturday 22 August, Tuesday and Wednesday off
        (CERTIFIED_COPY, "2026-08-22T09:00", "2026-08-22"),
        (HOUSEHOLD_BUSINESS, "2026-08-20T09:00", "2026-08-24"),  # Fri 21, Sat 22, Mon 24
        (CERTIFIED_COPY, "2026-08-28T15:01", "2026-09-03"),
        (LICENCE, "2026-08-28T09:00", "2026-09-09"),  # 3, 4, 7, 8, 9
    ],
)
def test_the_due_day_is_the_one_worked_out_by_hand(code: str, accepted: str, due_on: str) -> None:
    assert due(code, accepted) == datetime.fromisoformat(f"{due_on}T17:00+07:00")


def test_verification_elsewhere_adds_its_days() -> None:
    assert due(MARRIAGE, "2026-11-09T09:00").date() == date(2026, 11, 9)
    assert due(MARRIAGE, "2026-11-09T09:00", verification=True).date() == date(2026, 11, 16)
    assert due(CRIMINAL_RECORD, "2026-11-02T09:00", verification=True).date() == date(2026, 11, 23)


def test_the_day_is_reckoned_in_vietnam_wherever_the_clock_stands() -> None:
    just_after_three = datetime(2026, 11, 10, 8, 0, 1, tzinfo=UTC)
    assert appointment(procedure(CERTIFIED_COPY), just_after_three, CALENDAR).due_at.date() == date(2026, 11, 11)
    already_saturday_there = datetime(2026, 11, 13, 18, 0, tzinfo=UTC)
    assert appointment(procedure(CERTIFIED_COPY), already_saturday_there, CALENDAR).due_at.date() == date(2026, 11, 16)


def test_the_limit_travels_with_the_appointment() -> None:
    at = datetime(2026, 11, 9, 9, tzinfo=VIETNAM)
    assert appointment(procedure(RESIDENCE), at, CALENDAR) == Appointment(datetime(2026, 11, 18, 17, tzinfo=VIETNAM), 7)


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        appointment(procedure(RESIDENCE), datetime(2026, 11, 9, 9), CALENDAR)  # noqa: DTZ001


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
procedures = st.sampled_from(sorted(PROCEDURES, key=lambda p: p.code))


@given(procedures, moments, st.booleans())
def test_due_is_the_close_of_a_working_day_with_exactly_the_limit_before_it(
    what: Procedure,
    accepted: datetime,
    verification: bool,  # noqa: FBT001  # Hypothesis passes it by name
) -> None:
    given_ = appointment(what, accepted, CALENDAR, verification=verification)
    day, received = given_.due_at.date(), accepted.astimezone(VIETNAM).date()
    assert (given_.due_at.hour, given_.due_at.minute) == (17, 0)
    assert CALENDAR.is_working_day(day)
    worked = sum(CALENDAR.is_working_day(received + timedelta(days=n)) for n in range(1, (day - received).days + 1))
    assert worked == given_.working_days or (given_.working_days, worked) == (0, 1)


@given(procedures, moments, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_who_is_accepted_later_is_never_due_earlier(what: Procedure, accepted: datetime, delay: timedelta) -> None:
    assert appointment(what, accepted, CALENDAR).due_at <= appointment(what, accepted + delay, CALENDAR).due_at
