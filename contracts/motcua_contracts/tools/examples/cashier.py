"""What payment says in the story: what is owed, what was paid, what goes back."""

from datetime import datetime, timedelta
from uuid import UUID

from motcua_contracts.intake import Status
from motcua_contracts.notification import Facts, Topic
from motcua_contracts.payment import (
    Closing,
    FeeLine,
    Gateway,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundDeclined,
    RefundFailed,
    RefundFailure,
    RefundReason,
    RefundRequested,
    UnappliedReason,
    WaiverReason,
)
from motcua_contracts.tools.examples.herald import notify
from motcua_contracts.tools.telling import Telling, identifier

_WINDOW, _GRACE = timedelta(days=3), timedelta(hours=1)


def waive(it: Telling, verified: UUID, rule: str, act: str) -> None:
    """The procedure is free for all."""
    event = PaymentWaived(dossier=it.dossier, reason=WaiverReason.FREE_OF_CHARGE, rule=rule, act=act)
    waived = it.tell(it.time_of(verified, 53), event, verified)
    it.move(Status.FEE_SETTLED, waived)
    notify(it, Topic.PAYMENT_WAIVED, waived, Facts(act=act))


def bill(it: Telling, verified: UUID, line: FeeLine) -> PaymentRequested:
    """This much is owed within three days."""
    time = it.time_of(verified, 53)
    request = PaymentRequested(
        dossier=it.dossier,
        order=it.application.hex,
        amount=line.amount,
        lines=(line,),
        expires_at=time + _WINDOW,
        requested_at=time,
    )
    requested = it.tell(time, request, verified)
    it.move(Status.PAYMENT_REQUESTED, requested)
    notify(it, Topic.PAYMENT_REQUESTED, requested, Facts(amount=line.amount, expires_at=request.expires_at))
    return request


def settle(it: Telling, time: datetime, request: PaymentRequested, transaction: str, receipt: str) -> PaymentSettled:
    """The gateway confirms it three seconds after the bank took the money."""
    event = PaymentSettled(
        dossier=it.dossier,
        order=request.order,
        amount=request.amount,
        gateway=Gateway.VNPAY,
        transaction=transaction,
        bank="NCB",
        paid_at=_seconds_before(time),
        receipt=receipt,
    )
    settled = it.tell(time, event, it.outside(time, "gateway called"))
    it.move(Status.FEE_SETTLED, settled)
    notify(it, Topic.PAYMENT_SETTLED, settled, Facts(amount=request.amount, receipt=receipt))
    return event


def expire(it: Telling, request: PaymentRequested) -> None:
    """Nobody paid, and no notice of a payment in time can be on its way any more."""
    time = request.expires_at + _GRACE
    event = PaymentExpired(dossier=it.dossier, order=request.order)
    expired = it.tell(time, event, it.outside(time, "payment deadline"))
    it.move(Status.PAYMENT_EXPIRED, expired)
    notify(it, Topic.PAYMENT_EXPIRED, expired)


def receive_late(it: Telling, time: datetime, request: PaymentRequested, transaction: str) -> RefundRequested:
    """Money that settles nothing is noted and sent back in one go."""
    cause = it.outside(time, "gateway called")
    late = PaymentUnapplied(
        dossier=it.dossier,
        reason=UnappliedReason.EXPIRED,
        order=request.order,
        amount=request.amount,
        owed=request.amount,
        gateway=Gateway.VNPAY,
        transaction=transaction,
        bank="NCB",
        paid_at=_seconds_before(time),
    )
    it.tell(time, late, cause)
    return request_refund(it, time, cause, late, RefundReason.EXPIRED)


def request_refund(
    it: Telling,
    time: datetime,
    cause: UUID,
    money: PaymentSettled | PaymentUnapplied,
    reason: RefundReason,
    rule: str | None = None,
    act: str | None = None,
) -> RefundRequested:
    """All of this money goes back: by its fee rule and the act this cites, or (no `rule`) because it was never owed."""
    request = RefundRequested(
        dossier=it.dossier,
        refund=identifier(time, str(it.application), money.transaction).hex,
        number=1,
        order=money.order,
        transaction=money.transaction,
        gateway=money.gateway,
        amount=money.amount,
        paid=money.amount,
        paid_at=money.paid_at,
        reason=reason,
        rule=rule,
        act=act,
    )
    requested = it.tell(time, request, cause)
    facts = Facts(amount=request.amount, refund=reason, act=request.act)
    notify(it, Topic.REFUND_REQUESTED, requested, facts, request.number)
    return request


def retry_refund(it: Telling, time: datetime, request: RefundRequested) -> None:
    """An officer orders another try; the citizen has been told before."""
    again = request.model_copy(update={"attempt": request.attempt + 1, "requested_by": it.officer})
    it.tell(time, again, it.outside(time, "retry refund"))


def fail_refund(it: Telling, time: datetime, request: RefundRequested) -> None:
    """The gateway could not be used for as long as we tried."""
    failed = RefundFailed(
        dossier=it.dossier,
        refund=request.refund,
        number=request.number,
        amount=request.amount,
        reason=RefundFailure.GATEWAY_UNAVAILABLE,
    )
    told = it.tell(time, failed, it.outside(time, "gateway away"))
    notify(it, Topic.REFUND_FAILED, told, Facts(amount=request.amount), request.number)


def refund(it: Telling, time: datetime, request: RefundRequested, reference: str) -> None:
    """The gateway gave it back."""
    event = PaymentRefunded(
        dossier=it.dossier,
        refund=request.refund,
        number=request.number,
        amount=request.amount,
        gateway=request.gateway,
        reference=reference,
        refunded_at=time,
    )
    refunded = it.tell(time, event, it.outside(time, "gateway refunded"))
    notify(it, Topic.PAYMENT_REFUNDED, refunded, Facts(amount=request.amount), request.number)


def keep(it: Telling, closed: UUID, settled: PaymentSettled, reason: Closing, rule: str, act: str) -> None:
    """The fee rule says that what was paid stays."""
    event = RefundDeclined(
        dossier=it.dossier,
        order=settled.order,
        amount=settled.amount,
        reason=reason,
        rule=rule,
        act=act,
    )
    declined = it.tell(it.time_of(closed, 47), event, closed)
    notify(it, Topic.REFUND_DECLINED, declined, Facts(amount=settled.amount, closing=reason, act=act))


def _seconds_before(time: datetime) -> datetime:
    return (time - timedelta(seconds=3)).replace(microsecond=0)
