"""One application's story as payment sees it: the facts, the money, and the states they lead to."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.message import Exhausted, Message, Refusal
from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationWithdrawn,
    Attributes,
    Dossier,
    Event,
    FeeBasis,
    Gateway,
    IdentityVerified,
    Match,
)
from motcua_payment.domain import EXPIRY, NOTICE_GRACE, PAYMENT_WINDOW, GatewayConfirmed, NotPaid, decider
from motcua_payment.fees import load_fees
from motcua_payment.refunds import (
    REFUND,
    GatewayRefunded,
    GatewayRefusedRefund,
    GatewayTookRefund,
    RecordRefund,
    RetryRefund,
)
from motcua_payment.state import Payment

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
APPLICATION = UUID(int=2)
APPLICANT = UUID(int=1)
OFFICER = UUID(int=9)
DECIDER = decider(load_fees())

FREE = "2.000908"
OWING = "2.000815"
KEPT = "3.000333"
"""A fee that stays when the application is refused."""
OWED = 6_000
"""A certified copy of four pages."""
NOT_PAID = NotPaid()
UNASKED = Exhausted("expiry", EXPIRY, uncertain=False)
"""Nobody could be asked whether it was paid."""
LAST_MOMENT = NOW + PAYMENT_WINDOW + NOTICE_GRACE
"""Until then a payment of what was billed at `NOW` may be completed."""


def dossier(procedure: str = OWING, agency: str = "H29.25.12", applicant: UUID = APPLICANT) -> Dossier:
    return Dossier(
        code=f"{agency}-261122-0001", applicant_id=applicant, procedure=procedure, agency=agency, channel="online"
    )


def verified(procedure: str = OWING, agency: str = "H29.25.12", applicant: UUID = APPLICANT) -> IdentityVerified:
    match = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
    basis = FeeBasis(submitted_on=date(2026, 11, 22), pages=4)
    return IdentityVerified(dossier=dossier(procedure, agency, applicant), fee_basis=basis, attributes=match)


def ends(procedure: str = OWING) -> dict[str, Event]:
    """Everything of intake that may end an application, and the decision that does not touch the money."""
    which, by = dossier(procedure), OFFICER
    return {
        "withdrawn": ApplicationWithdrawn(dossier=which, previous="fee-settled", withdrawn_by=APPLICANT),
        "declined": ApplicationDeclined(dossier=which, ground="not-competent", declined_by=by),
        "refused": ApplicationDecided(dossier=which, outcome="refused", decided_by=by, ground="conditions-not-met"),
        "stopped": ApplicationStopped(dossier=which, reason="supplement-overdue"),
        "granted": ApplicationDecided(dossier=which, outcome="granted", decided_by=by),
    }


WITHDRAWN = ends()["withdrawn"]


def paid(
    transaction: str = "14000001", amount: int = OWED, order: str = APPLICATION.hex, at: datetime = NOW
) -> GatewayConfirmed:
    return GatewayConfirmed(order, amount, Gateway.VNPAY, transaction, "NCB", at)


def refund_of(transaction: str, application: UUID = APPLICATION) -> str:
    """What we call the refund of this payment."""
    return name_id("refund", str(application), transaction).hex


def given_back(transaction: str, application: UUID = APPLICATION) -> GatewayRefunded:
    return GatewayRefunded(refund_of(transaction, application), "54000001", NOW)


def taken_back(transaction: str, application: UUID = APPLICATION) -> GatewayTookRefund:
    return GatewayTookRefund(refund_of(transaction, application))


def refused_by_gateway(transaction: str, application: UUID = APPLICATION) -> GatewayRefusedRefund:
    return GatewayRefusedRefund(refund_of(transaction, application))


def exhausted(number: int = 1, *, uncertain: bool = False) -> Exhausted:
    return Exhausted(f"refund:{number}", REFUND, uncertain)


def retry(transaction: str, application: UUID = APPLICATION) -> RetryRefund:
    return RetryRefund(refund_of(transaction, application), OFFICER)


def record(transaction: str, application: UUID = APPLICATION, at: datetime | None = None) -> RecordRefund:
    return RecordRefund(refund_of(transaction, application), OFFICER, "KB261122-0042", at)


def message(body: Any, now: datetime = NOW, number: int | None = None) -> Message:
    return Message(body, APPLICATION, now, UUID(int=3), number)


def answer(state: Payment, body: Any, now: datetime = NOW) -> list[Any] | Refusal:
    """What follows; the number is offered as the path offers it: exactly when `counter` names a series."""
    assert DECIDER.counter is not None
    number = 1 if DECIDER.counter(state, message(body, now)) else None
    verdict = DECIDER.decide(state, message(body, now, number))
    return verdict if isinstance(verdict, Refusal) else list(verdict)


def decide(state: Payment, body: Any, now: datetime = NOW) -> list[Any]:
    """The events that follow; none from a refusal."""
    verdict = answer(state, body, now)
    return [] if isinstance(verdict, Refusal) else verdict


def fold(state: Payment, events: list[Any]) -> Payment:
    for event in events:
        state = DECIDER.evolve(state, event)
    return state


def after(*bodies: Any) -> Payment:
    state = DECIDER.initial
    for body in bodies:
        state = fold(state, decide(state, body))
    return state


SEEN = "14000000"
"""A transaction every state below has met: it settled the payment or came in vain."""

_CLOSED = verified(), paid(SEEN), WITHDRAWN
STATES: dict[str, Payment] = {
    "unknown": after(paid(SEEN)),
    "requested": after(verified(), paid(SEEN, amount=1)),
    "waived": after(verified(FREE), paid(SEEN)),
    "settled": after(verified(), paid(SEEN)),
    "expired": after(verified(), NOT_PAID, paid(SEEN)),
    "cancelled": after(WITHDRAWN, paid(SEEN)),
    "closed": after(*_CLOSED),
    "failed": after(*_CLOSED, refused_by_gateway(SEEN)),
    "refunded": after(*_CLOSED, given_back(SEEN)),
}
"""Every phase; `closed`, `failed` and `refunded` are settled payments of applications that ended later."""
