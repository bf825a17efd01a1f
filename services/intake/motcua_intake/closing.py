"""How an application ends before its time: the agency does not take it in, or the citizen takes it back."""

from motcua_chassis.message import Decision
from motcua_contracts import ApplicationDeclined, ApplicationWithdrawn, Status
from motcua_intake.application import ENDS, Application, wrong_status
from motcua_intake.commands import DeclineApplication, WithdrawApplication

TOO_LATE = ENDS | {Status.DECIDED}


def decline(state: Application, command: DeclineApplication) -> Decision:
    """Only before it was taken in; later the agency refuses."""
    if state.dossier is None or state.status is not Status.FEE_SETTLED:
        return wrong_status(state.status)
    declined = ApplicationDeclined(
        dossier=state.dossier,
        ground=command.ground,
        declined_by=command.officer,
        note=command.words.id if command.words else None,
    )
    return [declined]


def withdraw(state: Application, command: WithdrawApplication) -> Decision:
    """Until it is decided."""
    if state.dossier is None or state.status is None:
        return wrong_status(None)
    if state.status in TOO_LATE:
        return wrong_status(state.status, "too-late-to-withdraw")
    return [ApplicationWithdrawn(dossier=state.dossier, previous=state.status, withdrawn_by=command.by)]
