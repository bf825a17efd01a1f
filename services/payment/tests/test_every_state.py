"""Every state and every message: what payment decides, and what is due meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.message import Exhausted, Refusal, Timer, Work
from motcua_contracts import (
    PaymentCancelled,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundFailed,
    RefundRequested,
    UnappliedReason,
)
from motcua_payment.domain import EXPIRY, NOTICE_GRACE, PAYMENT_WINDOW
from motcua_payment.fees import NoFeeRule
from motcua_payment.refunds import REFUND
from motcua_payment.state import Payment, Phase
from services.payment.tests.story import (
    DECIDER,
    FREE,
    LAST_MOMENT,
    NOT_PAID,
    NOW,
    OWED,
    SEEN,
    STATES,
    UNASKED,
    answer,
    decide,
    ends,
    exhausted,
    given_back,
    paid,
    record,
    refused_by_gateway,
    retry,
    taken_back,
    verified,
)

MESSAGES: dict[str, Any] = {
    "verified, owing": verified(),
    "verified, free": verified(FREE),
    "no fee rule": verified("9.999999"),
    "full amount": paid(),
    "too little": paid(amount=OWED - 1),
    "too much": paid(amount=OWED + 1),
    "seen before": paid(SEEN),
    "after the grace": paid(at=LAST_MOMENT + timedelta(seconds=1)),
    "less after it": paid(amount=1, at=LAST_MOMENT + timedelta(days=9)),
    "not paid": NOT_PAID,
    "unasked": UNASKED,
    **ends(),
    "taken back": taken_back(SEEN),
    "given back": given_back(SEEN),
    "refused back": refused_by_gateway(SEEN),
    "budget used up": exhausted(),
    "fate unknown": exhausted(uncertain=True),
    "retry": retry(SEEN),
    "record": record(SEEN),
    "retry of another": retry("1"),
}
EXPECTED = """
                 | unknown  | requested | waived   | settled | expired  | cancelled | closed   | failed  | refunded
