"""Events and requests the tests share; all synthetic."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.message import Message
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationSubmitted,
    ApplicationSupplemented,
    ApplicationWithdrawn,
    AppointmentExtended,
    Attributes,
    Channel,
    Closing,
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
    Language,
    Match,
    Medium,
    NotificationRequested,
    Outcome,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    RefundDeclined,
    RefundFailed,
    RefundFailure,
    RefundReason,
    RefundRequested,
    RefusalGround,
    ResultReturned,
    ReviewReason,
    Status,
    StopReason,
    SupplementItem,
    SupplementReason,
    SupplementRequested,
    Topic,
    WaiverReason,
)
from motcua_notification.domain import DECIDER, Notices
from motcua_notification.rules import RULES

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
APPLICATION = UUID("01a12dbb-321e-72fa-841f-117e7c8d821c")
DOSSIER = Dossier(
    code="H29.25.12-261012-0004",
    applicant_id=UUID("01a12dbb-3252-791f-8a9e-60d2d938cb0d"),
    procedure="1.001612",
    agency="H29.25.12",
    channel=Channel.ONLINE,
)
OFFICER = UUID("01a12dbb-3252-7a01-8a9e-60d2d938cb0d")
NOTE = UUID("01a12dbb-3252-7a02-8a9e-60d2d938cb0d")
ALL_MEDIUMS = (Medium.ZNS, Medium.SMS, Medium.EMAIL)

_UNKNOWN = Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED)
_PARTLY = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.MATCH)
_LINE = FeeLine(kind=FeeKind.CHARGE, amount=100_000, rule="1.001612/first", act="85/2019/TT-BTC")
_ORDER = "MC2610120000002"
_REFUND: dict[str, Any] = {"dossier": DOSSIER, "refund": "0d9b6f0a46a54a33a1c164fd11d41c93", "number": 1}

_EVENTS: tuple[Event, ...] = (
    ApplicationSubmitted(dossier=DOSSIER, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22))),
    IdentityReviewRequired(dossier=DOSSIER, attributes=_PARTLY, reason=ReviewReason.PARTIAL_MATCH),
    IdentityRejected(dossier=DOSSIER, attributes=_UNKNOWN),
    PaymentRequested(dossier=DOSSIER, order=_ORDER, amount=100_000, lines=(_LINE,), expires_at=NOW + timedelta(days=1)),
    PaymentWaived(dossier=DOSSIER, reason=WaiverReason.FREE_OF_CHARGE, rule="1.001193/in-time", act="60/2014/QH13"),
    PaymentSettled(
        dossier=DOSSIER,
        order=_ORDER,
        amount=100_000,
        gateway=Gateway.VNPAY,
        transaction="14591234",
        paid_at=NOW,
        receipt="BL26H29-0000001",
    ),
    PaymentExpired(dossier=DOSSIER, order=_ORDER),
    ApplicationAccepted(dossier=DOSSIER, accepted_by=OFFICER, appointment=NOW + timedelta(days=3), working_days=3),
    SupplementRequested(
        dossier=DOSSIER,
        number=1,
        items=(
            SupplementItem(item="document.premises", reason=SupplementReason.UNREADABLE, note=NOTE),
            SupplementItem(item="field.business-name", reason=SupplementReason.WRONG),
        ),
        requested_by=OFFICER,
        requested_at=NOW,
        respond_by=NOW + timedelta(days=7),
    ),
    ApplicationSupplemented(
        dossier=DOSSIER,
        number=1,
        items=("document.premises", "field.business-name"),
        supplied_at=NOW,
        supplied_by=DOSSIER.applicant_id,
        appointment=NOW + timedelta(days=5),
        paused_working_days=2,
    ),
    AppointmentExtended(
        dossier=DOSSIER,
        previous=NOW + timedelta(days=3),
        appointment=NOW + timedelta(days=8),
        working_days=5,
        ground=ExtensionGround.OTHER_AGENCY_LATE,
        extended_by=OFFICER,
        note=NOTE,
    ),
    ApplicationDeclined(dossier=DOSSIER, ground=RefusalGround.INCOMPLETE, declined_by=OFFICER, note=NOTE),
    ApplicationStopped(dossier=DOSSIER, reason=StopReason.SUPPLEMENT_OVERDUE),
    ApplicationWithdrawn(dossier=DOSSIER, previous=Status.ACCEPTED, withdrawn_by=DOSSIER.applicant_id),
    ApplicationDecided(
        dossier=DOSSIER,
        outcome=Outcome.REFUSED,
        decided_by=OFFICER,
        ground=RefusalGround.CONDITIONS_NOT_MET,
        note=NOTE,
    ),
    ResultReturned(dossier=DOSSIER, outcome=Outcome.REFUSED, handover=Handover.AT_THE_COUNTER, returned_by=OFFICER),
    RefundRequested(
        **_REFUND,
        order=_ORDER,
        transaction="14591234",
        gateway=Gateway.VNPAY,
        amount=60_000,
        paid=100_000,
        paid_at=NOW,
        reason=RefundReason.WITHDRAWN,
        rule="1.001612/refund",
        act="85/2019/TT-BTC",
    ),
    PaymentRefunded(**_REFUND, amount=60_000, gateway=Gateway.VNPAY, reference="14602871", refunded_at=NOW),
    RefundFailed(**_REFUND, amount=60_000, reason=RefundFailure.REFUSED_BY_GATEWAY),
    RefundDeclined(
        dossier=DOSSIER,
        order=_ORDER,
        amount=40_000,
        reason=Closing.WITHDRAWN,
        rule="1.001612/refund",
        act="85/2019/TT-BTC",
    ),
)
_TODAY = NOW.date()
_EVENT_ABOUT = {rule.topic: event for event in _EVENTS for rule in RULES.asked_by(event, _TODAY)}


def message(body: Any, now: datetime = NOW) -> Message:
    """This body as `decide` would see it."""
    return Message(body, APPLICATION, now, name_id(repr(body)))


def told_events() -> list[Event]:
    """One event of each type that somebody is told about, all of one dossier."""
    return list(_EVENTS)


def event_about(topic: Topic, reach_by: tuple[Medium, ...] = (Medium.EMAIL,), **changes: Any) -> Event:
    """An event that this topic tells, to an applicant with these wishes."""
    dossier = DOSSIER.model_copy(update={"reach_by": reach_by})
    return _EVENT_ABOUT[topic].model_copy(update={"dossier": dossier} | changes)


def request_about(
    topic: Topic,
    language: Language = Language.VIETNAMESE,
    reach_by: tuple[Medium, ...] = (Medium.EMAIL,),
    **changes: Any,
) -> NotificationRequested:
    """What is requested when that event happens with these changes."""
    dossier = DOSSIER.model_copy(update={"language": language, "reach_by": reach_by})
    event = event_about(topic, **{"dossier": dossier, **changes})
    [request] = DECIDER.decide(Notices(), message(event))  # type: ignore[misc]
    assert isinstance(request, NotificationRequested)
    return request


def all_requests() -> Iterator[NotificationRequested]:
    """Each rule in each language and, where it tells one, with each outcome."""
    for topic in Topic:
        tells_outcome = "outcome" in type(event_about(topic)).model_fields
        variants: list[dict[str, Any]] = [{"outcome": outcome} for outcome in Outcome] if tells_outcome else [{}]
        for changes in variants:
            granted = {"ground": None, "note": None} if changes.get("outcome") is Outcome.GRANTED else {}
            held = {name: value for name, value in granted.items() if name in type(event_about(topic)).model_fields}
            for language in Language:
                yield request_about(topic, language, **changes, **held)
