"""Which days the offices work: Monday to Friday, less holidays, as the notices of each year move them.

A notice wins over the `holidays` package, which knows the law but only estimates what a notice will say.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import Field, model_validator

from motcua_intake.reference import PACKAGED, Entry, Name, Text, read_entry, read_yaml

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
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
    """The file."""

    office_hours: Annotated[tuple[Session, ...], Field(min_length=1)]
    same_day_until: time
    years: tuple[Year, ...]
    notices: tuple[Notice, ...]

    @model_validator(mode="after")
    def _cites_known_notices(self) -> Self:
        known = {notice.number for notice in self.notices}
        cited = {entry.notice for year in self.years for entry in year.days_off}
        cited |= {swap.notice for year in self.years for swap in year.swaps}
        if unknown := cited - known:
            raise ValueError(f"cites notices that are not in the file: {', '.join(sorted(unknown))}")
        return self


class WorkingCalendar:
    """Answers whether a day is worked and until when. Immutable."""

    def __init__(self, data: CalendarData) -> None:
        swaps = [swap for year in data.years for swap in year.swaps]
        self._off = {entry.day for year in data.years for entry in year.days_off} | {swap.closed for swap in swaps}
        self._worked = {swap.worked for swap in swaps}
        self._announced = {year.year for year in data.years if year.verified}
        self.closes = data.office_hours[-1].closes
        self.same_day_until = data.same_day_until

    def is_announced(self, year: int) -> bool:
        """Whether the year's notices are known; until then its days off are an estimate."""
        return year in self._announced

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open."""
        if day in self._worked:
            return True
        return day.weekday() < 5 and day not in self._off and day not in _public_holidays(day.year)

    def working_days_after(self, day: date) -> Iterator[date]:
        """The working days that follow, the day itself not among them."""
        last = day
        while day - last <= LONGEST_CLOSURE:
            day += timedelta(days=1)
            if self.is_working_day(day):
                last = day
                yield day
        raise ValueError(f"no working day within {LONGEST_CLOSURE.days} days of {last}: calendar.yaml is wrong")


def load_calendar(path: Traversable | Path = PACKAGED / "calendar.yaml") -> WorkingCalendar:
    """Raises `ReferenceDataError`."""
    return WorkingCalendar(read_entry(CalendarData, read_yaml(path), path.name))


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("VN", years=year))
