"""How an application comes to be: by a submission, with the next dossier code of its agency and day."""

from motcua_chassis.identifiers import numbers_of
from motcua_chassis.message import Decision, Message, Refusal
from motcua_chassis.vietnam import VIETNAM, day_of
from motcua_contracts import ApplicationSubmitted, Dossier, Event, FeeBasis
from motcua_intake.application import Application, wrong_status
from motcua_intake.commands import SubmitApplication
from motcua_intake.rules import Rules


def submit(state: Application, command: SubmitApplication, message: Message, rules: Rules) -> Decision:
    """Files it if the procedure is in force."""
    if state.status is not None:
        return wrong_status(state.status)
    day = day_of(message.now)
    if rules.procedures.find(command.procedure, day) is None:
        return Refusal("procedure-not-in-force", {"procedure": command.procedure})
    dossier = Dossier(
        code=f"{counter(state, message)}-{message.number:04d}",
        applicant_id=command.applicant_id,
        procedure=command.procedure,
        agency=command.agency,
        channel=command.channel,
        language=command.language,
        reach_by=command.reach_by,
        filed_by=command.filed_by,
    )
    basis = FeeBasis(
        submitted_on=day,
        beneficiary=command.beneficiary,
        conditions=command.conditions,
        pages=command.pages,
        copies=command.copies,
    )
    return [ApplicationSubmitted(dossier=dossier, fee_basis=basis)]


def counter(state: Application, message: Message) -> str | None:
    """The number series of a new dossier, one per agency and day in Vietnam, e.g. `H29.25.12-261122`."""
    if not isinstance(message.body, SubmitApplication) or state.status is not None:
        return None
    return f"{message.body.agency}-{message.now.astimezone(VIETNAM):%y%m%d}"


def numbered(event: Event) -> tuple[str, int] | None:
    """The series and the number of a dossier code that this event gave out."""
    return numbers_of(event.dossier.code) if isinstance(event, ApplicationSubmitted) else None
