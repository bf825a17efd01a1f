"""What intake decides: whether an application can be filed, where it stands, when its result is due.

Pure: no I/O, no clock. An application only ever advances: news that comes after later news changes nothing, and an end
never changes.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Decider, Decision, Message, Refusal, Work
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationStatusChanged,
    ApplicationSubmitted,
    Beneficiary,
    Channel,
    Dossier,
    Event,
    FeeBasis,
    FeeCondition,
    Handover,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Language,
    Outcome,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    ResultReturned,
    Status,
)
from motcua_intake import wording
from motcua_intake.deadline import appointment
from motcua_intake.reference import Procedure, Procedures
from motcua_intake.working_calendar import VIETNAM, WorkingCalendar

NEWS: Mapping[type[Event], Status] = {
    IdentityReviewRequired: Status.IDENTITY_IN_REVIEW,
    IdentityVerified: Status.IDENTITY_VERIFIED,
    IdentityRejected: Status.IDENTITY_REJECTED,
    PaymentRequested: Status.PAYMENT_REQUESTED,
    PaymentWaived: Status.FEE_SETTLED,
    PaymentSettled: Status.FEE_SETTLED,
    PaymentExpired: Status.PAYMENT_EXPIRED,
}
"""The other services' events that intake reads, and where each leaves an application."""

_RANK: Mapping[Status, int] = {
    Status.SUBMITTED: 0,
    Status.IDENTITY_IN_REVIEW: 1,
    Status.IDENTITY_VERIFIED: 2,
    Status.IDENTITY_REJECTED: 2,
    Status.PAYMENT_REQUESTED: 3,
    Status.FEE_SETTLED: 4,
    Status.PAYMENT_EXPIRED: 4,
    Status.ACCEPTED: 5,
    Status.DECIDED: 6,
    Status.RESULT_RETURNED: 7,
}
"""Two answers to one question share a rank: the first stands. Topics are not ordered among each other, ranks are."""

ENDS = frozenset({Status.IDENTITY_REJECTED, Status.PAYMENT_EXPIRED, Status.RESULT_RETURNED})


class Application(msgspec.Struct, frozen=True):
    """One application: the fold of its events."""

    status: Status | None = None
    dossier: Dossier | None = None
    submitted_on: date | None = None
    """Day in Vietnam; the procedure as it stood then is the one that applies."""
    appointment: datetime | None = None
    outcome: Outcome | None = None


class Sealed(msgspec.Struct, frozen=True):
    """The applicant's data as the vault keeps it: opaque here, and on no topic."""

    wrapped_key: bytes
    data: bytes


class SubmitApplication(msgspec.Struct, frozen=True):
    """A command: a citizen files this."""

    applicant_id: UUID
    procedure: str
    agency: str
    channel: Channel
    language: Language
    beneficiary: Beneficiary
    conditions: tuple[FeeCondition, ...]
    pages: int
    copies: int
    sealed: Sealed


class AcceptApplication(msgspec.Struct, frozen=True):
    """A command: the officer takes the dossier in."""

    officer: UUID


class DecideApplication(msgspec.Struct, frozen=True):
    """A command: the agency's decision."""

    officer: UUID
    outcome: Outcome


class ReturnResult(msgspec.Struct, frozen=True):
    """A command: the result reached the citizen this way."""

    officer: UUID
    handover: Handover


def decider(procedures: Procedures, calendar: WorkingCalendar) -> Decider[Application]:
    """Intake's business under this catalogue and calendar."""

    def decide(state: Application, message: Message) -> Decision:
        match message.body:
            case Event() as news if type(news) in NEWS:
                return _advance(state, NEWS[type(news)])
            case SubmitApplication() as command:
                return _submit(state, command, message, procedures)
            case AcceptApplication() as command:
                return _accept(state, command, message, procedures, calendar)
            case DecideApplication() as command:
                return _decide(state, command, procedures)
            case ReturnResult() as command:
                return _return(state, command)
            case other:
                raise TypeError(f"intake has no decision for {type(other).__name__}")

    return Decider(Application(), decide, evolve, due, counter)


