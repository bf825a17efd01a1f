"""Applications that reach an officer without detour, or end before one sees them."""

from motcua_contracts.identity import ReviewReason
from motcua_contracts.intake import Handover, Outcome, RefusalGround
from motcua_contracts.notification import Failure, Topic
from motcua_contracts.payment import Closing, FeeLine
from motcua_contracts.tools.examples.cashier import bill, expire, keep, receive_late, refund, settle, waive
from motcua_contracts.tools.examples.citizen import at, filed, submit
from motcua_contracts.tools.examples.desk import accept, grant, hand_over, refuse
from motcua_contracts.tools.examples.herald import resend
from motcua_contracts.tools.examples.registrar import NAME_DIFFERS, NOBODY, doubt, reject, verify
from motcua_contracts.tools.telling import Example, Telling
from motcua_contracts.vocabulary import FeeKind, Language, Medium

_WARD = "H29.25.12"


def paid() -> list[Example]:
    """Certified copy of four pages: 2 x 2.000 đ + 2 x 1.000 đ, paid within five minutes, done the same day."""
    it = filed(_WARD, 1, "2.000815", "08:30:05.214", pages=4)
    submit(it)
    line = FeeLine(kind=FeeKind.FEE, amount=6_000, rule="2.000815/pages", act="226/2016/TT-BTC")
    request = bill(it, verify(it, at("07/12", "08:30:06.480")), line)
    settle(it, at("07/12", "08:34:51.007"), request, "14591234", "BL26H29-0000001")
    _granted_the_same_day(it, "KQ.G15.000032", Handover.ELECTRONIC)
    return it.examples


def free_of_charge() -> list[Example]:
    """Birth registered in time, in English; an officer settles a doubt; a mail bounces and is sent again."""
    it = filed(_WARD, 2, "1.001193", "08:41:17.902", language=Language.ENGLISH)
    submit(it)
    doubt(it, at("07/12", "08:41:19.350"), NAME_DIFFERS, ReviewReason.PARTIAL_MATCH)
    verified = verify(it, at("07/12", "09:12:40.118"), NAME_DIFFERS, verified_by=it.officer)
    it.unreachable = {Medium.EMAIL: Failure.REFUSED_BY_PROVIDER}
    waive(it, verified, "1.001193/on-time", "60/2014/QH13")
    it.unreachable = {}
    resend(it, at("07/12", "09:40:15.706"), Topic.PAYMENT_WAIVED)
    _granted_the_same_day(it, "KQ.G15.000001", Handover.AT_THE_COUNTER)
    return it.examples


def not_identified() -> list[Example]:
    """The registry knows nobody with this personal number: the application ends here."""
    it = filed(_WARD, 3, "2.000908", "08:55:30.660")
    submit(it)
    reject(it, at("07/12", "08:55:32.004"), NOBODY)
    return it.examples


def not_paid_in_time() -> list[Example]:
    """A household business; nobody pays within three days, and what arrives on 11/12 goes back."""
    it = filed("H15.50.05.13", 1, "1.001612", "09:20:44.071")
    submit(it)
    line = FeeLine(kind=FeeKind.CHARGE, amount=100_000, rule="1.001612/h15", act="1/2025/NQ-HĐND-MAU-H15")
    request = bill(it, verify(it, at("07/12", "09:20:45.390")), line)
    expire(it, request)
    returned = receive_late(it, at("11/12", "07:58:12.635"), request, "14602871")
    refund(it, at("11/12", "07:58:14.020"), returned, "14602872")
    return it.examples


def refused() -> list[Example]:
    """A household business refused, with a ground and an officer's words; the charge stays."""
    it = filed("H55.242", 1, "1.001612", "09:26:02.518")
    submit(it)
    line = FeeLine(kind=FeeKind.CHARGE, amount=50_000, rule="1.001612/h55-online", act="1/2025/NQ-HĐND-MAU-H55")
    request = bill(it, verify(it, at("07/12", "09:26:03.871")), line)
    settled = settle(it, at("07/12", "09:31:55.024"), request, "14591566", "BL26H55-0000001")
    accept(it, at("07/12", "10:12:47.300"), at("10/12", "17:00:00"), working_days=3)
    time = at("09/12", "15:20:31.442")
    closed = refuse(it, time, RefusalGround.CONDITIONS_NOT_MET, it.outside(time, "words"))
    keep(it, closed, settled, Closing.REFUSED, line.rule, line.act)
    hand_over(it, at("09/12", "15:26:09.087"), Outcome.REFUSED, Handover.ELECTRONIC)
    return it.examples


def _granted_the_same_day(it: Telling, result: str, handover: Handover) -> None:
    accept(it, at("07/12", "10:05:22.840"), at("07/12", "17:00:00"))
    grant(it, at("07/12", "14:48:03.195"), result)
    hand_over(it, at("07/12", "14:52:37.561"), Outcome.GRANTED, handover)
