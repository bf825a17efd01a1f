"""What payment decides, case by case: bills, receipts, ends, refunds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from motcua_chassis.message import Refusal, Work
from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import (
    Closing,
    FeeBasis,
    FeeLine,
    Medium,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    RefundDeclined,
    RefundFailure,
    RefundReason,
    RefundRequested,
)
from motcua_payment.domain import EXPIRY, NOTICE_GRACE, PAYMENT_WINDOW, decider
from motcua_payment.fees import NoRefundRule, load_fees
from motcua_payment.refunds import REFUND
from motcua_payment.state import Payment, Phase
from services.payment.tests.made_up import rule, schedule
from services.payment.tests.story import (
    APPLICATION,
    DECIDER,
    FREE,
    KEPT,
    LAST_MOMENT,
    NOT_PAID,
    NOW,
    OFFICER,
    OWED,
    OWING,
    SEEN,
    STATES,
    WITHDRAWN,
    after,
    answer,
    decide,
    dossier,
    ends,
    exhausted,
    fold,
    given_back,
    message,
    paid,
    record,
    refund_of,
    refused_by_gateway,
    retry,
    taken_back,
    verified,
)


def kinds(events: list[Any]) -> list[type]:
    return [type(event) for event in events]


def test_a_verified_applicant_is_asked_for_what_the_rules_say_until_the_window_closes() -> None:
    [request] = decide(Payment(), verified())
    assert request.order == APPLICATION.hex
    assert (request.amount, [line.rule for line in request.lines]) == (OWED, ["2.000815/pages"])
    assert (request.requested_at, request.expires_at) == (NOW, NOW + PAYMENT_WINDOW)


def test_a_waiver_names_the_rule_and_the_act() -> None:
    [waived] = decide(Payment(), verified(FREE))
    assert (waived.reason, waived.rule, waived.act) == ("free-of-charge", "2.000908/free", "97/2015/QH13")


def test_a_settled_payment_carries_every_fact_of_the_notice_and_its_receipt() -> None:
    [settled] = decide(STATES["requested"], paid("14000009"))
    assert settled == PaymentSettled(
        dossier=dossier(), order=APPLICATION.hex, amount=OWED, gateway="vnpay", transaction="14000009", bank="NCB",
        paid_at=NOW, receipt="BL26H29-0000001",
    )  # fmt: skip


def test_money_of_a_wrong_amount_leaves_the_request_open_for_the_right_one() -> None:
    state = after(verified(), paid("14000001", amount=1), paid("14000002"))
    assert (state.phase, state.transactions) == (Phase.SETTLED, ("14000001", "14000002"))


def test_money_that_came_before_the_bill_does_not_stand_in_its_way() -> None:
    assert kinds(decide(STATES["unknown"], verified())) == [PaymentRequested]


def test_a_request_expires_only_when_no_notice_of_a_payment_in_time_can_still_come() -> None:
    last_repeat = timedelta(minutes=10 * 5)
    assert last_repeat < NOTICE_GRACE
    late_notice = decide(STATES["requested"], paid(), now=NOW + PAYMENT_WINDOW + last_repeat)
    assert kinds(late_notice) == [PaymentSettled]


@pytest.mark.parametrize(
    ("agency", "now", "series"),
    [
        ("H29.25.12", datetime(2026, 12, 31, 16, 59, tzinfo=UTC), "BL26H29"),
        ("H29.25.12", datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "BL27H29"),
        ("H29", datetime(2027, 1, 1, tzinfo=VIETNAM), "BL27H29"),
        ("G01.29", NOW, "BL26G01"),
    ],
)
def test_a_receipt_belongs_to_the_year_in_vietnam_and_the_top_level_agency(
    agency: str, now: datetime, series: str
) -> None:
    procedure = "3.000347" if agency.startswith("G") else OWING
    state = after(verified(procedure, agency))
    assert state.request is not None
    money = paid(amount=state.request.amount)
    assert DECIDER.counter is not None
    assert DECIDER.counter(state, message(money, now)) == series
    [settled] = decide(state, money, now)
    assert settled.receipt == f"{series}-0000001"


def test_the_rule_of_the_day_of_submission_counts_however_late_the_identity_is_verified() -> None:
    licence = verified("3.000347", "G01.29")
    filed = licence.model_copy(update={"fee_basis": FeeBasis(submitted_on=date(2025, 12, 31))})
    [request] = decide(Payment(), filed)
    assert request.amount == 115_000


def test_a_payment_of_within_the_grace_settles_however_late_we_learn_of_it() -> None:
    found = decide(STATES["requested"], paid(at=LAST_MOMENT), now=LAST_MOMENT + timedelta(days=2))
    assert kinds(found) == [PaymentSettled]


def test_what_was_paid_after_the_grace_ends_the_request_and_goes_back() -> None:
    events = decide(STATES["requested"], paid("1", at=LAST_MOMENT + timedelta(seconds=1)))
    assert kinds(events) == [PaymentExpired, PaymentUnapplied, RefundRequested]
    state = fold(STATES["requested"], events)
    assert (state.phase, events[1].reason, events[2].reason) == (Phase.EXPIRED, "expired", "expired")
    assert "expiry" not in DECIDER.due(state)


def test_a_wrong_amount_that_asking_found_goes_back_and_the_gateway_is_asked_again() -> None:
    state = after(verified(), paid("1", amount=1))
    assert DECIDER.due(state)["expiry"] == Work(EXPIRY, LAST_MOMENT)
    assert kinds(decide(state, NOT_PAID)) == [PaymentExpired]


def test_a_rehearsal_may_be_short() -> None:
    brief = decider(load_fees(), timedelta(seconds=5), timedelta(seconds=2))
    [request] = brief.decide(Payment(), message(verified()))  # type: ignore[misc]
    assert request.expires_at == NOW + timedelta(seconds=5)
    assert brief.due(brief.evolve(Payment(), request)) == {"expiry": Work(EXPIRY, NOW + timedelta(seconds=7))}


@pytest.mark.parametrize("end", [name for name in ends() if name != "granted"])
def test_an_application_that_ends_before_it_is_billed_never_is(end: str) -> None:
    [cancelled] = decide(Payment(), ends()[end])
    assert (cancelled.reason, cancelled.order, cancelled.dossier) == (end, None, dossier())
    assert decide(after(ends()[end]), verified()) == []


def test_a_bill_that_is_called_off_names_its_order_and_has_no_timer_left() -> None:
    state = after(verified(), WITHDRAWN)
    assert state.cancellation is not None
    assert (state.phase, state.cancellation.order, state.closing) == (Phase.CANCELLED, APPLICATION.hex, "withdrawn")
    assert DECIDER.due(state) == {}


def test_a_whole_fee_that_goes_back_cites_the_rule_that_asked_for_it_and_what_it_paid() -> None:
    [back] = decide(STATES["settled"], WITHDRAWN)
    assert back == RefundRequested(
        dossier=dossier(), refund=refund_of(SEEN), number=1, order=APPLICATION.hex, transaction=SEEN, gateway="vnpay",
        amount=OWED, paid=OWED, paid_at=NOW, reason=RefundReason.WITHDRAWN, rule="2.000815/pages", act="97/2015/QH13",
        lines=(FeeLine(kind="fee", amount=OWED, rule="2.000815/pages", act="97/2015/QH13"),),
    )  # fmt: skip


def test_a_refund_under_two_rules_carries_each_line_with_its_rule_and_act(tmp_path: Path) -> None:
    fees = schedule(tmp_path, rule("a/fee", "amount: 3000"), rule("b/charge", "amount: 1000", kind="charge"))
    made_up = decider(fees)
    state = fold(Payment(), list(made_up.decide(Payment(), message(verified()))))  # type: ignore[arg-type]
    state = fold(state, decide(state, paid(SEEN, amount=4_000)))
    [back] = made_up.decide(state, message(WITHDRAWN))  # type: ignore[misc]
    assert [(line.kind, line.amount, line.rule, line.act) for line in back.lines] == [
        ("fee", 3_000, "a/fee", "97/2015/QH13"), ("charge", 1_000, "b/charge", "97/2015/QH13"),
    ]  # fmt: skip
    assert (back.amount, back.rule) == (4_000, "a/fee")


def by_message(event: Any) -> Any:
    """The same event of an applicant who now wants to be reached otherwise."""
    return event.model_copy(update={"dossier": event.dossier.model_copy(update={"reach_by": (Medium.SMS,)})})


@pytest.mark.parametrize("about", [given_back, refused_by_gateway, retry, record])
def test_news_of_a_refund_goes_where_the_applicant_wants_to_be_told_by_now(about: Any) -> None:
    """Of refunds from before the end of the application, too."""
    state = after(verified(), paid(SEEN), paid("2"), refused_by_gateway("2"))
    [back] = decide(state, by_message(WITHDRAWN))
    assert back.dossier.reach_by == (Medium.SMS,)
    state = fold(state, [back])
    if about in {given_back, refused_by_gateway}:
        state = fold(state, decide(state, retry("2")))
    [told] = decide(state, about("2"))
    assert told.dossier.reach_by == (Medium.SMS,)


@pytest.mark.parametrize("end", ["withdrawn", "refused"])
def test_the_dossier_of_an_end_is_the_one_of_money_that_comes_later(end: str) -> None:
    state = after(verified(KEPT), paid(SEEN, amount=200_000), by_message(ends(KEPT)[end]), paid("2"))
    assert state.refunds[-1].request.dossier is not None
    assert state.refunds[-1].request.dossier.reach_by == (Medium.SMS,)
    called_off = after(verified(), by_message(WITHDRAWN), paid("2"))
    assert called_off.dossier is not None
    assert called_off.dossier.reach_by == (Medium.SMS,)


def test_a_fee_that_stays_cites_the_rule_that_says_so() -> None:
    state = after(verified(KEPT, "G01.29"), paid(SEEN, amount=200_000))
    [stays] = decide(state, ends(KEPT)["refused"])
    assert isinstance(stays, RefundDeclined)
    assert (stays.amount, stays.reason, stays.rule, stays.act) == (
        200_000, Closing.REFUSED, "3.000333/certificate", "97/2015/QH13",
    )  # fmt: skip
    closed = DECIDER.evolve(state, stays)
    assert (closed.closing, closed.kept) == (Closing.REFUSED, (stays,))
    assert decide(closed, ends(KEPT)["withdrawn"]) == [], "the first end counts"
    [back] = decide(state, ends(KEPT)["declined"])
    assert isinstance(back, RefundRequested)


def test_what_was_asked_for_by_a_rule_that_is_gone_waits_for_the_rule() -> None:
    state = STATES["settled"]
    assert state.request is not None
    line = state.request.lines[0].model_copy(update={"rule": "2.000815/gone"})
    gone = DECIDER.evolve(STATES["unknown"], state.request.model_copy(update={"lines": (line,)}))
    with pytest.raises(NoRefundRule, match=r"fee rule 2\.000815/gone is gone"):
        decide(DECIDER.evolve(gone, state.settled), WITHDRAWN)


def test_every_refund_has_its_own_number_and_every_try_of_it_the_same() -> None:
    twice = after(verified(), paid("1"), paid("2"), paid("3"), refused_by_gateway("2"))
    assert [(r.request.number, r.request.refund, r.state) for r in twice.refunds] == [
        (1, refund_of("2"), "failed"), (2, refund_of("3"), "requested"),
    ]  # fmt: skip
    [again] = decide(twice, retry("2"))
    assert (again.number, again.refund, again.attempt, again.requested_by) == (1, refund_of("2"), 2, OFFICER)
    assert DECIDER.due(DECIDER.evolve(twice, again)) == {"refund:1": Work(REFUND), "refund:2": Work(REFUND)}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (refused_by_gateway(SEEN), RefundFailure.REFUSED_BY_GATEWAY),
        (exhausted(), RefundFailure.GATEWAY_UNAVAILABLE),
        (exhausted(uncertain=True), RefundFailure.OUTCOME_UNKNOWN),
    ],
)
def test_a_refund_that_fails_says_why_and_waits_for_an_officer(body: Any, reason: RefundFailure) -> None:
    [failed] = decide(STATES["closed"], body)
    assert (failed.reason, failed.refund, failed.amount) == (reason, refund_of(SEEN), OWED)
    assert (failed.order, failed.transaction, failed.attempt) == (APPLICATION.hex, SEEN, 1)
    state = DECIDER.evolve(STATES["closed"], failed)
    assert DECIDER.due(state) == {}
    state = fold(state, decide(state, retry(SEEN)))
    [again] = decide(state, body)
    assert again.attempt == 2
    definite = reason is RefundFailure.REFUSED_BY_GATEWAY
    assert state.refunds[0].orders == (2 if definite else 1), "only a definite refusal lets us order anew"
    state = fold(state, [again])
    assert fold(state, decide(state, retry(SEEN))).refunds[0].orders == (3 if definite else 1)


def test_a_refund_that_the_gateway_took_is_not_made_yet_and_stays_due() -> None:
    assert decide(STATES["closed"], taken_back(SEEN)) == []
    assert DECIDER.due(STATES["closed"]) == {"refund:1": Work(REFUND)}
    [made] = decide(STATES["closed"], given_back(SEEN))
    assert (made.gateway, made.order, made.transaction) == ("vnpay", APPLICATION.hex, SEEN)


def test_a_transfer_of_the_treasury_is_recorded_with_the_officer_and_its_time() -> None:
    yesterday = NOW + timedelta(hours=1)
    [made] = decide(STATES["failed"], record(SEEN, at=yesterday), now=NOW + timedelta(days=1))
    assert (made.recorded_by, made.reference, made.refunded_at) == (OFFICER, "KB261122-0042", yesterday)
    assert (made.gateway, made.order, made.transaction) == (None, APPLICATION.hex, SEEN)


@pytest.mark.parametrize(
    "at", [NOW - timedelta(seconds=1), NOW + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)]
)
def test_a_transfer_before_the_payment_or_in_the_future_is_refused(at: datetime) -> None:
    refusal = answer(STATES["failed"], record(SEEN, at=at))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status) == ("refund-date-impossible", 422)


def test_three_notices_of_two_payments_in_any_order_settle_once_and_give_the_other_back() -> None:
    one, other = paid("1"), paid("2")
    state = after(verified(), other, one, one, other, one, other)
    assert state.settled is not None
    assert state.settled.transaction == "2"
    assert [(r.request.transaction, r.request.reason) for r in state.refunds] == [("1", "paid-twice")]
