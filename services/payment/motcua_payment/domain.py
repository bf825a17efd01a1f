"""What payment decides: what is owed once the identity stands, and what money that arrives is good for.

Pure: no I/O, no clock. A verified identity is billed once or waived with the rule that says so; the first full payment
in time settles; all other money is recorded as received late and belongs to the payer.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Decider, Decision, Message, Timer, Work
from motcua_contracts import (
    Event,
    Gateway,
    IdentityVerified,
    LateReason,
    PaymentExpired,
    PaymentReceivedLate,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
)
from motcua_payment.fees import FeeSchedule, Waived

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
EXPIRY = "expire-payment"
PAYMENT_WINDOW = timedelta(days=3)
NOTICE_GRACE = timedelta(hours=1)
"""VNPay repeats a notice ten times, five minutes apart: only then is it certain that nobody paid in time."""


class Phase(StrEnum):
    """Where the payment of one application stands."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    WAIVED = "waived"
    SETTLED = "settled"
    EXPIRED = "expired"


class Payment(msgspec.Struct, frozen=True):
    """The payment of one application: the fold of its events."""

    phase: Phase = Phase.UNKNOWN
    request: PaymentRequested | None = None
    waiver: PaymentWaived | None = None
    receipt: str | None = None
    transactions: tuple[str, ...] = ()
    """The gateway's numbers of all money that arrived, so that a repeated notice changes nothing."""


class GatewayConfirmed(msgspec.Struct, frozen=True):
    """A command: the gateway says, under its signature, that money arrived for this order."""

    order: str
    amount: int
    gateway: Gateway
    transaction: str
    bank: str | None
    paid_at: datetime


def decider(fees: FeeSchedule, window: timedelta = PAYMENT_WINDOW) -> Decider[Payment]:
    """Payment's business under this fee schedule."""

    def decide(state: Payment, message: Message) -> Decision:
        match message.body:
            case IdentityVerified() as verified:
                return _bill(state, verified, message, fees, window)
            case GatewayConfirmed() as paid:
                return _receive(state, paid, message)
            case Timer(kind="expire-payment"):
                return _expire(state)
            case other:
                raise TypeError(f"payment has no decision for {type(other).__name__}")

    return Decider(Payment(), decide, evolve, due, counter)


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
    )
    return [request]


def _receive(state: Payment, paid: GatewayConfirmed, message: Message) -> list[Event]:
    if paid.transaction in state.transactions:
        return []
    if (request := _settled_by(state, paid)) is not None:
        settled = PaymentSettled(
            dossier=request.dossier,
            order=paid.order,
            amount=paid.amount,
            gateway=paid.gateway,
            transaction=paid.transaction,
            bank=paid.bank,
            paid_at=paid.paid_at,
            receipt=f"{counter(state, message)}-{message.number:07d}",
        )
        return [settled]
    late = PaymentReceivedLate(
        order=paid.order,
        amount=paid.amount,
        gateway=paid.gateway,
        transaction=paid.transaction,
        reason=_LATE[state.phase],
        paid_at=paid.paid_at,
    )
    return [late]


_LATE = {
    Phase.UNKNOWN: LateReason.NOT_OWED,
    Phase.REQUESTED: LateReason.WRONG_AMOUNT,
    Phase.WAIVED: LateReason.NOT_OWED,
    Phase.SETTLED: LateReason.PAID_TWICE,
    Phase.EXPIRED: LateReason.EXPIRED,
}


def _settled_by(state: Payment, paid: GatewayConfirmed) -> PaymentRequested | None:
    """The request this money settles. `decide` and `counter` ask the same question, so no number is lost or doubled."""
    request = state.request if state.phase is Phase.REQUESTED else None
    if request is None or paid.amount != request.amount or paid.transaction in state.transactions:
        return None
    return request


def _expire(state: Payment) -> list[Event]:
    if state.phase is not Phase.REQUESTED or state.request is None:
        return []
    return [PaymentExpired(dossier=state.request.dossier, order=state.request.order)]


def evolve(state: Payment, event: Any) -> Payment:
    """The state after one of payment's own events."""
    match event:
        case PaymentRequested():
            return replace(state, phase=Phase.REQUESTED, request=event)
        case PaymentWaived():
            return replace(state, phase=Phase.WAIVED, waiver=event)
        case PaymentSettled():
            transactions = (*state.transactions, event.transaction)
            return replace(state, phase=Phase.SETTLED, receipt=event.receipt, transactions=transactions)
        case PaymentExpired():
            return replace(state, phase=Phase.EXPIRED)
        case PaymentReceivedLate():
            return replace(state, transactions=(*state.transactions, event.transaction))
        case _:
            return state


def due(state: Payment) -> dict[str, Work]:
    """An open request expires by itself, once no notice of a payment in time can be on its way any more."""
    if state.phase is Phase.REQUESTED and state.request is not None:
        return {"expiry": Work(EXPIRY, state.request.expires_at + NOTICE_GRACE)}
    return {}


def counter(state: Payment, message: Message) -> str | None:
    """The receipt series of a payment about to be settled: one per year and province, e.g. `BL26H29`."""
    paid = message.body
    request = _settled_by(state, paid) if isinstance(paid, GatewayConfirmed) else None
    if request is None:
        return None
    province = request.dossier.agency.partition(".")[0]
    return f"BL{message.now.astimezone(VIETNAM):%y}{province}"
