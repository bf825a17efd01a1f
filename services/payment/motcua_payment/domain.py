"""What payment decides: what is owed once the identity stands, what money is good for, what an early end costs.

Pure: no I/O, no clock. A verified identity is billed once or waived with the rule that says so; the first full payment
in time settles, whether the gateway told us or had to be asked; all other money goes back to its payer. An application
that ends first is never billed; one that ends after it was paid gets back what its fee rule says.
"""

from datetime import datetime, timedelta

import msgspec

from motcua_chassis.identifiers import numbers_of
from motcua_chassis.message import Decider, Decision, Exhausted, Message, Work
from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationWithdrawn,
    Closing,
    Event,
    Gateway,
    IdentityVerified,
    Outcome,
    PaymentCancelled,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    UnappliedReason,
)
from motcua_payment import refunds
from motcua_payment.fees import FeeSchedule, Waived
from motcua_payment.refunds import (
    Ended,
    GatewayRefunded,
    GatewayRefusedRefund,
    GatewayTookRefund,
    RecordRefund,
    RetryRefund,
)
from motcua_payment.state import Payment, Phase, evolve

__all__ = ["Payment", "Phase", "evolve"]  # what others read of a payment comes from here, with what decides on it

EXPIRY = "expire-payment"
PAYMENT_WINDOW = timedelta(days=3)
NOTICE_GRACE = timedelta(hours=1)
"""So long a payment begun in time may still be completed and VNPay repeats its notice; then it is asked."""


class GatewayConfirmed(msgspec.Struct, frozen=True):
    """A command, or an answer: the gateway says, under its signature, that money arrived for this order."""

    order: str
    amount: int
    gateway: Gateway
    transaction: str
    bank: str | None
    paid_at: datetime


class NotPaid(msgspec.Struct, frozen=True):
    """An answer: the gateway was asked, and has no money for this order that we do not know of."""


def decider(fees: FeeSchedule, window: timedelta = PAYMENT_WINDOW, grace: timedelta = NOTICE_GRACE) -> Decider[Payment]:
    """Payment's business under this fee schedule."""

    def decide(state: Payment, message: Message) -> Decision:
        match message.body:
            case IdentityVerified() as verified:
                return _bill(state, verified, message, fees, window)
            case ApplicationWithdrawn() | ApplicationDeclined() | ApplicationDecided() | ApplicationStopped() as end:
                return _close(state, end, message, fees)
            case GatewayConfirmed() as paid:
                return _receive(state, paid, message, grace)
            case NotPaid() | Exhausted(kind="expire-payment"):
                return _expire(state)
            case GatewayRefunded() | GatewayTookRefund() | GatewayRefusedRefund() | Exhausted(kind="refund") as answer:
                return refunds.answered(state.refunds, answer, state.dossier)
            case RetryRefund() | RecordRefund() as order:
                return refunds.ordered(state.refunds, order, message, state.dossier)
            case other:
                raise TypeError(f"payment has no decision for {type(other).__name__}")

    def due(state: Payment) -> dict[str, Work]:
        return {**_expiry(state, grace), **refunds.due(state.refunds)}

    def counter(state: Payment, message: Message) -> str | None:
        request = _settled_by(state, message.body, grace) if isinstance(message.body, GatewayConfirmed) else None
        return _series(request, message) if request is not None else None

    return Decider(Payment(), decide, evolve, due, counter, numbered)


def _bill(
    state: Payment, verified: IdentityVerified, message: Message, fees: FeeSchedule, window: timedelta
) -> list[Event]:
    if state.phase is not Phase.UNKNOWN:
        return []
    owed = fees.assess(verified.dossier, verified.fee_basis)
    if isinstance(owed, Waived):
        return [PaymentWaived(dossier=verified.dossier, reason=owed.reason, rule=owed.rule, act=owed.act)]
    request = PaymentRequested(
        dossier=verified.dossier,
        order=message.application.hex,
        amount=owed.total,
        lines=owed.lines,
        expires_at=message.now + window,
        requested_at=message.now,
    )
    return [request]


