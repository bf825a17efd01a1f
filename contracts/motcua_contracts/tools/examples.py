"""One coherent story of 12/10/2026 in four applications: paid, free of charge, not identified, not paid in time.

Everything in it is synthetic, every event type occurs. Invariant: the same code tells the same bytes.
"""

from datetime import date, datetime
from functools import cache

from motcua_contracts.event import Event
from motcua_contracts.identity import (
    Attributes,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
)
from motcua_contracts.intake import Handover, Outcome, Status
from motcua_contracts.notification import Facts, Topic
from motcua_contracts.payment import (
    FeeLine,
    Gateway,
    LateReason,
    PaymentExpired,
    PaymentReceivedLate,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    WaiverReason,
)
from motcua_contracts.tools.telling import Example, Telling, identifier
from motcua_contracts.vocabulary import Channel, Dossier, FeeBasis, FeeKind, Language

_AGENCY = "H29.25.12"
_FILED_ON = date(2026, 10, 12)
_MATCHED = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
_NAME_DIFFERS = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.MATCH)
_NOBODY = Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED)


@cache
def story() -> tuple[Example, ...]:
    """All four applications, one after the other."""
    return (*paid(), *free_of_charge(), *not_identified(), *not_paid_in_time())


def examples_of(event: type[Event]) -> list[Example]:
    """What the story has of one event version, in order."""
    return [example for example in story() if type(example.event) is event]


def paid() -> list[Example]:
    """Certified copy of four pages: 2 x 2.000 đ + 2 x 1.000 đ, paid within five minutes, done the same day."""
    it = _filed(1, "2.000815", _at(12, "08:30:05.214"), FeeBasis(submitted_on=_FILED_ON, pages=4))
    it.submit()

    time = _at(12, "08:30:06.480")
    verified = IdentityVerified(dossier=it.dossier, fee_basis=it.basis, attributes=_MATCHED)
    cause = it.tell(time, verified, it.outside(time, "registry answered"))
    it.move(time, Status.SUBMITTED, Status.IDENTITY_VERIFIED, cause)

    time, until = _at(12, "08:30:06.533"), _at(13, "08:30:06.533")
    line = FeeLine(kind=FeeKind.FEE, amount=6_000, rule="2.000815/page", act="226/2016/TT-BTC")
    requested = PaymentRequested(
        dossier=it.dossier, order="MC2610120000001", amount=6_000, lines=(line,), expires_at=until
    )
    cause = it.tell(time, requested, cause)
    it.move(time, Status.IDENTITY_VERIFIED, Status.PAYMENT_REQUESTED, cause)
    it.notify(time, Topic.PAYMENT_REQUESTED, cause, Facts(amount=6_000, expires_at=until))

    time = _at(12, "08:34:51.007")
    settled = PaymentSettled(
        dossier=it.dossier,
        order="MC2610120000001",
        amount=6_000,
        gateway=Gateway.VNPAY,
        transaction="14591234",
        bank="NCB",
        paid_at=_at(12, "08:34:48"),
        receipt="BL26H29-0000001",
    )
    cause = it.tell(time, settled, it.outside(time, "gateway called"))
    it.move(time, Status.PAYMENT_REQUESTED, Status.FEE_SETTLED, cause)
    it.notify(time, Topic.PAYMENT_SETTLED, cause, Facts(amount=6_000, receipt="BL26H29-0000001"))

    _processed(it, 12, Handover.ELECTRONIC, "KQ.G15.000032")
    return it.examples


def free_of_charge() -> list[Example]:
    """Birth registered in time, in English; an officer settles a doubt about the name; one mail bounces."""
    it = _filed(2, "1.001193", _at(12, "08:41:17.902"), FeeBasis(submitted_on=_FILED_ON), Language.ENGLISH)
    it.submit()

    time = _at(12, "08:41:19.350")
    doubt = IdentityReviewRequired(dossier=it.dossier, attributes=_NAME_DIFFERS, reason=ReviewReason.PARTIAL_MATCH)
    cause = it.tell(time, doubt, it.outside(time, "registry answered"))
    it.move(time, Status.SUBMITTED, Status.IDENTITY_IN_REVIEW, cause)

    time = _at(12, "09:12:40.118")
    verified = IdentityVerified(
        dossier=it.dossier, fee_basis=it.basis, attributes=_NAME_DIFFERS, verified_by=it.officer
    )
    cause = it.tell(time, verified, it.outside(time, "officer decided"))
    it.move(time, Status.IDENTITY_IN_REVIEW, Status.IDENTITY_VERIFIED, cause)

    time = _at(12, "09:12:40.171")
    waived = PaymentWaived(
        dossier=it.dossier, reason=WaiverReason.FREE_OF_CHARGE, rule="1.001193/in-time", act="60/2014/QH13"
    )
    cause = it.tell(time, waived, cause)
    it.move(time, Status.IDENTITY_VERIFIED, Status.FEE_SETTLED, cause)
    it.notify_in_vain(time, Topic.PAYMENT_WAIVED, cause, Facts(act="60/2014/QH13"))

    _processed(it, 12, Handover.AT_THE_COUNTER, "KQ.G15.000001")
    return it.examples


