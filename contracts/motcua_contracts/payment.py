"""Events of payment: what is owed and by which rule, and what became of it."""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.vocabulary import (
    BankCode,
    Dossier,
    FeeKind,
    GatewayTransaction,
    LegalAct,
    OfficerId,
    OrderReference,
    ReceiptNumber,
    RefundReference,
    RuleId,
    Vnd,
)


class Gateway(StrEnum):
    """Who takes the money for us."""

    VNPAY = "vnpay"


class WaiverReason(StrEnum):
    """Why nothing is owed: the procedure is free for all, or this applicant is exempt."""

    FREE_OF_CHARGE = "free-of-charge"
    EXEMPT = "exempt"


class LateReason(StrEnum):
    """Why money that arrived cannot settle the payment."""

    EXPIRED = "expired"
    PAID_TWICE = "paid-twice"
    WRONG_AMOUNT = "wrong-amount"
    NOT_OWED = "not-owed"
    CANCELLED = "cancelled"


class UnappliedReason(StrEnum):
    """Why money that arrived settles nothing."""

    NEVER_BILLED = "never-billed"
    WAIVED = "waived"
    WRONG_AMOUNT = "wrong-amount"
    PAID_TWICE = "paid-twice"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Closing(StrEnum):
    """What ended an application before its result, and with it what was owed for it."""

    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    REFUSED = "refused"
    STOPPED = "stopped"


class RefundReason(StrEnum):
    """Why money goes back: the application ended, as its fee rule allows, or the money never settled anything."""

    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    REFUSED = "refused"
    STOPPED = "stopped"
    EXPIRED = "expired"
    PAID_TWICE = "paid-twice"
    WRONG_AMOUNT = "wrong-amount"
    NOT_OWED = "not-owed"
    CANCELLED = "cancelled"


class RefundFailure(StrEnum):
    """Why a refund did not (certainly) happen; from here on an officer sees to it."""

    REFUSED_BY_GATEWAY = "refused-by-gateway"
    GATEWAY_UNAVAILABLE = "gateway-unavailable"
    OUTCOME_UNKNOWN = "outcome-unknown"


class FeeLine(Part):
    """One item owed, with the rule that sets it and the legal act that rule cites."""

    kind: FeeKind
    amount: Vnd
    rule: RuleId
    act: LegalAct


class PaymentRequested(Event, stream=Stream.PAYMENT, name="requested"):
    """The citizen owes this much until then."""

    dossier: Dossier
    order: OrderReference
    amount: Vnd
    lines: tuple[FeeLine, ...] = Field(min_length=1)
    expires_at: AwareDatetime = Field(description="Until when the order can be paid.")
    requested_at: AwareDatetime | None = Field(
        default=None, description="When it was billed: the creation date of the order at the gateway."
    )


class PaymentWaived(Event, stream=Stream.PAYMENT, name="waived"):
    """Nothing is owed, and this is the rule that says so."""

    dossier: Dossier
    reason: WaiverReason
    rule: RuleId
    act: LegalAct


class PaymentSettled(Event, stream=Stream.PAYMENT, name="settled"):
    """The gateway confirmed the full amount."""

    dossier: Dossier
    order: OrderReference
    amount: Vnd
    gateway: Gateway
    transaction: GatewayTransaction
    bank: BankCode | None = None
    paid_at: AwareDatetime = Field(description="When the payer's bank took the money, as the gateway says.")
    receipt: ReceiptNumber


class PaymentExpired(Event, stream=Stream.PAYMENT, name="expired"):
    """Nobody paid in time."""

    dossier: Dossier
    order: OrderReference


class PaymentReceivedLate(Event, stream=Stream.PAYMENT, name="received-late"):
    """Money arrived that settles nothing; it belongs to the payer and is to be returned."""

    order: OrderReference
    amount: Vnd
    gateway: Gateway
    transaction: GatewayTransaction
    reason: LateReason
    paid_at: AwareDatetime = Field(description="When the payer's bank took the money, as the gateway says.")
    dossier: Dossier | None = Field(default=None, description="Null where nothing was ever billed for the application.")


