"""What is missing: an officer marks it, the citizen supplies it, or the application stops.

From the request to the answer the time limit stands still.
"""

from dataclasses import replace
from datetime import datetime
from itertools import islice

from motcua_chassis.message import Decision, Refusal, Timer
from motcua_chassis.vietnam import VIETNAM, day_of
from motcua_contracts import ApplicationStopped, ApplicationSupplemented, Status, StopReason, SupplementRequested
from motcua_intake.application import OVERDUE, Application, resumed, wrong_status
from motcua_intake.commands import RequestSupplement, SupplyMissing
from motcua_intake.deadline import deadline, moved_days
from motcua_intake.reference import Procedure
from motcua_intake.rules import Rules, not_in_force

OPEN_TO_REQUESTS = frozenset({Status.FEE_SETTLED, Status.ACCEPTED, Status.IN_PROCESS})


def request(state: Application, command: RequestSupplement, now: datetime, rules: Rules) -> Decision:
    """As often as the procedure allows, and only of places that it has."""
    if state.dossier is None or state.status not in OPEN_TO_REQUESTS:
        return wrong_status(state.status)
    procedure = rules.procedure(state)
    if procedure is None:
        return not_in_force(state)
    if state.supplements >= procedure.supplements.at_most:
        return Refusal("too-many-supplements", {"at_most": str(procedure.supplements.at_most)})
    if unknown := [marked.item for marked in command.items if not procedure.has_item(marked.item)]:
        return Refusal("supplement-item-unknown", {"items": ", ".join(unknown)}, status=422)
    requested = SupplementRequested(
        dossier=state.dossier,
        number=state.supplements + 1,
        items=command.items,
        requested_by=command.officer,
        requested_at=now,
        respond_by=_respond_by(procedure, now, rules),
        act=procedure.supplements.citation.act,
    )
    return [requested]


def supply(state: Application, command: SupplyMissing, now: datetime, rules: Rules) -> Decision:
    """Everything that was marked, at once; the time limit goes on."""
    asked, dossier = state.request, state.dossier
    if dossier is None or state.status is not Status.SUPPLEMENT_REQUESTED or asked is None:
        return wrong_status(state.status)
    marked = {each.item for each in asked.items}
    if command.number != asked.number or marked != set(command.items):  # what was answered is not what is asked
        return Refusal("supplement-incomplete", {"items": ", ".join(sorted(marked))})
    if command.reach_by is not None:
        dossier = dossier.model_copy(update={"reach_by": command.reach_by})
    appointment, moved = _moved(state, now, rules)
    supplemented = ApplicationSupplemented(
        dossier=dossier,
        number=asked.number,
        items=command.items,
        supplied_at=now,
        supplied_by=command.by,
        appointment=appointment,
        paused_working_days=moved,
        status=state.before_request,
    )
    return [supplemented]


def overdue(state: Application, timer: Timer, now: datetime, rules: Rules) -> Decision:
    """Stops the application whose open request this timer is about."""
    asked = state.request
    if state.dossier is None or state.status is not Status.SUPPLEMENT_REQUESTED or asked is None:
        return []
    if timer.kind != OVERDUE or timer.key != f"supplement:{asked.number}" or now < asked.respond_by:
        return []
    procedure = rules.procedure(state)
    act = procedure.supplements.citation.act if procedure else None
    return [ApplicationStopped(dossier=state.dossier, reason=StopReason.SUPPLEMENT_OVERDUE, act=act)]


def _respond_by(procedure: Procedure, now: datetime, rules: Rules) -> datetime:
    if rules.supplement_window is not None:
        return now + rules.supplement_window
    days = rules.calendar.working_days_after(day_of(now))
    last = next(islice(days, procedure.supplements.respond_working_days - 1, None))
    return datetime.combine(last, rules.calendar.closes, VIETNAM)


def _moved(state: Application, now: datetime, rules: Rules) -> tuple[datetime | None, int]:
    limit = resumed(state.limit, now)
    if limit is None:  # before acceptance, or accepted by an event that did not say when
        return state.appointment_before, 0
    before = replace(limit, pauses=limit.pauses[:-1])
    after = deadline(limit, rules.calendar)
    return after.due_at, moved_days(deadline(before, rules.calendar), after, rules.calendar)
