"""What intake measures besides the chassis: open applications by status and age, and appointments that come near.

Read by indexes that hold open applications only. An end is no state to wait in: `motcua_events_total` counts those.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

import asyncpg
from prometheus_client import Gauge, Metric

from motcua_chassis.vietnam import VIETNAM, day_of
from motcua_contracts import Status
from motcua_intake.application import ENDS
from motcua_intake.working_calendar import WorkingCalendar

AGES = ("under-15m", "15m-1h", "1h-8h", "8h-1d", "1d-3d", "3d-7d", "7d-30d", "over-30d")
"""For how long an application stands where it stands; alerts choose among these."""
OPEN = tuple(status for status in Status if status not in ENDS)

BY_AGE = """
SELECT status, width_bucket(extract(epoch FROM now() - status_since)::float8,
    ARRAY[900, 3600, 28800, 86400, 259200, 604800, 2592000]::float8[]), count(*)
FROM applications
WHERE status NOT IN ('result-returned', 'identity-rejected', 'payment-expired', 'declined', 'stopped', 'withdrawn')
GROUP BY 1, 2"""
BY_APPOINTMENT = """
SELECT split_part(agency, '.', 1), status,
    CASE WHEN appointment < $1 THEN 'overdue' WHEN appointment < $2 THEN 'today' ELSE 'next-working-day' END, count(*)
FROM applications
WHERE status IN ('accepted', 'in-process', 'supplement-requested') AND appointment < $3
GROUP BY 1, 2, 3"""


class Standing:
    """Where open applications stand, for how long, and which of them should be done soon, or should have been."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._applications = Gauge(
            "motcua_intake_applications", "Open applications, by time in their status", ["status", "age"], registry=None
        )
        self._appointments = Gauge(
            "motcua_intake_appointments", "Open applications whose result is due by the end of the next working day",
            ["agency", "status", "due"], registry=None,
        )  # fmt: skip

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Count both."""
        async with pool.acquire(timeout=5) as connection:
            standing = await connection.fetch(BY_AGE)
            near = await connection.fetch(BY_APPOINTMENT, *thresholds(datetime.now(UTC), self._calendar))
        self._show(standing, near)

    def _show(self, standing: Sequence[asyncpg.Record], near: Sequence[asyncpg.Record]) -> None:
        counts = {(stands, AGES[age]): count for stands, age, count in standing}
        for status in OPEN:
            for age in AGES:
                self._applications.labels(status.value, age).set(counts.get((status.value, age), 0))
        self._appointments.clear()
        for agency, stands, due, count in near:
            self._appointments.labels(agency, stands, due).set(count)

    def collect(self) -> Iterable[Metric]:
        """The last counts; agencies are named by the first part of their code."""
        return chain(self._applications.collect(), self._appointments.collect())


def thresholds(now: datetime, calendar: WorkingCalendar) -> tuple[datetime, datetime, datetime]:
    """Now, the end of today and the end of the next working day, in Vietnam."""
    today = day_of(now)
    following = next(iter(calendar.working_days_after(today)))
    return now, _end_of(today), _end_of(following)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM)
