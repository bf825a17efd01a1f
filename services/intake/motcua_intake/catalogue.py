"""The packaged reference data, read once per process."""

from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from motcua_intake.reference import Agencies, Procedures, load_agencies, load_procedures
from motcua_intake.working_calendar import VIETNAM, WorkingCalendar, load_calendar


class Catalogue(NamedTuple):
    """What can be filed, where, and when offices work."""

    procedures: Procedures
    agencies: Agencies
    calendar: WorkingCalendar


@cache
def catalogue() -> Catalogue:
    """Raises `ReferenceDataError` where the files are wrong; called at start-up, so that they stop it."""
    return Catalogue(load_procedures(), load_agencies(), load_calendar())


def today() -> date:
    """The day in Vietnam."""
    return datetime.now(VIETNAM).date()
