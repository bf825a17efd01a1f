"""One application's story: the news and commands intake meets, and every state it meets them in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from motcua_chassis.message import Message, Refusal, Timer
from motcua_contracts import (
    Attributes,
    Beneficiary,
    Channel,
    Dossier,
    Event,
    ExtensionGround,
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
    RefusalGround,
    ReviewReason,
    Status,
    SupplementItem,
    SupplementReason,
    SupplementRequested,
    WaiverReason,
)
from motcua_intake import domain
from motcua_intake.catalogue import catalogue
from motcua_intake.commands import (
    AcceptApplication,
    DecideApplication,
    DeclineApplication,
    ExtendAppointment,
    RequestSupplement,
    ReturnResult,
    Sealed,
    SealedWords,
    StartProcessing,
    SubmitApplication,
    SupplyMissing,
    WithdrawApplication,
)
from motcua_intake.deadline import Limit, Pause
from motcua_intake.domain import OVERDUE, Application

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
ACCEPT_VERIFYING = AcceptApplication(OFFICER, verification=True)
ACCEPT, RETURN = AcceptApplication(OFFICER), ReturnResult(OFFICER, Handover.ELECTRONIC)
WORDS = SealedWords(UUID(int=6), b"words")
GRANT = DecideApplication(OFFICER, Outcome.GRANTED)
REFUSE = DecideApplication(OFFICER, Outcome.REFUSED, RefusalGround.CONDITIONS_NOT_MET, WORDS)
DECLINE = DeclineApplication(OFFICER, RefusalGround.NOT_COMPETENT, WORDS)
START = StartProcessing(OFFICER)
EXTEND = ExtendAppointment(OFFICER, ExtensionGround.OTHER_AGENCY_LATE, 2, WORDS)
MARKED = (
    SupplementItem(item="field.purpose", reason=SupplementReason.WRONG, note=WORDS.id),
    SupplementItem(item="document.original", reason=SupplementReason.UNREADABLE),
)
ASK = RequestSupplement(OFFICER, MARKED, (WORDS,))
ASK_NONSENSE = RequestSupplement(OFFICER, (SupplementItem(item="document.nonsense", reason=SupplementReason.MISSING),))
ITEMS = tuple(each.item for each in MARKED)
SUPPLY, SUPPLY_AGAIN = SupplyMissing(CITIZEN, 1, ITEMS), SupplyMissing(CITIZEN, 2, ITEMS)
SUPPLY_HALF = SupplyMissing(CITIZEN, 1, ITEMS[:1])
WITHDRAW = WithdrawApplication(CITIZEN)
COMMANDS = (
    SUBMIT,
    DECLINE,
    ACCEPT,
    ACCEPT_VERIFYING,
    START,
    EXTEND,
    ASK,
    ASK_NONSENSE,
    SUPPLY,
    SUPPLY_AGAIN,
    SUPPLY_HALF,
    WITHDRAW,
    GRANT,
    REFUSE,
    RETURN,
)

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

OVERDUE_ONCE, OVERDUE_TWICE = Timer("supplement:1", OVERDUE), Timer("supplement:2", OVERDUE)
TIMERS = (OVERDUE_ONCE, OVERDUE_TWICE)

ASKED = SupplementRequested(
    dossier=DOSSIER, number=1, items=MARKED, requested_by=OFFICER, requested_at=NOW, respond_by=NOW
)
ACCEPTED = Limit(NOW - timedelta(days=3), 5)


def _state(status: Status, limit: Limit | None, before: Status | None = None) -> Application:
    decided = status in {Status.DECIDED, Status.RESULT_RETURNED}
    return Application(
        status=status,
        dossier=DOSSIER,
        submitted_on=BASIS.submitted_on,
        appointment=None if limit is None or before else NOW,
        outcome=Outcome.GRANTED if decided else None,
        limit=limit,
        supplements=1 if before else 0,
        request=ASKED if before else None,
        before_request=before,
    )


_PAUSED = replace(ACCEPTED, pauses=(Pause(NOW, None),))
STATES = [
    EMPTY,
    *(_state(status, ACCEPTED) for status in Status if status is not Status.SUPPLEMENT_REQUESTED),
    *(_state(status, None) for status in Status if status is not Status.SUPPLEMENT_REQUESTED),
    *(_state(Status.SUPPLEMENT_REQUESTED, _PAUSED, before) for before in (Status.ACCEPTED, Status.IN_PROCESS)),
    _state(Status.SUPPLEMENT_REQUESTED, None, Status.FEE_SETTLED),
]

MESSAGES = (*NEWS, *COMMANDS, *TIMERS)
PAIRS = list(product(STATES, MESSAGES))


def message(body: Any, now: datetime = NOW) -> Message:
    return Message(body, APPLICATION, now, CAUSE, number=1)


def decide(state: Application, body: Any, now: datetime = NOW) -> list[Event] | Refusal:
    verdict = DECIDER.decide(state, message(body, now))
    return verdict if isinstance(verdict, Refusal) else list(verdict)


def tell(state: Application, bodies: Iterable[Any], now: datetime = NOW) -> Application:
    """Fold a story; a refused command leaves the state as it is."""
    for body in bodies:
        verdict = decide(state, body, now)
        for event in [] if isinstance(verdict, Refusal) else verdict:
            state = DECIDER.evolve(state, event)
    return state
