"""One application's story: the news and commands intake meets, and every state it meets them in."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

from motcua_chassis.message import Message, Refusal
from motcua_contracts import (
    Attributes,
    Beneficiary,
    Channel,
    Dossier,
    Event,
    FeeBasis,
    FeeKind,
    FeeLine,
    Gateway,
    Handover,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Language,
    Match,
    Outcome,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    ReviewReason,
    Status,
    WaiverReason,
)
from motcua_intake import domain
from motcua_intake.catalogue import catalogue
from motcua_intake.domain import (
    AcceptApplication,
    Application,
    DecideApplication,
    ReturnResult,
    Sealed,
    SubmitApplication,
)

APPLICATION, CITIZEN, OFFICER, CAUSE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # already the 23rd in Vietnam, a Monday
DECIDER = domain.decider(catalogue().procedures, catalogue().calendar)
EMPTY = Application()

DOSSIER = Dossier(
    code="H29.25.12-261123-0001",
    applicant_id=CITIZEN,
    procedure="2.000815",
    agency="H29.25.12",
    channel=Channel.ONLINE,
)
BASIS = FeeBasis(submitted_on=date(2026, 11, 23), pages=4)
MATCH = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
LINE = FeeLine(kind=FeeKind.FEE, amount=6000, rule="copy", act="226/2016/TT-BTC")

SUBMIT = SubmitApplication(
    applicant_id=CITIZEN,
    procedure="2.000815",
    agency="H29.25.12",
    channel=Channel.ONLINE,
    language=Language.VIETNAMESE,
    beneficiary=Beneficiary.NONE,
    conditions=(),
    pages=4,
    copies=1,
    sealed=Sealed(b"key", b"data"),
)
ACCEPT, RETURN = AcceptApplication(OFFICER), ReturnResult(OFFICER, Handover.ELECTRONIC)
GRANT, REFUSE = DecideApplication(OFFICER, Outcome.GRANTED), DecideApplication(OFFICER, Outcome.REFUSED)
COMMANDS = (SUBMIT, ACCEPT, GRANT, REFUSE, RETURN)

IN_REVIEW = IdentityReviewRequired(dossier=DOSSIER, attributes=MATCH, reason=ReviewReason.PARTIAL_MATCH)
VERIFIED = IdentityVerified(dossier=DOSSIER, fee_basis=BASIS, attributes=MATCH)
REJECTED = IdentityRejected(dossier=DOSSIER, attributes=MATCH)
REQUESTED = PaymentRequested(dossier=DOSSIER, order="order001", amount=6000, lines=(LINE,), expires_at=NOW)
WAIVED = PaymentWaived(dossier=DOSSIER, reason=WaiverReason.EXEMPT, rule="h29.waiver", act="97/2015/QH13")
SETTLED = PaymentSettled(
    dossier=DOSSIER,
    order="order001",
    amount=6000,
    gateway=Gateway.VNPAY,
    transaction="14000001",
    paid_at=NOW,
    receipt="BL26H29-0000001",
)
EXPIRED = PaymentExpired(dossier=DOSSIER, order="order001")
NEWS = (IN_REVIEW, VERIFIED, REJECTED, REQUESTED, WAIVED, SETTLED, EXPIRED)

STATES = [EMPTY] + [
    Application(
        status=status,
        dossier=DOSSIER,
        submitted_on=BASIS.submitted_on,
        outcome=Outcome.GRANTED if status in {Status.DECIDED, Status.RESULT_RETURNED} else None,
    )
    for status in Status
]

PAIRS = list(product(STATES, (*NEWS, *COMMANDS)))


def message(body: Any, now: datetime = NOW) -> Message:
    return Message(body, APPLICATION, now, CAUSE, number=1)


def decide(state: Application, body: Any) -> list[Event] | Refusal:
    verdict = DECIDER.decide(state, message(body))
    return verdict if isinstance(verdict, Refusal) else list(verdict)


def tell(state: Application, bodies: Iterable[Any]) -> Application:
    """Fold a story; a refused command leaves the state as it is."""
    for body in bodies:
        verdict = decide(state, body)
        for event in [] if isinstance(verdict, Refusal) else verdict:
            state = DECIDER.evolve(state, event)
    return state
