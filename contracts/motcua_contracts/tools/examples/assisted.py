"""The longest way to a result: filed at the counter, doubted, supplemented twice, extended once, granted."""

from motcua_contracts.identity import ReviewReason, Verdict
from motcua_contracts.intake import Handover, Outcome, SupplementItem, SupplementReason
from motcua_contracts.payment import FeeLine
from motcua_contracts.tools.examples.cashier import bill, settle
from motcua_contracts.tools.examples.citizen import at, filed, submit, supply
from motcua_contracts.tools.examples.desk import accept, extend, grant, hand_over, mark, start
from motcua_contracts.tools.examples.registrar import MATCHED, doubt, propose, verify
from motcua_contracts.tools.telling import Example, Telling, identifier
from motcua_contracts.vocabulary import Capacity, Channel, FeeKind, Filer, Medium


def assisted() -> list[Example]:
    """A criminal record certificate, ten working days, told by SMS; due 21/12, then 22/12, 24/12 and 31/12."""
    clerk = Filer(id=identifier(at("07/12", "09:32:11.402"), "colleague", "counter"), capacity=Capacity.COUNTER_OFFICER)
    how = {"channel": Channel.IN_PERSON, "reach_by": (Medium.SMS,), "filed_by": clerk}
    it = filed("G01.29", 1, "3.000333", "09:32:11.402", **how)
    submit(it)
    _identified_by_two_officers(it)
    accept(it, at("07/12", "14:20:09.775"), at("21/12", "17:00:00"), working_days=10)
    _supplemented_twice(it)
    extend(it, at("23/12", "15:02:18.940"), at("24/12", "17:00:00"), at("31/12", "17:00:00"), working_days=5)
    grant(it, at("30/12", "10:33:27.158"), "KQ.G01.000333")
    hand_over(it, at("31/12", "08:15:52.604"), Outcome.GRANTED, Handover.AT_THE_COUNTER)
    return it.examples


def _identified_by_two_officers(it: Telling) -> None:
    """The registry names two people; the second officer contradicts the first, who then agrees."""
    first, second = it.colleague("reviewer one"), it.colleague("reviewer two")
    doubt(
        it,
        at("07/12", "09:32:13.120"),
        MATCHED,
        ReviewReason.TWO_CANDIDATES,
        four_eyes="identity/criminal-record/four-eyes",
    )
    propose(it, at("07/12", "10:18:40.533"), Verdict.REJECTED, first)
    propose(it, at("07/12", "11:05:07.019"), Verdict.VERIFIED, second, replaces=first)
    verified = verify(it, at("07/12", "13:41:33.286"), MATCHED, verified_by=second, confirmed_by=first)
    line = FeeLine(kind=FeeKind.FEE, amount=200_000, rule="3.000333/certificate", act="244/2016/TT-BTC")
    settle(it, at("07/12", "13:52:20.611"), bill(it, verified, line), "14593377", "BL26G01-0000003")


def _supplemented_twice(it: Telling) -> None:
    """Pauses of one whole working day, then two; from 16/12 another provider carries the SMS."""
    time = at("09/12", "09:04:51.330")
    purpose = SupplementItem(item="field.purpose", reason=SupplementReason.MISSING)
    residences = SupplementItem(
        item="field.residences", reason=SupplementReason.INCONSISTENT, note=it.outside(time, "words")
    )
    mark(it, time, 1, at("23/12", "17:00:00"), (purpose, residences))
    items, moved = (purpose.item, residences.item), at("22/12", "17:00:00")
    supply(it, at("11/12", "10:26:14.052"), 1, items, moved, working_days=1)
    start(it, at("14/12", "08:10:33.907"))
    it.sms_provider = "sms-two"
    proxy = SupplementItem(item="document.authorisation", reason=SupplementReason.MISSING)
    mark(it, at("16/12", "10:41:05.226"), 2, at("30/12", "17:00:00"), (proxy,))
    moved = at("24/12", "17:00:00")
    supply(it, at("21/12", "09:37:48.815"), 2, (proxy.item,), moved, working_days=2)
