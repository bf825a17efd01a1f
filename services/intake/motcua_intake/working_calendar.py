"""Which days the offices work: Monday to Friday, less holidays, as the notices of each year move them.

A notice wins over the `holidays` package, which knows the law but only estimates what a notice will say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self

import holidays
from pydantic import Field, model_validator

from motcua_chassis.reference_data import Entry, Name, Text, read_entry, read_yaml
from motcua_chassis.vietnam import VIETNAM
from motcua_intake.sources import PACKAGED

LONGEST_CLOSURE = timedelta(days=31)
"""No notice closes the offices longer; a longer search means broken data, and ends."""


class Notice(Entry):
    """The paper that names or moves days off; not always a legal act with a year in its number."""

    number: Text
    title: Name
    verified: bool


class DayOff(Entry):
    """A day without work that a notice names."""

    day: date
    name: Name
    notice: Text


class Swap(Entry):
    """A day off that is made up for on a weekend."""

    closed: date
    worked: date
    notice: Text

    @model_validator(mode="after")
    def _is_made_up_on_a_weekend(self) -> Self:
        if self.worked.weekday() < 5:
            raise ValueError(f"{self.worked} is to be worked instead of {self.closed}, but it is no weekend")
        return self


class Year(Entry):
    """What the notices of a year say; not verified where none is known yet."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    verified: bool
    days_off: tuple[DayOff, ...] = ()
    swaps: tuple[Swap, ...] = ()


class Session(Entry):
    """Half a working day."""

    opens: time
    closes: time


class CalendarData(Entry):
    """The file. `holiday_law` is the notice that stands behind every holiday no other notice names."""

    office_hours: Annotated[tuple[Session, ...], Field(min_length=1)]
    same_day_until: time
    holiday_law: Text | None = None
    years: tuple[Year, ...]
    notices: tuple[Notice, ...]

    @model_validator(mode="after")
    def _cites_known_notices(self) -> Self:
        known = {notice.number for notice in self.notices}
        cited = {entry.notice for year in self.years for entry in year.days_off}
        cited |= {swap.notice for year in self.years for swap in year.swaps}
        cited |= {self.holiday_law} if self.holiday_law else set()
        if unknown := cited - known:
            raise ValueError(f"cites notices that are not in the file: {', '.join(sorted(unknown))}")
        return self


class DayKind(StrEnum):
    """What the calendar says about a day."""

    WORKING_DAY = "working-day"
    COMPENSATORY_DAY = "compensatory-day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SWAPPED_DAY_OFF = "swapped-day-off"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day, what it is called where it is no ordinary one, and the notice that says so."""

    date: date
    kind: DayKind
    name: Name | None = None
    notice: Notice | None = None

    @property
    def works(self) -> bool:
        """Whether offices are open."""
        return self.kind in {DayKind.WORKING_DAY, DayKind.COMPENSATORY_DAY}


class WorkingCalendar:
    """Answers whether a day is worked, until when, and why. Immutable."""

    def __init__(self, data: CalendarData) -> None:
        notices = {notice.number: notice for notice in data.notices}
        self._law = notices[data.holiday_law] if data.holiday_law else None
        self._special = _special_days(data, notices)
        self._announced = {year.year for year in data.years if year.verified}
        self._sessions = data.office_hours
        self.closes = data.office_hours[-1].closes
        self.same_day_until = data.same_day_until

    def is_announced(self, year: int) -> bool:
        """Whether the year's notices are known; until then its days off are an estimate."""
        return year in self._announced

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open."""
        return self.day(day).works

    def day(self, day: date) -> CalendarDay:
        """What a day is."""
        if (special := self._special.get(day)) is not None:
            return special
        if (name := _public_holidays(day.year).get(day)) is not None:
            return CalendarDay(day, DayKind.HOLIDAY, name, self._law)
        return CalendarDay(day, DayKind.WORKING_DAY if day.weekday() < 5 else DayKind.WEEKEND)

    def days_from(self, day: date) -> Iterator[CalendarDay]:
        """The calendar from this day on, the day itself included."""
        last = day - timedelta(days=1)
        while day - last <= LONGEST_CLOSURE:
            found = self.day(day)
            if found.works:
                last = day
            yield found
            day += timedelta(days=1)
        raise ValueError(f"no working day within {LONGEST_CLOSURE.days} days of {last}: calendar.yaml is wrong")

    def working_days_after(self, day: date) -> Iterator[date]:
        """The working days that follow, the day itself not among them."""
        return (found.date for found in self.days_from(day + timedelta(days=1)) if found.works)

    def working_days_between(self, day: date, later: date) -> int:
        """How many working days follow the one day up to the later, which is included; negative the other way."""
        if later < day:
            return -self.working_days_between(later, day)
        return sum(self.is_working_day(day + timedelta(days=ahead + 1)) for ahead in range((later - day).days))

    def sessions_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The office hours of a working day."""
        return tuple(
            (datetime.combine(day, session.opens, VIETNAM), datetime.combine(day, session.closes, VIETNAM))
            for session in self._sessions
        )


def load_calendar(path: Traversable | Path = PACKAGED / "calendar.yaml") -> WorkingCalendar:
    """Raises `ReferenceDataError`."""
    return WorkingCalendar(read_entry(CalendarData, read_yaml(path), path.name))


def _special_days(data: CalendarData, notices: Mapping[str, Notice]) -> dict[date, CalendarDay]:
    """The days that notices name; that a day is worked wins over that it is off."""
    days: dict[date, CalendarDay] = {}
    swaps = [swap for year in data.years for swap in year.swaps]
    for off in (off for year in data.years for off in year.days_off):
        days[off.day] = CalendarDay(off.day, DayKind.HOLIDAY, off.name, notices[off.notice])
    for swap in swaps:
        name = Name(
            vi=f"Nghỉ hoán đổi, làm bù ngày {swap.worked:%d/%m/%Y}", en=f"Swapped for work on {swap.worked:%d/%m/%Y}"
        )
        days[swap.closed] = CalendarDay(swap.closed, DayKind.SWAPPED_DAY_OFF, name, notices[swap.notice])
    for swap in swaps:
        name = Name(vi=f"Làm bù cho ngày {swap.closed:%d/%m/%Y}", en=f"Worked in place of {swap.closed:%d/%m/%Y}")
        days[swap.worked] = CalendarDay(swap.worked, DayKind.COMPENSATORY_DAY, name, notices[swap.notice])
    return days


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> Mapping[date, Name]:
    vi = holidays.country_holidays("VN", years=year, language="vi")
    en = holidays.country_holidays("VN", years=year, language="en_US")
    return {day: Name(vi=vi[day], en=en[day]) for day in vi}
