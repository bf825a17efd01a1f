"""What payment shows over HTTP: the pay page's data, refunds as payers see them and as officers work on them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from motcua_contracts import Closing, FeeLine, Gateway, PaymentRequested, RefundFailure, RefundReason
from motcua_payment import store, wording
from motcua_payment.refunds import Refund, RefundState
from motcua_payment.state import Phase

REFUND = "6e1f0a6d9f5b4f4b8f3c1d2e3a4b5c6d"


class PaymentState(StrEnum):
    """`Phase` without the state nobody sees."""

    REQUESTED = Phase.REQUESTED.value
    WAIVED = Phase.WAIVED.value
    SETTLED = Phase.SETTLED.value
    EXPIRED = Phase.EXPIRED.value
    CANCELLED = Phase.CANCELLED.value


class Sentence(BaseModel):
    """The same in both languages."""

    vi: str = Field(examples=["Đang hoàn trả 6.000 đ: hồ sơ đã được rút."])
    en: str = Field(examples=["6.000 đ is being paid back: the application was withdrawn."])


class RefundView(BaseModel):
    """Money that goes back."""

    refund: str = Field(description="Our reference; it stays through every attempt", examples=[REFUND])
    number: int = Field(description="1 for the first refund of the application", examples=[1])
    state: RefundState
    amount: int = Field(description="VND", examples=[6000])
    reason: RefundReason
    rule: str | None = Field(default=None, description="The fee rule that allows it", examples=["2.000815/pages"])
    act: str | None = Field(default=None, description="The act that rule cites", examples=["97/2015/QH13"])
    lines: list[FeeLine] = Field(default=[], description="What of the fee goes back, each part by its rule and act")
    failure: RefundFailure | None = Field(default=None, description="Why it failed; an officer sees to it")
    reference: str | None = Field(default=None, description="The gateway's or the treasury's number, once made")
    refunded_at: datetime | None = None
    words: Sentence


class RefundTask(RefundView):
    """A refund as an officer sees it."""

    application_id: UUID
    dossier_code: str | None = Field(default=None, examples=["H29.25.12-261122-0001"])
    agency: str | None = Field(default=None, description="Absent: the money was for nothing we know")
    attempt: int = Field(description="One more for each order to try again", examples=[1])
    order: str = Field(description="vnp_TxnRef", examples=["0192f0007c1a7000800000000000002a"])
    transaction: str = Field(description="The payment that goes back (vnp_TransactionNo)", examples=["14000001"])
    gateway: Gateway
    paid: int = Field(description="The amount of that payment, VND", examples=[6000])
    paid_at: datetime
    requested_by: UUID | None = Field(default=None, description="The officer who ordered the latest try")
    recorded_by: UUID | None = Field(default=None, description="The officer who recorded a transfer")


class RefundPage(BaseModel):
    """Refunds, the oldest first."""

    items: list[RefundTask]
    next: str | None = Field(
        default=None, description="Present if there are more: pass it as `after`", examples=[REFUND]
    )


class KeptView(BaseModel):
    """A part of what was paid that stays."""

    amount: int = Field(description="VND", examples=[200000])
    reason: Closing
    rule: str = Field(examples=["3.000333/certificate"])
    act: str = Field(examples=["97/2015/QH13"])
    words: Sentence


class PaymentView(BaseModel):
    """What a pay page shows."""

    application_id: UUID
    dossier_code: str = Field(examples=["H29.25.12-261122-0001"])
    state: PaymentState
    words: Sentence
    amount: int = Field(description="VND", examples=[6000])
    lines: list[FeeLine] = []
    expires_at: datetime | None = None
    pay_url: str | None = Field(default=None, description="Present while it can be paid")
    receipt: str | None = Field(default=None, description="Present once settled", examples=["BL26H29-0000001"])
    rule: str | None = Field(default=None, description="The rule that waived the fee", examples=["2.000908/free"])
    act: str | None = Field(default=None, description="The act that rule cites", examples=["97/2015/QH13"])
    closing: Closing | None = Field(default=None, description="What ended the application, if that touched the money")
    refunds: list[RefundView] = Field(default=[], description="Money that goes back")
    kept: list[KeptView] = Field(default=[], description="What stays of a paid fee after such an end")


def view_payment(row: store.PaymentRow, refunds: list[store.RefundRow]) -> PaymentView:
    """Everything but the address to pay at."""
    phase, closing = Phase(row.phase), Closing(row.closing) if row.closing else None
    asked = PaymentRequested.model_validate(row.detail) if row.order_ref is not None else None
    return PaymentView(
        application_id=row.application_id,
        dossier_code=row.dossier_code,
        state=PaymentState(row.phase),
        words=_sentence(wording.stands(phase, closing, asked.expires_at if asked else None)),
        amount=asked.amount if asked else 0,
        lines=list(asked.lines) if asked else [],
        expires_at=asked.expires_at if asked else None,
        receipt=row.receipt,
        rule=row.detail.get("rule"),
        act=row.detail.get("act"),
        closing=closing,
        refunds=[view_refund(each.refund) for each in refunds],
        kept=[_kept(part.amount, part.reason, part.rule, part.act) for part in row.kept],
    )


def view_refund(refund: Refund) -> RefundView:
    """For the payer."""
    asked, made, failure = refund.request, refund.made, refund.failure
    return RefundView(
        refund=asked.refund,
        number=asked.number,
        state=refund.state,
        amount=asked.amount,
        reason=asked.reason,
        rule=asked.rule,
        act=asked.act,
        lines=list(asked.lines),
        failure=failure.reason if failure else None,
        reference=made.reference if made else None,
        refunded_at=made.refunded_at if made else None,
        words=_sentence(wording.goes_back(refund)),
    )


def view_task(application: UUID, refund: Refund) -> RefundTask:
    """For an officer."""
    asked = refund.request
    return RefundTask(
        **view_refund(refund).model_dump(),
        application_id=application,
        dossier_code=asked.dossier.code if asked.dossier else None,
        agency=asked.dossier.agency if asked.dossier else None,
        attempt=asked.attempt,
        order=asked.order,
        transaction=asked.transaction,
        gateway=asked.gateway,
        paid=asked.paid,
        paid_at=asked.paid_at,
        requested_by=asked.requested_by,
        recorded_by=refund.made.recorded_by if refund.made else None,
    )


def _kept(amount: int, reason: Closing, rule: str, act: str) -> KeptView:
    words = _sentence(wording.stays(amount, reason, act))
    return KeptView(amount=amount, reason=reason, rule=rule, act=act, words=words)


def _sentence(words: wording.Words) -> Sentence:
    return Sentence(vi=words.vi, en=words.en)