verified, owing  | billed   | -         | -        | -       | -        | -         | -        | -       | -
verified, free   | waived   | -         | -        | -       | -        | -         | -        | -       | -
no fee rule      | raises   | -         | -        | -       | -        | -         | -        | -       | -
full amount      | stray    | settled   | stray    | twice   | expired  | closed    | twice    | twice   | twice
too little       | stray    | wrong     | stray    | twice   | expired  | closed    | twice    | twice   | twice
too much         | stray    | wrong     | stray    | twice   | expired  | closed    | twice    | twice   | twice
seen before      | -        | -         | -        | -       | -        | -         | -        | -       | -
after the grace  | stray    | overdue   | stray    | twice   | expired  | closed    | twice    | twice   | twice
less after it    | stray    | overdue   | stray    | twice   | expired  | closed    | twice    | twice   | twice
not paid         | -        | over      | -        | -       | -        | -         | -        | -       | -
unasked          | -        | over      | -        | -       | -        | -         | -        | -       | -
withdrawn        | off      | off       | -        | back    | -        | -         | -        | -       | -
declined         | off      | off       | -        | back    | -        | -         | -        | -       | -
refused          | off      | off       | -        | back    | -        | -         | -        | -       | -
stopped          | off      | off       | -        | back    | -        | -         | -        | -       | -
granted          | -        | -         | -        | -       | -        | -         | -        | -       | -
taken back       | -        | -         | -        | -       | -        | -         | -        | -       | -
given back       | made     | made      | made     | -       | made     | made      | made     | -       | -
refused back     | failed   | failed    | failed   | -       | failed   | failed    | failed   | -       | -
budget used up   | failed   | failed    | failed   | -       | failed   | failed    | failed   | -       | -
fate unknown     | failed   | failed    | failed   | -       | failed   | failed    | failed   | -       | -
retry            | underway | underway  | underway | nothing | underway | underway  | underway | back    | done
record           | underway | underway  | underway | nothing | underway | underway  | underway | made    | done
retry of another | nothing  | nothing   | nothing  | nothing | nothing  | nothing   | nothing  | nothing | nothing
"""
"""Every state and message. A word of `LATE` stands for money that is recorded and goes back, in one decision."""

NAMES: dict[Any, str] = {
    PaymentRequested: "billed",
    PaymentWaived: "waived",
    PaymentSettled: "settled",
    PaymentExpired: "over",
    PaymentCancelled: "off",
    RefundRequested: "back",
    PaymentRefunded: "made",
    RefundFailed: "failed",
}
LATE = {
    UnappliedReason.NEVER_BILLED: "stray",
    UnappliedReason.WAIVED: "stray",
    UnappliedReason.WRONG_AMOUNT: "wrong",
    UnappliedReason.PAID_TWICE: "twice",
    UnappliedReason.EXPIRED: "expired",
    UnappliedReason.CANCELLED: "closed",
}
REFUSALS = {"refund-underway": "underway", "refund-already-made": "done", "refund-not-found": "nothing"}


def expected() -> list[tuple[str, str, str]]:
    head, *rows = ([cell.strip() for cell in line.split("|")] for line in EXPECTED.strip("\n").splitlines())
    return [(state, row[0], cell) for row in rows for state, cell in zip(head[1:], row[1:], strict=True)]


def told(verdict: Any) -> str:
    match verdict:
        case Refusal():
            return REFUSALS[verdict.code]
        case []:
            return "-"
        case [PaymentExpired(), PaymentUnapplied(reason=UnappliedReason.EXPIRED), RefundRequested()]:
            return "overdue"
        case [PaymentUnapplied() as late, RefundRequested() as back]:
            assert (back.amount, back.transaction) == (late.amount, late.transaction)
            assert back.reason.value in {late.reason.value, "not-owed"}
            return LATE[late.reason]
        case [event]:
            return NAMES[type(event)]
        case _:
            raise AssertionError(verdict)


def test_the_states_are_in_the_phases_they_stand_for() -> None:
    settled = dict.fromkeys(("closed", "failed", "refunded"), Phase.SETTLED)
    assert {name: state.phase for name, state in STATES.items()} == {phase: phase for phase in Phase} | settled
    assert {state.transactions for state in STATES.values()} == {(SEEN,)}


def test_the_table_leaves_no_pair_out() -> None:
    pairs = {(state, name) for state, name, _ in expected()}
    assert pairs == {(state, name) for state in STATES for name in MESSAGES}


@pytest.mark.parametrize(("state", "name", "cell"), expected())
def test_every_message_in_every_state_has_its_answer(state: str, name: str, cell: str) -> None:
    if cell == "raises":
        with pytest.raises(NoFeeRule):
            decide(STATES[state], MESSAGES[name])
    else:
        assert told(answer(STATES[state], MESSAGES[name])) == cell


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("stray", [Exhausted("1", "other", uncertain=False), Timer("expiry", EXPIRY), object()])
def test_a_message_nobody_wired_is_a_defect_and_said_to_be_one(state: str, stray: Any) -> None:
    with pytest.raises(TypeError, match="payment has no decision for"):
        decide(STATES[state], stray)


@pytest.mark.parametrize("state", STATES)
def test_a_state_survives_storage(state: str) -> None:
    stored = Aggregates(Payment())
    assert stored.decode(stored._encode(STATES[state])) == STATES[state]


@pytest.mark.parametrize("reason", UnappliedReason)
def test_every_reason_for_late_money_is_used(reason: UnappliedReason) -> None:
    assert LATE[reason] in EXPECTED


@pytest.mark.parametrize("state", STATES)
def test_due_are_the_end_of_an_open_request_and_the_refunds_that_are_asked_for(state: str) -> None:
    expiry = {"expiry": Work(EXPIRY, NOW + PAYMENT_WINDOW + NOTICE_GRACE)} if state == "requested" else {}
    refund = {} if state in {"settled", "failed", "refunded"} else {"refund:1": Work(REFUND)}
    assert DECIDER.due(STATES[state]) == expiry | refund
