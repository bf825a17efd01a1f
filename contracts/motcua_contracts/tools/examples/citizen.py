"""What citizens do in the story: file, supply what was marked, withdraw. Each step tells what the services then say."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from motcua_contracts.identity import IdentityCheckRequested
from motcua_contracts.intake import ApplicationSubmitted, ApplicationSupplemented, ApplicationWithdrawn, Status
from motcua_contracts.notification import Facts, Topic
from motcua_contracts.tools.examples.herald import notify
from motcua_contracts.tools.telling import Telling, identifier
from motcua_contracts.vocabulary import Channel, Dossier, FeeBasis, FormItem

FILED_ON = date(2026, 12, 7)


def at(day: str, clock: str) -> datetime:
    """Vietnamese time in 2026: `at("07/12", "08:30:05.214")`."""
    date_, month = day.split("/")
    return datetime.fromisoformat(f"2026-{month}-{date_}T{clock}+07:00")


def filed(agency: str, number: int, procedure: str, clock: str, **details: Any) -> Telling:
    """An application of 07/12, not yet told; `details` are fields of its dossier, and `pages` of its fee basis."""
    time, code = at("07/12", clock), f"{agency}-{FILED_ON:%y%m%d}-{number:04d}"
    basis = FeeBasis(submitted_on=FILED_ON, pages=details.pop("pages", 1))
    dossier = Dossier(
        code=code,
        applicant_id=identifier(time, code, "applicant"),
        procedure=procedure,
        agency=agency,
        **{"channel": Channel.ONLINE} | details,
    )
    return Telling(time, dossier, basis)


def submit(it: Telling) -> None:
    """It gets its dossier code, its applicant is told, and identity sees to it."""
    event = ApplicationSubmitted(dossier=it.dossier, fee_basis=it.basis)
    submitted = it.tell(it.filed, event, it.submission)
    notify(it, Topic.SUBMITTED, submitted)
    time = it.time_of(submitted, 38)
    check = IdentityCheckRequested(dossier=it.dossier, fee_basis=it.basis, requested_at=time)
    it.tell(time, check, submitted)


def supply(
    it: Telling,
    time: datetime,
    number: int,
    items: Iterable[FormItem],
    appointment: datetime,
    working_days: int,
) -> None:
    """Everything marked is there; the pause moved the appointment by so many working days."""
    supplemented = ApplicationSupplemented(
        dossier=it.dossier,
        number=number,
        items=tuple(items),
        supplied_at=time,
        supplied_by=it.applicant,
        appointment=appointment,
        paused_working_days=working_days,
    )
    told = it.tell(time, supplemented, it.outside(time, "supplement"))
    it.status = it.status_before_supplement
    notify(
        it, Topic.SUPPLEMENT_RECEIVED, told, Facts(appointment=appointment, paused_working_days=working_days), number
    )


def withdraw(it: Telling, time: datetime) -> UUID:
    """The applicant takes the application back."""
    event = ApplicationWithdrawn(dossier=it.dossier, previous=it.status, withdrawn_by=it.applicant)
    withdrawn = it.tell(time, event, it.outside(time, "withdraw"))
    it.status = Status.WITHDRAWN
    notify(it, Topic.WITHDRAWN, withdrawn)
    return withdrawn
