"""What officers do in the story: from taking a dossier in to handing the result over."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from motcua_contracts.intake import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDeclined,
    AppointmentExtended,
    ExtensionGround,
    Handover,
    Outcome,
    ProcessingStarted,
    RefusalGround,
    ResultReturned,
    Status,
    SupplementItem,
    SupplementRequested,
)
from motcua_contracts.notification import Facts, Topic
from motcua_contracts.tools.examples.herald import notify
from motcua_contracts.tools.telling import Telling


def accept(it: Telling, time: datetime, appointment: datetime, working_days: int = 0) -> None:
    """The receipt with its appointment."""
    accepted = ApplicationAccepted(
        dossier=it.dossier,
        accepted_by=it.officer,
        appointment=appointment,
        working_days=working_days,
        accepted_at=time,
    )
    told = it.tell(time, accepted, it.outside(time, "accept"))
    it.status = Status.ACCEPTED
    notify(it, Topic.ACCEPTED, told, Facts(appointment=appointment))


def decline(it: Telling, time: datetime, ground: RefusalGround, note: UUID) -> UUID:
    """The dossier is not taken in."""
    event = ApplicationDeclined(dossier=it.dossier, ground=ground, declined_by=it.officer, note=note)
    declined = it.tell(time, event, it.outside(time, "decline"))
    it.status = Status.DECLINED
    notify(it, Topic.DECLINED, declined, Facts(ground=ground, note=note))
    return declined


def mark(it: Telling, time: datetime, number: int, respond_by: datetime, items: Iterable[SupplementItem]) -> None:
    """The very places that are missing or wrong."""
    marked = tuple(items)
    requested = SupplementRequested(
        dossier=it.dossier,
        number=number,
        items=marked,
        requested_by=it.officer,
        requested_at=time,
        respond_by=respond_by,
    )
    told = it.tell(time, requested, it.outside(time, "request supplement"))
    it.status_before_supplement, it.status = it.status, Status.SUPPLEMENT_REQUESTED
    notify(it, Topic.SUPPLEMENT_REQUESTED, told, Facts(items=marked, respond_by=respond_by), number)


def start(it: Telling, time: datetime) -> None:
    """Work on the dossier begins; nobody is told."""
    it.tell(time, ProcessingStarted(dossier=it.dossier, started_by=it.officer), it.outside(time, "start"))
    it.status = Status.IN_PROCESS


def extend(it: Telling, time: datetime, previous: datetime, appointment: datetime, working_days: int) -> None:
    """Another agency keeps us waiting: a later date, with an apology."""
    note, ground = it.outside(time, "apology"), ExtensionGround.OTHER_AGENCY_LATE
    extended = AppointmentExtended(
        dossier=it.dossier,
        previous=previous,
        appointment=appointment,
        working_days=working_days,
        ground=ground,
        extended_by=it.officer,
        note=note,
    )
    told = it.tell(time, extended, it.outside(time, "extend"))
    facts = Facts(previous=previous, appointment=appointment, extension=ground, note=note)
    notify(it, Topic.APPOINTMENT_EXTENDED, told, facts)


def grant(it: Telling, time: datetime, result: str) -> None:
    """The request is granted, with this kind of paper."""
    decided = ApplicationDecided(dossier=it.dossier, outcome=Outcome.GRANTED, decided_by=it.officer, result=result)
    told = it.tell(time, decided, it.outside(time, "decide"))
    it.status = Status.DECIDED
    notify(it, Topic.DECIDED, told, Facts(outcome=Outcome.GRANTED))


def refuse(it: Telling, time: datetime, ground: RefusalGround, note: UUID) -> UUID:
    """The request is refused, with a ground and words."""
    event = ApplicationDecided(
        dossier=it.dossier, outcome=Outcome.REFUSED, decided_by=it.officer, ground=ground, note=note
    )
    decided = it.tell(time, event, it.outside(time, "decide"))
    it.status = Status.DECIDED
    notify(it, Topic.DECIDED, decided, Facts(outcome=Outcome.REFUSED, ground=ground, note=note))
    return decided


def hand_over(it: Telling, time: datetime, outcome: Outcome, handover: Handover) -> None:
    """The result is in the citizen's hand."""
    returned = ResultReturned(dossier=it.dossier, outcome=outcome, handover=handover, returned_by=it.officer)
    told = it.tell(time, returned, it.outside(time, "return"))
    it.status = Status.RESULT_RETURNED
    notify(it, Topic.RESULT_RETURNED, told, Facts(outcome=outcome))
