"""Money that goes back: why, how much, by which rule, and what became of it. Pure.

One payment is given back at most once, whole or in part: the gateway can so be asked what became of it. The number of a
refund's reference follows from the payment, and stays through every attempt.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from motcua_chassis.identifiers import name_id
from motcua_chassis.message import Exhausted, Message, Refusal, Work
from motcua_contracts import (
    Closing,
    Dossier,
    Event,
    FeeLine,
    PaymentRefunded,
    PaymentSettled,
    PaymentUnapplied,
    RefundDeclined,
    RefundFailed,
    RefundFailure,
    RefundReason,
    RefundRequested,
    UnappliedReason,
)
from motcua_payment.fees import FeeSchedule

REFUND = "refund"


class RefundState(StrEnum):
    """Where one refund stands."""

    REQUESTED = "requested"
    REFUNDED = "refunded"
    FAILED = "failed"


class Refund(msgspec.Struct, frozen=True):
    """One amount that goes back: the fold of its events."""

    request: RefundRequested
    """The latest: an officer's new try asks again."""
    orders: int = 1
    """Which order this is to the gateway: another one only after it definitely refused the one before."""
    state: RefundState = RefundState.REQUESTED
    failure: RefundFailed | None = None
    made: PaymentRefunded | None = None


Refunds = tuple[Refund, ...]


class Ended(NamedTuple):
    """How an application ended, and its dossier as told then: what its applicant wants may have changed since."""

    application: UUID
    closing: Closing
    dossier: Dossier


class GatewayRefunded(msgspec.Struct, frozen=True):
    """An answer: the gateway gave the money back, under this number of its own."""

    refund: str
    reference: str
    refunded_at: datetime


class GatewayTookRefund(msgspec.Struct, frozen=True):
    """An answer: the gateway has the order and will follow it; whether the payer's bank does is open."""

    refund: str


class GatewayRefusedRefund(msgspec.Struct, frozen=True):
    """An answer: the gateway, or the payer's bank, will not take this order, however often it is asked."""

    refund: str


class RetryRefund(msgspec.Struct, frozen=True):
    """A command: an officer orders another try at the gateway."""

    refund: str
    officer: UUID


class RecordRefund(msgspec.Struct, frozen=True):
    """A command: an officer says that the treasury transferred the money; now, if no time is given."""

    refund: str
    officer: UUID
    reference: str
    refunded_at: datetime | None = None


def give_back(refunds: Refunds, unapplied: PaymentUnapplied, application: UUID) -> RefundRequested:
    """All of the money that settled nothing goes back to whoever paid it."""
    return RefundRequested(
        dossier=unapplied.dossier,
        refund=_reference(application, unapplied.transaction),
        number=len(refunds) + 1,
        order=unapplied.order,
        transaction=unapplied.transaction,
        gateway=unapplied.gateway,
        amount=unapplied.amount,
        paid=unapplied.amount,
        paid_at=unapplied.paid_at,
        reason=_REASONS[unapplied.reason],
    )


_REASONS = {
    UnappliedReason.NEVER_BILLED: RefundReason.NOT_OWED,
    UnappliedReason.WAIVED: RefundReason.NOT_OWED,
    UnappliedReason.WRONG_AMOUNT: RefundReason.WRONG_AMOUNT,
    UnappliedReason.PAID_TWICE: RefundReason.PAID_TWICE,
    UnappliedReason.EXPIRED: RefundReason.EXPIRED,
    UnappliedReason.CANCELLED: RefundReason.CANCELLED,
}


def close(
    refunds: Refunds, settled: PaymentSettled, lines: Sequence[FeeLine], ended: Ended, fees: FeeSchedule
) -> list[Event]:
    """What goes back and what stays of a paid fee, line by line, as the rules say that asked for it.

    The lines that go back are one refund: it carries each with its rule and act, and cites those of the first.
    """
    back, stay = _parted(lines, ended.closing, fees)
    declined: list[Event] = [
        RefundDeclined(
            dossier=ended.dossier, order=settled.order, amount=line.amount, reason=ended.closing, rule=line.rule,
            act=line.act,
        )
        for line in stay
    ]  # fmt: skip
    if not back:
        return declined
    refund = RefundRequested(
        dossier=ended.dossier,
        refund=_reference(ended.application, settled.transaction),
        number=len(refunds) + 1,
        order=settled.order,
        transaction=settled.transaction,
        gateway=settled.gateway,
        amount=sum(line.amount for line in back),
        paid=settled.amount,
        paid_at=settled.paid_at,
        reason=RefundReason(ended.closing.value),
        rule=back[0].rule,
        act=back[0].act,
        lines=back,
    )
    return [refund, *declined]