class PaymentUnapplied(Event, stream=Stream.PAYMENT, name="received-late", version=2, upcasts=PaymentReceivedLate):
    """Money arrived that settles nothing, late or not; it belongs to the payer and goes back."""

    dossier: Dossier | None = Field(default=None, description="Null where, and only where, nothing was ever billed.")
    reason: UnappliedReason
    order: OrderReference
    amount: Vnd = Field(description="What arrived.")
    owed: Vnd | None = Field(
        default=None, description="What the order asked for, 0 where nothing was billed; null: version 1 did not say."
    )
    gateway: Gateway
    transaction: GatewayTransaction
    bank: BankCode | None = None
    paid_at: AwareDatetime = Field(description="When the payer's bank took the money, as the gateway says.")

    @classmethod
    def upcast(cls, older: PaymentReceivedLate) -> Self:
        """Version 1 had one word for what nobody billed and what was free of charge; the dossier tells them apart."""
        reason = _REASONS.get(older.reason)
        if reason is None:
            reason = UnappliedReason.WAIVED if older.dossier else UnappliedReason.NEVER_BILLED
        return cls(
            dossier=older.dossier,
            reason=reason,
            order=older.order,
            amount=older.amount,
            owed=0 if older.reason is LateReason.NOT_OWED else None,
            gateway=older.gateway,
            transaction=older.transaction,
            paid_at=older.paid_at,
        )


_REASONS = {
    LateReason.EXPIRED: UnappliedReason.EXPIRED,
    LateReason.PAID_TWICE: UnappliedReason.PAID_TWICE,
    LateReason.WRONG_AMOUNT: UnappliedReason.WRONG_AMOUNT,
    LateReason.CANCELLED: UnappliedReason.CANCELLED,
}


class PaymentCancelled(Event, stream=Stream.PAYMENT, name="cancelled"):
    """The application ended before anything was paid: nothing is owed any more, and nothing will be billed."""

    dossier: Dossier
    reason: Closing
    order: OrderReference | None = Field(default=None, description="Null where nothing had been billed yet.")


class RefundRequested(Event, stream=Stream.PAYMENT, name="refund-requested"):
    """This much is to go back to the payer. Told again with the next `attempt` when an officer orders another try."""

    dossier: Dossier | None = Field(default=None, description="Null where nothing was ever billed for the application.")
    refund: RefundReference
    number: int = Field(ge=1, description="1 for the first refund of the application, 2 for the next.")
    attempt: int = Field(default=1, ge=1, description="1, or one more for each order of an officer to try again.")
    order: OrderReference
    transaction: GatewayTransaction = Field(description="The payment that is given back, whole or in part.")
    gateway: Gateway
    amount: Vnd
    paid: Vnd = Field(description="The amount of that payment.")
    paid_at: AwareDatetime = Field(description="When that payment was made.")
    reason: RefundReason
    rule: RuleId | None = Field(
        default=None, description="The fee rule that allows it; null: the money was never owed."
    )
    act: LegalAct | None = Field(default=None, description="The act that rule cites.")
    lines: tuple[FeeLine, ...] = Field(default=(), description="What of the fee goes back, each with its rule and act.")
    requested_by: OfficerId | None = Field(default=None, description="The officer who ordered another try.")


class PaymentRefunded(Event, stream=Stream.PAYMENT, name="refunded"):
    """The money went back: the gateway says so, or an officer recorded a transfer."""

    dossier: Dossier | None = Field(default=None, description="Null where nothing was ever billed for the application.")
    refund: RefundReference
    number: int = Field(ge=1, description="As in the request.")
    amount: Vnd
    gateway: Gateway | None = Field(default=None, description="Null where an officer paid it back past the gateway.")
    order: OrderReference | None = None
    transaction: GatewayTransaction | None = Field(default=None, description="The payment that was given back.")
    reference: GatewayTransaction = Field(description="The gateway's, or the treasury's, number of the refund.")
    refunded_at: AwareDatetime
    recorded_by: OfficerId | None = Field(default=None, description="The officer who paid it back outside the gateway.")


class RefundFailed(Event, stream=Stream.PAYMENT, name="refund-failed"):
    """The money did not (certainly) go back: an officer has to see to it."""

    dossier: Dossier | None = Field(default=None, description="Null where nothing was ever billed for the application.")
    refund: RefundReference
    number: int = Field(ge=1, description="As in the request.")
    amount: Vnd
    reason: RefundFailure
    order: OrderReference | None = None
    transaction: GatewayTransaction | None = Field(default=None, description="The payment that was to be given back.")
    attempt: int = Field(default=1, ge=1, description="As in the request.")


class RefundDeclined(Event, stream=Stream.PAYMENT, name="refund-declined"):
    """The application ended after payment, and this rule says that this much of what was paid stays."""

    dossier: Dossier
    order: OrderReference
    amount: Vnd
    reason: Closing
    rule: RuleId
    act: LegalAct
