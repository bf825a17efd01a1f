"""What intake decides: whether an application can be filed, where it stands, when its result is due, how it ends.

Pure: no I/O, no clock. Other services' news only ever move an application on: what comes after later news changes
nothing, and an end never changes. A message leads to at most one event.
"""

from collections.abc import Mapping
from datetime import timedelta

from motcua_chassis.message import Decider, Decision, Message, Timer
from motcua_contracts import (
    ApplicationStatusChanged,
    Event,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    Status,
)
from motcua_intake import closing, filing, processing, supplements
from motcua_intake.application import ENDS, OVERDUE, Application, due, evolve
from motcua_intake.commands import (
    AcceptApplication,
    DecideApplication,
    DeclineApplication,
    ExtendAppointment,
    RequestSupplement,
    ReturnResult,
    StartProcessing,
    SubmitApplication,
    SupplyMissing,
    WithdrawApplication,
)
from motcua_intake.filing import counter, numbered
from motcua_intake.reference import Procedures
from motcua_intake.rules import Rules
from motcua_intake.working_calendar import WorkingCalendar

__all__ = ["ENDS", "NEWS", "OVERDUE", "RANK", "Application", "counter", "decider", "due", "evolve"]

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

RANK: Mapping[Status, int] = {
    Status.SUBMITTED: 0,
    Status.IDENTITY_IN_REVIEW: 1,
    Status.IDENTITY_VERIFIED: 2,
    Status.IDENTITY_REJECTED: 2,
    Status.PAYMENT_REQUESTED: 3,
    Status.FEE_SETTLED: 4,
    Status.PAYMENT_EXPIRED: 4,
}
"""Two answers to one question share a rank: the first stands. Topics are not ordered among each other, ranks are.

What has no rank is in the officers' hands or at an end: no news moves it.
"""


def decider(
    procedures: Procedures, calendar: WorkingCalendar, supplement_window: timedelta | None = None
) -> Decider[Application]:
    """Intake's business under this catalogue and calendar."""
    rules = Rules(procedures, calendar, supplement_window)

    def decide(state: Application, message: Message) -> Decision:
        match message.body:
            case Event() as news if type(news) in NEWS:
                return _advance(state, NEWS[type(news)])
            case SubmitApplication() as command:
                return filing.submit(state, command, message, rules)
            case SupplyMissing() as command:
                return supplements.supply(state, command, message.now, rules)
            case WithdrawApplication() as command:
                return closing.withdraw(state, command)
            case Timer(kind="supplement-overdue") as timer:
                return supplements.overdue(state, timer, message.now, rules)
            case _:
                return _of_officer(state, message, rules)

    return Decider(Application(), decide, evolve, due, counter, numbered)


def _of_officer(state: Application, message: Message, rules: Rules) -> Decision:  # noqa: PLR0911  # one a command
    match message.body:
        case DeclineApplication() as command:
            return closing.decline(state, command)
        case AcceptApplication() as command:
            return processing.accept(state, command, message.now, rules)
        case StartProcessing() as command:
            return processing.start(state, command)
        case ExtendAppointment() as command:
            return processing.extend(state, command, message.now, rules)
        case RequestSupplement() as command:
            return supplements.request(state, command, message.now, rules)
        case DecideApplication() as command:
            return processing.decide(state, command, rules)
        case ReturnResult() as command:
            return processing.give_back(state, command)
        case other:
            raise TypeError(f"intake has no decision for {type(other).__name__}")


def _advance(state: Application, status: Status) -> list[Event]:
    previous = state.status
    if previous is None:  # its submission is not in this database: nothing to move until it is rebuilt
        return []
    if previous in ENDS or previous not in RANK or RANK[status] <= RANK[previous]:
        return []
    return [ApplicationStatusChanged(status=status, previous=previous)]
