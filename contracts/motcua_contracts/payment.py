"""Events of payment: what is owed and by which rule, and what became of it."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.vocabulary import (
    BankCode,
    Dossier,
    FeeKind,
    GatewayTransaction,
    LegalAct,
    OrderReference,
    ReceiptNumber,
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
