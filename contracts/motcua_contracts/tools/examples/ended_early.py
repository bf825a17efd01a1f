"""Applications that end without a decision: withdrawn, declined, stopped; and what becomes of the money."""

from datetime import datetime, timedelta

from motcua_contracts.identity import IdentityCheckCancelled
from motcua_contracts.intake import (
    ApplicationStopped,
    RefusalGround,
    Status,
    StopReason,
    SupplementItem,
    SupplementReason,
)
from motcua_contracts.notification import Failure, Topic
from motcua_contracts.payment import Closing, FeeLine, PaymentCancelled, PaymentSettled, RefundReason
from motcua_contracts.tools.examples.cashier import (
    bill,
    fail_refund,
    keep,
    refund,
    request_refund,
    retry_refund,
    settle,
)
from motcua_contracts.tools.examples.citizen import at, filed, submit, withdraw
from motcua_contracts.tools.examples.desk import accept, decline, mark
from motcua_contracts.tools.examples.herald import notify
from motcua_contracts.tools.examples.registrar import verify
from motcua_contracts.tools.telling import Example, Telling
from motcua_contracts.vocabulary import FeeKind, Language, Medium

_CERTIFICATE = FeeLine(kind=FeeKind.FEE, amount=200_000, rule="3.000333/certificate", act="244/2016/TT-BTC")
_FEE_LAW = "97/2015/QH13"
"""What the terms of a refund cite, where the resolution that sets the charge says nothing."""
_LICENCE = FeeLine(kind=FeeKind.CHARGE, amount=135_000, rule="3.000347/licence", act="37/2023/TT-BTC")
_BUSINESS = FeeLine(kind=FeeKind.CHARGE, amount=50_000, rule="1.001612/h26-online", act="1/2025/NQ-HĐND-MAU-H26")


def withdrawn_after_payment() -> list[Example]:
    """A criminal record certificate, told by Zalo; the refund fails once and is ordered again by an officer."""
    it = filed("G01.29", 2, "3.000333", "09:40:19.733", reach_by=(Medium.ZNS,))
    settled = _paid(it, at("07/12", "09:47:02.108"), _CERTIFICATE, "14591702", "BL26G01-0000001")
    withdrawn = withdraw(it, at("07/12", "16:31:40.550"))
    time = it.time_of(withdrawn, 47)
    request = request_refund(it, time, withdrawn, settled, RefundReason.WITHDRAWN, _CERTIFICATE.rule, _FEE_LAW)
    fail_refund(it, at("07/12", "17:02:11.094"), request)
    retry_refund(it, at("08/12", "08:20:45.361"), request)
    refund(it, at("08/12", "08:20:46.902"), request, "14595120")
    return it.examples


def never_supplemented() -> list[Example]:
    """A driving licence, in English; nobody supplies the health certificate, and the charge stays."""
    it = filed("G01.29", 3, "3.000347", "09:51:08.245", language=Language.ENGLISH)
    settled = _paid(it, at("07/12", "09:58:37.480"), _LICENCE, "14591863", "BL26G01-0000002")
    accept(it, at("07/12", "11:10:25.016"), at("14/12", "17:00:00"), working_days=5)
    time, respond_by = at("08/12", "14:03:56.721"), at("22/12", "17:00:00")
    marked = SupplementItem(
        item="document.health-certificate", reason=SupplementReason.OUTDATED, note=it.outside(time, "words")
    )
    mark(it, time, 1, respond_by, (marked,))
    stopped = ApplicationStopped(dossier=it.dossier, reason=StopReason.SUPPLEMENT_OVERDUE)
    closed = it.tell(respond_by, stopped, it.outside(respond_by, "supplement deadline"))
    it.status = Status.STOPPED
    notify(it, Topic.STOPPED, closed)
    keep(it, closed, settled, Closing.STOPPED, _LICENCE.rule, _FEE_LAW)
    return it.examples


def withdrawn_before_identity() -> list[Example]:
    """A marriage, taken back before the registry answered; no Zalo account has the number, so an SMS tells it."""
    it = filed("H29.25.12", 4, "1.000894", "10:02:30.969", reach_by=(Medium.ZNS, Medium.SMS))
    it.unreachable = {Medium.ZNS: Failure.NOT_REACHABLE}
    submit(it)
    withdrawn = withdraw(it, at("07/12", "10:03:05.417"))
    time = it.time_of(withdrawn, 44)
    it.tell(time, IdentityCheckCancelled(dossier=it.dossier), withdrawn)
    time += timedelta(milliseconds=3)
    it.tell(time, PaymentCancelled(dossier=it.dossier, reason=Closing.WITHDRAWN), withdrawn)
    return it.examples


def declined() -> list[Example]:
    """A household business of another ward: not taken in, and what was paid goes back."""
    it = filed("H26.30", 1, "1.001612", "10:11:54.182")
    settled = _paid(it, at("07/12", "10:19:28.390"), _BUSINESS, "14592010", "BL26H26-0000001")
    time = at("07/12", "13:47:16.655")
    closed = decline(it, time, RefusalGround.NOT_COMPETENT, it.outside(time, "words"))
    request = request_refund(
        it, it.time_of(closed, 47), closed, settled, RefundReason.DECLINED, _BUSINESS.rule, _BUSINESS.act
    )
    refund(it, at("07/12", "13:47:18.233"), request, "14593402")
    return it.examples


def _paid(it: Telling, time: datetime, line: FeeLine, transaction: str, receipt: str) -> PaymentSettled:
    """Filed, verified by the registry alone, and paid."""
    submit(it)
    request = bill(it, verify(it, it.filed + timedelta(milliseconds=1_307)), line)
    return settle(it, time, request, transaction, receipt)
