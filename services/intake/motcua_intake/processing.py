"""What an officer does with a dossier whose fee is settled: take it in, work on it, ask for time, decide, hand over."""

from dataclasses import replace
from datetime import datetime

from motcua_chassis.message import Decision, Refusal
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    AppointmentExtended,
    Outcome,
    ProcessingStarted,
    ResultReturned,
    Status,
)
from motcua_intake.application import Application, wrong_status
from motcua_intake.commands import (
    AcceptApplication,
    DecideApplication,
    ExtendAppointment,
    ReturnResult,
    StartProcessing,
)
from motcua_intake.deadline import Appointment, appointment
from motcua_intake.reference import Procedure
from motcua_intake.rules import Rules, not_in_force

BEING_WORKED_ON = frozenset({Status.ACCEPTED, Status.IN_PROCESS})


def accept(state: Application, command: AcceptApplication, now: datetime, rules: Rules) -> Decision:
    """Gives the appointment; where facts must be verified elsewhere, the time limit is the longer one."""
    if state.dossier is None or state.status is not Status.FEE_SETTLED:
        return wrong_status(state.status)
    procedure = rules.procedure(state)
    if procedure is None:
        return not_in_force(state)
    if command.verification and not procedure.verification_days:
        return Refusal("verification-not-applicable", status=422)
    since, promised = _promised(procedure, command, now, rules)
    accepted = ApplicationAccepted(
        dossier=state.dossier,
        accepted_by=command.officer,
        appointment=promised.due_at,
        working_days=promised.working_days,
        accepted_at=since,
    )
    return [accepted]


def _promised(
    procedure: Procedure, command: AcceptApplication, now: datetime, rules: Rules
) -> tuple[datetime, Appointment]:
    """From when the limit counts, and its end: from now, but for the same day from receipt while that date is ahead.

    "Received after 15:00" is about the citizen; an officer who takes in at four what lay there at ten moves nothing.
    """
    received = min(command.received_at or now, now)
    promised = appointment(procedure, received, rules.calendar, verification=command.verification)
    if not promised.working_days and promised.due_at > now:
        return received, promised
    return now, appointment(procedure, now, rules.calendar, verification=command.verification)


def start(state: Application, command: StartProcessing) -> Decision:
    """Changes nothing but what the citizen sees."""
    if state.dossier is None or state.status is not Status.ACCEPTED:
        return wrong_status(state.status)
    return [ProcessingStarted(dossier=state.dossier, started_by=command.officer)]


def extend(state: Application, command: ExtendAppointment, now: datetime, rules: Rules) -> Decision:
    """Once, by no more than the procedure allows, and to a date that lies ahead: else it counts from now."""
    if state.dossier is None or state.status not in BEING_WORKED_ON:
        return wrong_status(state.status)
    procedure = rules.procedure(state)
    if procedure is None:
        return not_in_force(state)
    if state.limit is None or state.appointment is None:  # accepted by an event that did not say when
        return Refusal("extension-not-allowed")
    if state.limit.extension_days:
        return Refusal("already-extended")
    if command.working_days > procedure.extension.at_most_days:
        return Refusal("extension-too-long", {"at_most": str(procedure.extension.at_most_days)})
    limit = replace(state.limit, extension_days=command.working_days)
    if rules.due_at(limit) <= now:
        limit = replace(limit, extended_at=now)
    extended = AppointmentExtended(
        dossier=state.dossier,
        previous=state.appointment,
        appointment=rules.due_at(limit),
        working_days=command.working_days,
        ground=command.ground,
        extended_by=command.officer,
        note=command.words.id if command.words else None,
        act=procedure.extension.citation.act,
        extended_at=limit.extended_at,
    )
    return [extended]


def decide(state: Application, command: DecideApplication, rules: Rules) -> Decision:
    """What is granted names its result paper, what is refused its ground."""
    if state.dossier is None or state.status not in BEING_WORKED_ON:
        return wrong_status(state.status)
    procedure = rules.procedure(state)
    if procedure is None:
        return not_in_force(state)
    granted = command.outcome is Outcome.GRANTED
    if granted is (command.ground is not None):
        return Refusal("ground-not-applicable" if granted else "ground-missing", status=422)
    decided = ApplicationDecided(
        dossier=state.dossier,
        outcome=command.outcome,
        decided_by=command.officer,
        result=procedure.result if granted else None,
        ground=command.ground,
        appointment=state.appointment,
        note=command.words.id if command.words else None,
    )
    return [decided]


def give_back(state: Application, command: ReturnResult) -> Decision:
    """The end of the road, granted or refused."""
    if state.dossier is None or state.outcome is None or state.status is not Status.DECIDED:
        return wrong_status(state.status)
    returned = ResultReturned(
        dossier=state.dossier, outcome=state.outcome, handover=command.handover, returned_by=command.officer
    )
    return [returned]
