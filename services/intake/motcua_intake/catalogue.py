"""The packaged reference data, read once per process."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from motcua_chassis.vietnam import day_of
from motcua_intake.reference import Agencies, Procedure, Procedures, load_agencies, load_procedures
from motcua_intake.working_calendar import WorkingCalendar, load_calendar


class Catalogue(NamedTuple):
    """What can be filed, where, and when offices work."""

    procedures: Procedures
    agencies: Agencies
    calendar: WorkingCalendar


@cache
def catalogue() -> Catalogue:
    """Raises `ReferenceDataError` where the files are wrong; called at start-up, so that they stop it."""
    return Catalogue(load_procedures(), load_agencies(), load_calendar())


def applying(procedure: str, submitted_at: datetime) -> Procedure | None:
    """The procedure as it stood on the day of submission; None where the catalogue lost it."""
    return catalogue().procedures.find(procedure, day_of(submitted_at))
