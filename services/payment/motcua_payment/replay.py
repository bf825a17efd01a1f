"""Payment for tools: its rules on recorded events, and what led to those that no event of another service did.

Invariant: whatever a notice, an answer or an order led to, `recall` gives back a message that leads to it.
"""

from collections.abc import Sequence
from typing import Any

from motcua_chassis.message import Decider, Exhausted
from motcua_chassis.replayable import Given, Replayable
from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationWithdrawn,
    Event,
    IdentityVerified,
    PaymentExpired,
    PaymentRefunded,
    PaymentSettled,
    PaymentUnapplied,
    RefundFailed,
    RefundFailure,
    RefundRequested,
    Stream,
)
from motcua_payment import domain, store
from motcua_payment.domain import GatewayConfirmed, NotPaid
from motcua_payment.fees import load_fees
from motcua_payment.refunds import REFUND, GatewayRefunded, GatewayRefusedRefund, RecordRefund, RetryRefund
from motcua_payment.state import Payment

READS = (IdentityVerified, ApplicationWithdrawn, ApplicationDeclined, ApplicationDecided, ApplicationStopped)


def recall(state: Payment, events: Sequence[Event]) -> Any:
    """The notice, answer or order that led to these events; None where another service's event did."""
    match events[0]:
        case PaymentSettled() | PaymentUnapplied() as paid:
            return _confirmed(paid)
        case PaymentExpired():
            late = next((event for event in events if isinstance(event, PaymentUnapplied)), None)
            return _confirmed(late) if late is not None else NotPaid()
        case RefundRequested(requested_by=officer) as again if officer is not None:
            return RetryRefund(again.refund, officer)
        case PaymentRefunded() as made:
            return _refunded(state, made)
        case RefundFailed() as failed:
            return _failed(failed)
        case _:
            return None


def _confirmed(paid: PaymentSettled | PaymentUnapplied) -> GatewayConfirmed:
    return GatewayConfirmed(paid.order, paid.amount, paid.gateway, paid.transaction, paid.bank, paid.paid_at)


def _refunded(state: Payment, made: PaymentRefunded) -> GatewayRefunded | RecordRefund:
    if made.recorded_by is None:
        return GatewayRefunded(made.refund, made.reference, made.refunded_at)
    paid_at = next((each.request.paid_at for each in state.refunds if each.request.refund == made.refund), None)
    # Only a date that nobody gave may lie before the payment: the gateway's clock was ahead of ours.
    given = None if paid_at is not None and made.refunded_at < paid_at else made.refunded_at
    return RecordRefund(made.refund, made.recorded_by, made.reference, given)


def _failed(failed: RefundFailed) -> GatewayRefusedRefund | Exhausted:
    if failed.reason is RefundFailure.REFUSED_BY_GATEWAY:
        return GatewayRefusedRefund(failed.refund)
    return Exhausted(f"{REFUND}:{failed.number}", REFUND, failed.reason is RefundFailure.OUTCOME_UNKNOWN)


def _decider(given: Given) -> Decider[Payment]:
    fees = given.file("fees")
    return domain.decider(
        load_fees(fees) if fees else load_fees(),
        given.duration("payment-window") or domain.PAYMENT_WINDOW,
        given.duration("notice-grace") or domain.NOTICE_GRACE,
    )


REPLAYABLE = Replayable(
    stream=Stream.PAYMENT,
    reads=READS,
    decider=_decider,
    recall=recall,
    project=store.project,
    takes={
        "fees": "a file in the place of reference/fees.yaml",
        "payment-window": "how long an order can be paid",
        "notice-grace": "how long after that a payment may be completed and its notice may come",
    },
)