def _advance(state: Application, status: Status) -> list[Event]:
    previous = state.status
    if previous is None:  # its submission is not in this database: nothing to move until it is rebuilt
        return []
    if previous in ENDS or _RANK[status] <= _RANK[previous]:
        return []
    return [ApplicationStatusChanged(status=status, previous=previous)]


def _submit(state: Application, command: SubmitApplication, message: Message, procedures: Procedures) -> Decision:
    if state.status is not None:
        return _wrong(state.status)
    day = message.now.astimezone(VIETNAM).date()
    if procedures.find(command.procedure, day) is None:
        return Refusal("procedure-not-in-force", {"procedure": command.procedure})
    dossier = Dossier(
        code=f"{counter(state, message)}-{message.number:04d}",
        applicant_id=command.applicant_id,
        procedure=command.procedure,
        agency=command.agency,
        channel=command.channel,
        language=command.language,
    )
    basis = FeeBasis(
        submitted_on=day,
        beneficiary=command.beneficiary,
        conditions=command.conditions,
        pages=command.pages,
        copies=command.copies,
    )
    return [ApplicationSubmitted(dossier=dossier, fee_basis=basis)]


def _accept(
    state: Application,
    command: AcceptApplication,
    message: Message,
    procedures: Procedures,
    calendar: WorkingCalendar,
) -> Decision:
    if state.dossier is None or state.status is not Status.FEE_SETTLED:
        return _wrong(state.status)
    procedure = _procedure(state, procedures)
    if procedure is None:
        return Refusal("procedure-not-in-force", {"procedure": state.dossier.procedure})
    promised = appointment(procedure, message.now, calendar)
    accepted = ApplicationAccepted(
        dossier=state.dossier,
        accepted_by=command.officer,
        appointment=promised.due_at,
        working_days=promised.working_days,
    )
    return [accepted]


def _decide(state: Application, command: DecideApplication, procedures: Procedures) -> Decision:
    if state.dossier is None or state.status is not Status.ACCEPTED:
        return _wrong(state.status)
    procedure = _procedure(state, procedures)
    if procedure is None:
        return Refusal("procedure-not-in-force", {"procedure": state.dossier.procedure})
    result = procedure.result if command.outcome is Outcome.GRANTED else None
    decided = ApplicationDecided(
        dossier=state.dossier, outcome=command.outcome, decided_by=command.officer, result=result
    )
    return [decided]


def _return(state: Application, command: ReturnResult) -> Decision:
    if state.dossier is None or state.outcome is None or state.status is not Status.DECIDED:
        return _wrong(state.status)
    returned = ResultReturned(
        dossier=state.dossier, outcome=state.outcome, handover=command.handover, returned_by=command.officer
    )
    return [returned]


def _procedure(state: Application, procedures: Procedures) -> Procedure | None:
    if state.dossier is None or state.submitted_on is None:
        return None
    return procedures.find(state.dossier.procedure, state.submitted_on)


def _wrong(status: Status | None) -> Refusal:
    if status is None:
        return Refusal("application-not-found", status=404)
    said = wording.STATUS[status]
    return Refusal("wrong-status", {"status": status.value, "vi": said.vi, "en": said.en})


def evolve(state: Application, event: Any) -> Application:
    """The state after one of intake's own events."""
    match event:
        case ApplicationStatusChanged():
            return replace(state, status=event.status)
        case ApplicationSubmitted():
            day = event.fee_basis.submitted_on
            return replace(state, status=Status.SUBMITTED, dossier=event.dossier, submitted_on=day)
        case ApplicationAccepted():
            return replace(state, status=Status.ACCEPTED, appointment=event.appointment)
        case ApplicationDecided():
            return replace(state, status=Status.DECIDED, outcome=event.outcome)
        case ResultReturned():
            return replace(state, status=Status.RESULT_RETURNED)
        case _:
            return state


def due(_state: Application) -> dict[str, Work]:
    """Intake calls nobody and waits for nothing but people and events."""
    return {}


def counter(state: Application, message: Message) -> str | None:
    """The number series of a new dossier, one per agency and day in Vietnam, e.g. `H29.25.12-261122`."""
    if not isinstance(message.body, SubmitApplication) or state.status is not None:
        return None
    return f"{message.body.agency}-{message.now.astimezone(VIETNAM):%y%m%d}"
