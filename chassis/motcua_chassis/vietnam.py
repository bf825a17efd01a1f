"""Vietnam's time: the day on which something was filed, falls due or stands is a day there, whatever our clock says."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

LocalTime = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(VIETNAM))]
"""Shown with Vietnam's offset."""


def day_of(moment: datetime) -> date:
    """The day in Vietnam."""
    return moment.astimezone(VIETNAM).date()


def today() -> date:
    """The day in Vietnam, now."""
    return datetime.now(VIETNAM).date()