def _close(
    state: Payment,
    end: ApplicationWithdrawn | ApplicationDeclined | ApplicationDecided | ApplicationStopped,
    message: Message,
    fees: FeeSchedule,
) -> list[Event]:
    closing = _closing(end)
    if closing is None or state.closing is not None:
        return []
    match state:
        case Payment(phase=Phase.UNKNOWN | Phase.REQUESTED):
            order = state.request.order if state.request else None
            return [PaymentCancelled(dossier=end.dossier, reason=closing, order=order)]
        case Payment(phase=Phase.SETTLED, settled=PaymentSettled() as settled, request=PaymentRequested() as request):
            ended = Ended(message.application, closing, end.dossier)
            return refunds.close(state.refunds, settled, request.lines, ended, fees)
    return []


def _closing(
    end: ApplicationWithdrawn | ApplicationDeclined | ApplicationDecided | ApplicationStopped,
) -> Closing | None:
    match end:
        case ApplicationWithdrawn():
            return Closing.WITHDRAWN
        case ApplicationDeclined():
            return Closing.DECLINED
        case ApplicationStopped():
            return Closing.STOPPED
        case ApplicationDecided():
            return Closing.REFUSED if end.outcome is Outcome.REFUSED else None


def _receive(state: Payment, paid: GatewayConfirmed, message: Message, grace: timedelta) -> list[Event]:
    if paid.transaction in state.transactions:
        return []
    if (request := _settled_by(state, paid, grace)) is not None:
        settled = PaymentSettled(
            dossier=request.dossier,
            order=paid.order,
            amount=paid.amount,
            gateway=paid.gateway,
            transaction=paid.transaction,
            bank=paid.bank,
            paid_at=paid.paid_at,
            receipt=f"{_series(request, message)}-{message.number:07d}",
        )
        return [settled]
    over = _expire(state) if state.request is not None and not _in_time(state.request, paid, grace) else []
    unapplied = PaymentUnapplied(
        dossier=state.dossier,
        reason=UnappliedReason.EXPIRED if over else _UNAPPLIED[state.phase],
        order=paid.order,
        amount=paid.amount,
        owed=state.request.amount if state.request else 0,
        gateway=paid.gateway,
        transaction=paid.transaction,
        bank=paid.bank,
        paid_at=paid.paid_at,
    )
    return [*over, unapplied, refunds.give_back(state.refunds, unapplied, message.application)]


_UNAPPLIED = {
    Phase.UNKNOWN: UnappliedReason.NEVER_BILLED,
    Phase.REQUESTED: UnappliedReason.WRONG_AMOUNT,
    Phase.WAIVED: UnappliedReason.WAIVED,
    Phase.SETTLED: UnappliedReason.PAID_TWICE,
    Phase.EXPIRED: UnappliedReason.EXPIRED,
    Phase.CANCELLED: UnappliedReason.CANCELLED,
}


def _settled_by(state: Payment, paid: GatewayConfirmed, grace: timedelta) -> PaymentRequested | None:
    """The request this money settles. `decide` and `counter` ask the same question, so no number is lost or doubled."""
    request = state.request if state.phase is Phase.REQUESTED else None
    if request is None or paid.amount != request.amount or paid.transaction in state.transactions:
        return None
    return request if _in_time(request, paid, grace) else None


def _in_time(request: PaymentRequested, paid: GatewayConfirmed, grace: timedelta) -> bool:
    """When it was paid counts, not when we heard: of a payment in time we may learn by asking, long after."""
    return paid.paid_at <= request.expires_at + grace


def _expire(state: Payment) -> list[Event]:
    if state.phase is not Phase.REQUESTED or state.request is None:
        return []
    return [PaymentExpired(dossier=state.request.dossier, order=state.request.order)]


def _expiry(state: Payment, grace: timedelta) -> dict[str, Work]:
    """Once no notice of a payment in time can be on its way any more, the gateway is asked whether there was one."""
    if state.phase is Phase.REQUESTED and state.request is not None:
        return {"expiry": Work(EXPIRY, state.request.expires_at + grace)}
    return {}


def _series(request: PaymentRequested, message: Message) -> str:
    """The receipt series of a payment about to be settled: one per year and province, e.g. `BL26H29`."""
    province = request.dossier.agency.partition(".")[0]
    return f"BL{message.now.astimezone(VIETNAM):%y}{province}"


def numbered(event: Event) -> tuple[str, int] | None:
    """The series and the number of a receipt that this event gave out."""
    return numbers_of(event.receipt) if isinstance(event, PaymentSettled) else None