def _parted(
    lines: Sequence[FeeLine], closing: Closing, fees: FeeSchedule
) -> tuple[tuple[FeeLine, ...], tuple[FeeLine, ...]]:
    """The lines that go back and those that stay, each with what says so in place of what asked for it."""
    terms = [(line, fees.returned(line, closing)) for line in lines]
    said = [(line.model_copy(update={"rule": term.rule, "act": term.act}), term.back) for line, term in terms]
    return tuple(line for line, back in said if back), tuple(line for line, back in said if not back)


def _reference(application: UUID, transaction: str) -> str:
    return name_id("refund", str(application), transaction).hex


Answer = GatewayRefunded | GatewayTookRefund | GatewayRefusedRefund | Exhausted


def answered(refunds: Refunds, body: Answer, dossier: Dossier | None) -> list[Event]:
    """What follows from the gateway's word, or from its silence."""
    refund = _find(refunds, body)
    if refund is None or refund.state is not RefundState.REQUESTED:
        return []
    match body:
        case GatewayRefunded():
            return [_made(refund, body.reference, body.refunded_at, None, dossier)]
        case GatewayTookRefund():
            return []
        case GatewayRefusedRefund():
            return [_failed(refund, RefundFailure.REFUSED_BY_GATEWAY, dossier)]
        case Exhausted(uncertain=True):
            return [_failed(refund, RefundFailure.OUTCOME_UNKNOWN, dossier)]
        case _:
            return [_failed(refund, RefundFailure.GATEWAY_UNAVAILABLE, dossier)]


def ordered(
    refunds: Refunds, command: RetryRefund | RecordRefund, message: Message, dossier: Dossier | None
) -> list[Event] | Refusal:
    """What follows from an officer's order; only a failed refund takes one, lest money goes back twice."""
    refund = _find(refunds, command)
    if refund is None:
        return Refusal("refund-not-found", status=404)
    match refund.state:
        case RefundState.REQUESTED:
            return Refusal("refund-underway")
        case RefundState.REFUNDED:
            return Refusal("refund-already-made")
    if isinstance(command, RetryRefund):
        attempt = refund.request.attempt + 1
        again = {"dossier": dossier, "attempt": attempt, "requested_by": command.officer}
        return [refund.request.model_copy(update=again)]
    given = command.refunded_at
    if given is not None and not refund.request.paid_at <= given <= message.now:
        return Refusal("refund-date-impossible", status=422)
    return [_made(refund, command.reference, given or message.now, command.officer, dossier)]


def _find(refunds: Refunds, body: Any) -> Refund | None:
    if isinstance(body, Exhausted):
        return next((r for r in refunds if _work_key(r) == body.key), None)
    return next((r for r in refunds if r.request.refund == body.refund), None)


def _made(
    refund: Refund, reference: str, at: datetime, officer: UUID | None, dossier: Dossier | None
) -> PaymentRefunded:
    asked = refund.request
    return PaymentRefunded(
        dossier=dossier, refund=asked.refund, number=asked.number, amount=asked.amount,
        gateway=asked.gateway if officer is None else None, order=asked.order, transaction=asked.transaction,
        reference=reference, refunded_at=at, recorded_by=officer,
    )  # fmt: skip


def _failed(refund: Refund, reason: RefundFailure, dossier: Dossier | None) -> RefundFailed:
    asked = refund.request
    return RefundFailed(
        dossier=dossier, refund=asked.refund, number=asked.number, amount=asked.amount, reason=reason,
        order=asked.order, transaction=asked.transaction, attempt=asked.attempt,
    )  # fmt: skip


def follow(refunds: Refunds, event: RefundRequested | PaymentRefunded | RefundFailed) -> Refunds:
    """The refunds after one of these events."""
    if isinstance(event, RefundRequested) and all(r.request.refund != event.refund for r in refunds):
        return (*refunds, Refund(event))
    return tuple(_after(r, event) if r.request.refund == event.refund else r for r in refunds)


def _after(refund: Refund, event: RefundRequested | PaymentRefunded | RefundFailed) -> Refund:
    match event:
        case RefundRequested():
            refused = refund.failure is not None and refund.failure.reason is RefundFailure.REFUSED_BY_GATEWAY
            return Refund(event, refund.orders + refused)
        case PaymentRefunded():
            return replace(refund, state=RefundState.REFUNDED, failure=None, made=event)
        case RefundFailed():
            return replace(refund, state=RefundState.FAILED, failure=event)


def due(refunds: Sequence[Refund]) -> dict[str, Work]:
    """Every refund that is asked for is ordered at the gateway, and looked after until the bank has had its word."""
    return {_work_key(r): Work(REFUND) for r in refunds if r.state is RefundState.REQUESTED}


def of_work(refunds: Sequence[Refund], key: str) -> Refund | None:
    """The refund that a row of work is about."""
    return next((r for r in refunds if _work_key(r) == key), None)


def _work_key(refund: Refund) -> str:
    return f"{REFUND}:{refund.request.number}"
