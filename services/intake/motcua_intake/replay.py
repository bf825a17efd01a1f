"""Intake for tools: its rules on recorded events, and what led to those that no event of another service did.

Invariant: whatever a command or a timer led to, `recall` gives back a message that leads to it. What no event holds
(personal data, words, documents) is recalled empty: no decision looks at it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from motcua_chassis.message import Decider, Timer
from motcua_chassis.replayable import Given, Replayable
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationSubmitted,
    ApplicationSupplemented,
    ApplicationWithdrawn,
    AppointmentExtended,
    Event,
    ProcessingStarted,
    ResultReturned,
    Stream,
    SupplementRequested,
)
from motcua_intake import commands, domain, store
from motcua_intake.application import OVERDUE, Application
from motcua_intake.catalogue import catalogue
from motcua_intake.reference import load_procedures
from motcua_intake.time_rules import load_time_rules
from motcua_intake.working_calendar import load_calendar

READS = tuple(domain.NEWS)


def recall(state: Application, events: Sequence[Event]) -> Any:
    """The command or timer that led to this event; None where another service's event did."""
    match events[0]:
        case ApplicationSubmitted() as submitted:
            return _submission(submitted)
        case ApplicationSupplemented() as answer:
            reach_by = answer.dossier.reach_by
            return commands.SupplyMissing(answer.supplied_by, answer.number, answer.items, reach_by=reach_by)
        case ApplicationWithdrawn() as withdrawn:
            return commands.WithdrawApplication(withdrawn.withdrawn_by)
        case ApplicationStopped():
            return Timer(f"supplement:{state.supplements}", OVERDUE)
        case event:
            return _order(state, event)


def _submission(submitted: ApplicationSubmitted) -> commands.SubmitApplication:
    dossier, basis = submitted.dossier, submitted.fee_basis
    return commands.SubmitApplication(
        applicant_id=dossier.applicant_id,
        procedure=dossier.procedure,
        agency=dossier.agency,
        channel=dossier.channel,
        language=dossier.language,
        beneficiary=basis.beneficiary,
        conditions=basis.conditions,
        pages=basis.pages,
        copies=basis.copies,
        sealed=commands.Sealed(b"", b""),
        reach_by=dossier.reach_by,
        filed_by=dossier.filed_by,
    )


def _order(state: Application, event: Event) -> Any:  # noqa: PLR0911  # one for each order an officer can give
    match event:
        case ApplicationDeclined():
            return commands.DeclineApplication(event.declined_by, event.ground, _words(event.note))
        case ApplicationAccepted():
            return _acceptance(state, event)
        case ProcessingStarted():
            return commands.StartProcessing(event.started_by)
        case AppointmentExtended():
            note = _words(event.note)
            return commands.ExtendAppointment(event.extended_by, event.ground, event.working_days, note)
        case SupplementRequested():
            return commands.RequestSupplement(event.requested_by, event.items)
        case ApplicationDecided():
            return commands.DecideApplication(event.decided_by, event.outcome, event.ground, _words(event.note))
        case ResultReturned():
            return commands.ReturnResult(event.returned_by, event.handover)
        case _:
            return None


def _acceptance(state: Application, accepted: ApplicationAccepted) -> commands.AcceptApplication:
    """Which of the two limits the officer chose, its length tells; our own catalogue knows both."""
    day, code = state.submitted_on, accepted.dossier.procedure
    known = None if day is None else catalogue().procedures.find(code, day)
    longer = known.working_days + known.verification_days if known and known.verification_days else None
    verification = accepted.working_days == longer
    return commands.AcceptApplication(accepted.accepted_by, verification, accepted.accepted_at)


def _words(note: UUID | None) -> commands.SealedWords | None:
    return None if note is None else commands.SealedWords(note, b"")


def _decider(given: Given) -> Decider[Application]:
    procedures, rules, calendar = given.file("procedures"), given.file("time-rules"), given.file("calendar")
    times = load_time_rules(rules) if rules else load_time_rules()
    return domain.decider(
        load_procedures(procedures, times) if procedures else load_procedures(rules=times),
        load_calendar(calendar) if calendar else load_calendar(),
        given.duration("supplement-window"),
    )


REPLAYABLE = Replayable(
    stream=Stream.INTAKE,
    reads=READS,
    decider=_decider,
    recall=recall,
    project=store.project,
    takes={
        "procedures": "a file in the place of reference/procedures.yaml",
        "time-rules": "a file in the place of reference/time_rules.yaml",
        "calendar": "a file in the place of reference/calendar.yaml",
        "supplement-window": "how long a citizen has for a supplement, whatever the procedure says",
    },
)
