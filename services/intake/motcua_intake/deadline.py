"""When a result is due: a pure function of the procedure, the moment of acceptance and the calendar.

The day of acceptance is not counted; the limit's last working day ends at the close of office. Same-day procedures
are due on the day itself, or on the next working day where they came after 15:00 or on a day off (Decree
23/2015/NĐ-CP, article 7).
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from motcua_intake.reference import Procedure
from motcua_intake.working_calendar import VIETNAM, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Appointment:
    """Due at the close of office in Vietnam, after this many working days; 0 means the same day."""

    due_at: datetime
    working_days: int


def appointment(
    procedure: Procedure, accepted_at: datetime, calendar: WorkingCalendar, *, verification: bool = False
) -> Appointment:
    """The date to print on the receipt. `verification`: facts must be verified elsewhere. `accepted_at` is aware."""
    if accepted_at.utcoffset() is None:
        raise ValueError(f"accepted_at {accepted_at} has no offset: 15:00 means nothing without one")
    local = accepted_at.astimezone(VIETNAM)
    days = procedure.working_days + (procedure.verification_days if verification else 0)
    last = _nth_after(local.date(), days, calendar) if days else _same_day(local, calendar)
    return Appointment(datetime.combine(last, calendar.closes, VIETNAM), days)


def _same_day(local: datetime, calendar: WorkingCalendar) -> date:
    if calendar.is_working_day(local.date()) and local.time() <= calendar.same_day_until:
        return local.date()
    return _nth_after(local.date(), 1, calendar)


def _nth_after(day: date, count: int, calendar: WorkingCalendar) -> date:
    return next(islice(calendar.working_days_after(day), count - 1, None))
