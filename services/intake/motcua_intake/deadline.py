"""When a result is due, and why: a pure function of the limit, its pauses, its extension and the calendar.

Every calendar day from acceptance to the due day is listed with the reason why it counts or not; exactly the limit's
working days count. The rules, and what they rest on:

- The day of acceptance is not counted (Civil Code 91/2015/QH13, article 147); the last day ends at the close of office.
- A same-day procedure is due on the day itself, or on the next working day where it came after 15:00 or on a day off
  (Decree 23/2015/NĐ-CP, article 7). An answer to a supplement request that comes after 15:00 moves nothing.
- A working day is taken out by a pause only where the limit stood still through all of its office hours: a day the
  office had in part is a day it had, so that nobody waits longer because a request was made late in the day.
- A limit cannot run out while it stands still: its last day must close with the limit running.
- An extension counts from the date it replaces; one that would then promise nothing but a day gone by, from the day on
  which it was granted, which does not count either.

What counts is the union of the pauses: their order, overlaps and seams change nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile

from motcua_chassis.reference_data import Name
from motcua_chassis.vietnam import VIETNAM
from motcua_intake.reference import Procedure
from motcua_intake.working_calendar import CalendarDay, Notice, WorkingCalendar


class Reason(StrEnum):
    """Why a day counts or does not; the first five are the calendar's own kinds of day."""

    WORKING_DAY = "working-day"
    COMPENSATORY_DAY = "compensatory-day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SWAPPED_DAY_OFF = "swapped-day-off"
    ACCEPTED = "accepted"
    ACCEPTED_LATE = "accepted-late"
    SAME_DAY = "same-day"
    PAUSED = "paused"
    PAUSED_IN_PART = "paused-in-part"
    PAUSED_AT_CLOSE = "paused-at-close"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Pause:
    """The limit stands still from `since` up to `until`; None while nobody knows when it goes on."""

    since: datetime
    until: datetime | None

    def __post_init__(self) -> None:
        _require_offset(self.since)
        if self.until is not None:
            _require_offset(self.until)
            if self.until < self.since:
                raise ValueError(f"the pause of {self.since} ends before, at {self.until}")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a deadline follows from. `working_days` 0 means the same day; `extension_days` are working days too.

    They count from the date they replace, or from `extended_at` where that is later.
    """

    accepted_at: datetime
    working_days: int
    pauses: tuple[Pause, ...] = ()
    extension_days: int = 0
    extended_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_offset(self.accepted_at)
        if self.extended_at is not None:
            _require_offset(self.extended_at)
        if self.working_days < 0 or self.extension_days < 0:
            raise ValueError(f"a limit of {self.working_days} + {self.extension_days} days cannot be")


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day. `number` is its place among the days that count, from 1; None where it does not count."""

    date: date
    reason: Reason
    number: int | None = None
    extension: bool = False
    name: Name | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Due at the close of office in Vietnam; None while a pause that began before then is open.

    `working_days` is the limit with its extension: so many of `days` count. `days` run without gap from the day of
    acceptance to the due day, or to the day on which the open pause began.
    """

    due_at: datetime | None
    working_days: int
    days: tuple[Day, ...]

    @property
    def remaining(self) -> int:
        """Working days still to count; more than 0 only while a pause is open."""
        return self.working_days - sum(day.number is not None for day in self.days)


@dataclass(frozen=True, slots=True)
class Appointment:
    """Due at the close of office in Vietnam, after this many working days; 0 means the same day."""

    due_at: datetime
    working_days: int


def appointment(
    procedure: Procedure, accepted_at: datetime, calendar: WorkingCalendar, *, verification: bool = False
) -> Appointment:
    """The date to print on the receipt. `verification`: facts must be verified elsewhere. `accepted_at` is aware."""
    days = procedure.working_days + (procedure.verification_days if verification else 0)
    found = deadline(Limit(accepted_at, days), calendar)
    assert found.due_at is not None  # noqa: S101  # without a pause there always is one
    return Appointment(found.due_at, days)


def deadline(limit: Limit, calendar: WorkingCalendar) -> Deadline:
    """The due date with its reckoning. A pause that begins after the due date does not move it: late stays late."""
    count = _Count(limit, calendar)
    reached = count.first() and count.extension()
    due_at = datetime.combine(count.days[-1].date, calendar.closes, VIETNAM) if reached else None
    return Deadline(due_at, limit.working_days + limit.extension_days, tuple(count.days))


def moved_days(before: Deadline, after: Deadline, calendar: WorkingCalendar) -> int:
    """By how many working days the later reckoning is due later; 0 where either is not due yet."""
    if before.due_at is None or after.due_at is None:
        return 0
    return calendar.working_days_between(before.due_at.date(), after.due_at.date())


class _Count:
    """One reckoning: walks the calendar once and lists what it passes."""

    def __init__(self, limit: Limit, calendar: WorkingCalendar) -> None:
        self.days: list[Day] = []
        self._limit, self._calendar = limit, calendar
        self._received = limit.accepted_at.astimezone(VIETNAM)
        self._stops = Stops(limit.pauses, calendar)
        self._ahead = self._horizon()

    def first(self) -> bool:
        """Counts the limit itself; whether its end was reached."""
        if self._limit.working_days:
            self._list(next(self._ahead), Reason.ACCEPTED)
            return self._reach(self._limit.working_days)
        return self._same_day()

    def extension(self) -> bool:
        """Counts the extension; whether its end was reached."""
        wanted = self._limit.extension_days
        return not wanted or (self._lapse() and self._reach(wanted, self._limit.working_days, extension=True))

    def _lapse(self) -> bool:
        """Lists the days that went by before an extension was granted; whether the last of them was reached."""
        granted = self._limit.extended_at
        if granted is None:
            return True
        last = granted.astimezone(VIETNAM).date()
        while self.days[-1].date < last:
            day = next(self._ahead, None)
            if day is None:
                return False
            self._list(day, Reason.OVERDUE if day.works else None)
        return True

    def _horizon(self) -> Iterator[CalendarDay]:
        """The days from acceptance on, as far as they can be told: up to the day on which an open pause began."""
        received, ahead = self._received.date(), self._calendar.days_from(self._received.date())
        if (still := self._stops.still_since) is None:
            return ahead
        last = max(received, still.date())
        return takewhile(lambda day: day.date <= last, ahead)

    def _same_day(self) -> bool:
        """The first working day that closes with the limit running, the day of acceptance included up to 15:00."""
        for day in self._ahead:
            accepted_late = not self.days and self._received.time() > self._calendar.same_day_until
            if not day.works:
                self._list(day)
            elif accepted_late:
                self._list(day, Reason.ACCEPTED_LATE)
            elif self._stops.stands_at_close(day.date):
                self._list(day, Reason.PAUSED_AT_CLOSE if self._stops.ran_on(day.date) else Reason.PAUSED)
            else:
                self._list(day, Reason.SAME_DAY)
                return True
        return False

    def _reach(self, wanted: int, before: int = 0, *, extension: bool = False) -> bool:
        """Lists days until `wanted` more of them count."""
        number = before
        for day in self._ahead:
            if not day.works:
                self._list(day)
            elif not self._stops.ran_on(day.date):
                self._list(day, Reason.PAUSED)
            elif number + 1 == before + wanted and self._stops.stands_at_close(day.date):
                self._list(day, Reason.PAUSED_AT_CLOSE)
            else:
                number += 1
                reason = Reason.PAUSED_IN_PART if self._stops.touch(day.date) else None
                self._list(day, reason, number, extension=extension)
                if number == before + wanted:
                    return True
        return False

    def _list(
        self, day: CalendarDay, reason: Reason | None = None, number: int | None = None, *, extension: bool = False
    ) -> None:
        why = reason or Reason(day.kind.value)
        self.days.append(Day(day.date, why, number, extension, day.name, day.notice))


class Stops:
    """The pauses, merged, seen from the days of the calendar."""

    def __init__(self, pauses: tuple[Pause, ...], calendar: WorkingCalendar) -> None:
        self._spans, self._calendar = _merged(pauses), calendar

    @property
    def still_since(self) -> datetime | None:
        """Since when the limit stands still, in Vietnam's time; None while it runs."""
        open_ = next((span for span in self._spans if span.until is None), None)
        return open_.since.astimezone(VIETNAM) if open_ else None

    def ran_on(self, day: date) -> bool:
        """Whether the limit ran at some time of the day's office hours."""
        return any(not self._cover(opens, closes) for opens, closes in self._calendar.sessions_of(day))

    def stands_at_close(self, day: date) -> bool:
        """Whether the limit stands still in the moment before the office closes."""
        close = datetime.combine(day, self._calendar.closes, VIETNAM)
        return any(span.since < close and (span.until is None or close <= span.until) for span in self._spans)

    def touch(self, day: date) -> bool:
        """Whether the limit stood still at some time of the day's office hours."""
        return any(
            span.since < closes and (span.until is None or opens < span.until)
            for opens, closes in self._calendar.sessions_of(day)
            for span in self._spans
        )

    def _cover(self, opens: datetime, closes: datetime) -> bool:
        return any(span.since <= opens and (span.until is None or closes <= span.until) for span in self._spans)


def _merged(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """The same standstill as spans in order, none touching the next."""
    spans: list[Pause] = []
    for pause in sorted((pause for pause in pauses if pause.since != pause.until), key=lambda pause: pause.since):
        last = spans[-1] if spans else None
        if last is None or (last.until is not None and last.until < pause.since):
            spans.append(pause)
        elif last.until is not None and (pause.until is None or last.until < pause.until):
            spans[-1] = replace(last, until=pause.until)
    return tuple(spans)


def _require_offset(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no offset: 15:00 means nothing without one")
