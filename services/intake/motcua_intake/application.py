"""Where one application stands: the fold of intake's own events, and what must happen later because of it."""

from collections.abc import Mapping
from dataclasses import replace as with_
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Refusal, Work
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStatusChanged,
    ApplicationStopped,
    ApplicationSubmitted,
    ApplicationSupplemented,
    ApplicationWithdrawn,
    AppointmentExtended,
    Dossier,
    Outcome,
    ProcessingStarted,
    ResultReturned,
    Status,
    SupplementRequested,
)
from motcua_intake import wording
from motcua_intake.deadline import Limit, Pause

OVERDUE = "supplement-overdue"
"""The timer of an open supplement request."""

ENDS = frozenset(
    {
        Status.RESULT_RETURNED,
        Status.IDENTITY_REJECTED,
        Status.PAYMENT_EXPIRED,
        Status.DECLINED,
        Status.STOPPED,
        Status.WITHDRAWN,
    }
)


class Application(msgspec.Struct, frozen=True):
    """One application: the fold of its events."""

    status: Status | None = None
    dossier: Dossier | None = None
    submitted_on: date | None = None
    """Day in Vietnam; the procedure as it stood then is the one that applies."""
    appointment: datetime | None = None
    """When the result is due; None before acceptance and while the time limit stands still. What ran out stays."""
    outcome: Outcome | None = None
    limit: Limit | None = None
    """What the appointment follows from; None before acceptance."""
    supplements: int = 0
    """How many were requested so far."""
    request: SupplementRequested | None = None
    """The one that waits for its answer."""
    before_request: Status | None = None
    appointment_before: datetime | None = None
    """Both as they were when it was asked for."""


def evolve(state: Application, event: Any) -> Application:  # noqa: PLR0911  # one for each event
    """The state after one of intake's own events."""
    match event:
        case ApplicationStatusChanged():
            return replace(state, status=event.status)
        case ApplicationSubmitted():
            day = event.fee_basis.submitted_on
            return replace(state, status=Status.SUBMITTED, dossier=event.dossier, submitted_on=day)
        case ApplicationAccepted():
            limit = None if event.accepted_at is None else Limit(event.accepted_at, event.working_days)
            return replace(state, status=Status.ACCEPTED, appointment=event.appointment, limit=limit)
        case ProcessingStarted():
            return replace(state, status=Status.IN_PROCESS)
        case AppointmentExtended():
            return replace(state, appointment=event.appointment, limit=_extended(state.limit, event))
        case SupplementRequested():
            return _paused(state, event)
        case ApplicationSupplemented():
            return _resumed(state, event)
        case ApplicationDecided():
            return replace(state, status=Status.DECIDED, outcome=event.outcome)
        case _:
            end = _CLOSING.get(type(event))
            return state if end is None else replace(state, status=end, request=None)


_CLOSING: Mapping[type[Any], Status] = {
    ResultReturned: Status.RESULT_RETURNED,
    ApplicationDeclined: Status.DECLINED,
    ApplicationStopped: Status.STOPPED,
    ApplicationWithdrawn: Status.WITHDRAWN,
}


def _extended(limit: Limit | None, extended: AppointmentExtended) -> Limit | None:
    if limit is None:
        return None
    days = limit.extension_days + extended.working_days
    return with_(limit, extension_days=days, extended_at=extended.extended_at)


def _paused(state: Application, request: SupplementRequested) -> Application:
    limit, due_at = state.limit, state.appointment
    ran_out = due_at is not None and request.requested_at >= due_at
    if limit is not None:
        limit = with_(limit, pauses=(*limit.pauses, Pause(request.requested_at, None)))
    return replace(
        state,
        status=Status.SUPPLEMENT_REQUESTED,
        appointment=due_at if ran_out else None,
        limit=limit,
        supplements=request.number,
        request=request,
        before_request=state.status,
        appointment_before=due_at,
    )


def _resumed(state: Application, answer: ApplicationSupplemented) -> Application:
    return replace(
        state,
        status=answer.status or state.before_request or state.status,
        dossier=answer.dossier,
        # without a limit there was nothing to move it by: acceptance did not say when it was
        appointment=answer.appointment or state.appointment_before,
        limit=resumed(state.limit, answer.supplied_at),
        request=None,
        before_request=None,
        appointment_before=None,
    )


def resumed(limit: Limit | None, at: datetime) -> Limit | None:
    """The limit with its open pause ended."""
    if limit is None or not limit.pauses or limit.pauses[-1].until is not None:
        return limit
    *past, last = limit.pauses
    return with_(limit, pauses=(*past, with_(last, until=max(at, last.since))))


def due(state: Application) -> dict[str, Work]:
    """Without an answer in time, an open supplement request stops the application."""
    if state.status is Status.SUPPLEMENT_REQUESTED and state.request is not None:
        return {f"supplement:{state.request.number}": Work(OVERDUE, state.request.respond_by)}
    return {}


def wrong_status(status: Status | None, code: str = "wrong-status") -> Refusal:
    """The refusal of a step that cannot be taken from here."""
    if status is None:
        return Refusal("application-not-found", status=404)
    said = wording.STATUS[status]
    return Refusal(code, {"status": status.value, "vi": said.vi, "en": said.en})