def not_identified() -> list[Example]:
    """The registry knows nobody with this personal number: the application ends here."""
    it = _filed(3, "2.000908", _at(12, "08:55:30.660"), FeeBasis(submitted_on=_FILED_ON))
    it.submit()
    time = _at(12, "08:55:32.004")
    rejected = IdentityRejected(dossier=it.dossier, attributes=_NOBODY)
    cause = it.tell(time, rejected, it.outside(time, "registry answered"))
    it.move(time, Status.SUBMITTED, Status.IDENTITY_REJECTED, cause)
    it.notify(time, Topic.IDENTITY_REJECTED, cause, Facts(attributes=_NOBODY))
    return it.examples


def not_paid_in_time() -> list[Example]:
    """A household business; nobody pays within a day, and what arrives on 14/10 settles nothing."""
    it = _filed(4, "1.001612", _at(12, "09:20:44.071"), FeeBasis(submitted_on=_FILED_ON))
    it.submit()

    time = _at(12, "09:20:45.390")
    verified = IdentityVerified(dossier=it.dossier, fee_basis=it.basis, attributes=_MATCHED)
    cause = it.tell(time, verified, it.outside(time, "registry answered"))
    it.move(time, Status.SUBMITTED, Status.IDENTITY_VERIFIED, cause)

    time, until = _at(12, "09:20:45.444"), _at(13, "09:20:45.444")
    line = FeeLine(kind=FeeKind.CHARGE, amount=100_000, rule="1.001612/first", act="85/2019/TT-BTC")
    requested = PaymentRequested(
        dossier=it.dossier, order="MC2610120000002", amount=100_000, lines=(line,), expires_at=until
    )
    cause = it.tell(time, requested, cause)
    it.move(time, Status.IDENTITY_VERIFIED, Status.PAYMENT_REQUESTED, cause)
    it.notify(time, Topic.PAYMENT_REQUESTED, cause, Facts(amount=100_000, expires_at=until))

    expired = PaymentExpired(dossier=it.dossier, order="MC2610120000002")
    cause = it.tell(until, expired, it.outside(until, "payment deadline"))
    it.move(until, Status.PAYMENT_REQUESTED, Status.PAYMENT_EXPIRED, cause)
    it.notify(until, Topic.PAYMENT_EXPIRED, cause)

    time = _at(14, "07:58:12.635")
    late = PaymentReceivedLate(
        order="MC2610120000002",
        amount=100_000,
        gateway=Gateway.VNPAY,
        transaction="14602871",
        reason=LateReason.EXPIRED,
        paid_at=_at(14, "07:58:10"),
    )
    it.tell(time, late, it.outside(time, "gateway called"))
    return it.examples


def _filed(
    number: int, procedure: str, time: datetime, basis: FeeBasis, language: Language = Language.VIETNAMESE
) -> Telling:
    code = f"{_AGENCY}-{_FILED_ON:%y%m%d}-{number:04d}"
    dossier = Dossier(
        code=code,
        applicant_id=identifier(time, code, "applicant"),
        procedure=procedure,
        agency=_AGENCY,
        channel=Channel.ONLINE,
        language=language,
    )
    return Telling(time, dossier, basis)


def _processed(it: Telling, day: int, handover: Handover, result: str) -> None:
    """The officer's part of a dossier that is due the same day and granted."""
    time, appointment = _at(day, "10:05:22.840"), _at(day, "17:00:00")
    accepted = it.accept(time, appointment, working_days=0)
    it.notify(time, Topic.ACCEPTED, accepted, Facts(appointment=appointment))
    time = _at(day, "14:48:03.195")
    decided = it.decide(time, Outcome.GRANTED, result)
    it.notify(time, Topic.DECIDED, decided, Facts(outcome=Outcome.GRANTED))
    time = _at(day, "14:52:37.561")
    returned = it.hand_over(time, Outcome.GRANTED, handover)
    it.notify(time, Topic.RESULT_RETURNED, returned, Facts(outcome=Outcome.GRANTED))


def _at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-{day:02d}T{clock}+07:00")
