"""What payment decides, over every phase and every message, and what holds whatever arrives."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregate, Aggregates
from motcua_chassis.counters import Offer
from motcua_chassis.decisions import Folder
from motcua_chassis.inputs import Command
from motcua_chassis.message import Exhausted, Timer, Work
from motcua_contracts import (
    FeeBasis,
    LateReason,
    PaymentExpired,
    PaymentReceivedLate,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    Stream,
)
from motcua_payment.domain import EXPIRY, NOTICE_GRACE, PAYMENT_WINDOW, VIETNAM, Payment, Phase
from motcua_payment.fees import NoFeeRule
from services.payment.tests.story import (
    APPLICATION,
    DECIDER,
    EXPIRE,
    FREE,
    NOW,
    OWED,
    OWING,
    SEEN,
    STATES,
    after,
    decide,
    dossier,
    message,
    paid,
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
    "timer": EXPIRE,
}
EXPECTED = """
                | unknown   | requested    | waived   | settled    | expired
verified, owing | requested | -            | -        | -          | -
verified, free  | waived    | -            | -        | -          | -
no fee rule     | raises    | -            | -        | -          | -
full amount     | not-owed  | settled      | not-owed | paid-twice | expired
too little      | not-owed  | wrong-amount | not-owed | paid-twice | expired
too much        | not-owed  | wrong-amount | not-owed | paid-twice | expired
seen before     | -         | -            | -        | -          | -
timer           | -         | over         | -        | -          | -
"""
"""Every phase and message. A `LateReason` stands for money that is recorded and belongs to the payer."""

NAMES: dict[Any, str] = {
    PaymentRequested: "requested",
    PaymentWaived: "waived",
    PaymentSettled: "settled",
    PaymentExpired: "over",
}


def expected() -> list[tuple[Phase, str, str]]:
    head, *rows = ([cell.strip() for cell in line.split("|")] for line in EXPECTED.strip("\n").splitlines())
    return [(Phase(phase), row[0], cell) for row in rows for phase, cell in zip(head[1:], row[1:], strict=True)]


def told(events: list[Any]) -> str:
    if not events:
        return "-"
    [event] = events
    return event.reason.value if isinstance(event, PaymentReceivedLate) else NAMES[type(event)]


def test_the_states_are_in_the_phases_they_stand_for() -> None:
    assert {phase: state.phase for phase, state in STATES.items()} == {phase: phase for phase in Phase}
    assert {state.transactions for state in STATES.values()} == {(SEEN,)}


def test_the_table_leaves_no_pair_out() -> None:
    pairs = {(phase, name) for phase, name, _ in expected()}
    assert pairs == {(phase, name) for phase in Phase for name in MESSAGES}


@pytest.mark.parametrize(("phase", "name", "answer"), expected())
def test_every_message_in_every_phase_has_its_answer(phase: Phase, name: str, answer: str) -> None:
    if answer == "raises":
        with pytest.raises(NoFeeRule):
            decide(STATES[phase], MESSAGES[name])
    else:
        assert told(decide(STATES[phase], MESSAGES[name])) == answer


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("stray", [Exhausted("expiry", EXPIRY, uncertain=False), Timer("expiry", "other"), object()])
def test_a_message_nobody_wired_is_a_defect_and_said_to_be_one(phase: Phase, stray: Any) -> None:
    with pytest.raises(TypeError, match="payment has no decision for"):
        decide(STATES[phase], stray)


def test_a_verified_applicant_is_asked_for_what_the_rules_say_until_the_window_closes() -> None:
    [request] = decide(Payment(), verified())
    assert request.order == APPLICATION.hex
    assert (request.amount, [line.rule for line in request.lines]) == (OWED, ["2.000815/pages"])
    assert request.expires_at == NOW + PAYMENT_WINDOW


def test_a_waiver_names_the_rule_and_the_act() -> None:
    [waived] = decide(Payment(), verified(FREE))
    assert (waived.reason, waived.rule, waived.act) == ("free-of-charge", "2.000908/free", "97/2015/QH13")


def test_a_settled_payment_carries_every_fact_of_the_notice_and_its_receipt() -> None:
    [settled] = decide(STATES[Phase.REQUESTED], paid("14000009"))
    assert settled == PaymentSettled(
        dossier=dossier(), order=APPLICATION.hex, amount=OWED, gateway="vnpay", transaction="14000009", bank="NCB",
        paid_at=NOW, receipt="BL26H29-0000001",
    )  # fmt: skip


def test_money_of_a_wrong_amount_leaves_the_request_open_for_the_right_one() -> None:
    state = after(verified(), paid("14000001", amount=1), paid("14000002"))
    assert (state.phase, state.transactions) == (Phase.SETTLED, ("14000001", "14000002"))


def test_money_that_came_before_the_bill_does_not_stand_in_its_way() -> None:
    assert told(decide(STATES[Phase.UNKNOWN], verified())) == "requested"


def test_a_request_expires_only_when_no_notice_of_a_payment_in_time_can_still_come() -> None:
    assert DECIDER.due(STATES[Phase.REQUESTED]) == {"expiry": Work(EXPIRY, NOW + PAYMENT_WINDOW + NOTICE_GRACE)}
    last_repeat = timedelta(minutes=10 * 5)
    assert last_repeat < NOTICE_GRACE
    late_notice = decide(STATES[Phase.REQUESTED], paid(), now=NOW + PAYMENT_WINDOW + last_repeat)
    assert told(late_notice) == "settled"


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.REQUESTED])
def test_nothing_is_due_outside_of_an_open_request(phase: Phase) -> None:
    assert DECIDER.due(STATES[phase]) == {}


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


bodies = st.one_of(
    st.sampled_from([verified(), verified(FREE), EXPIRE]),
    st.builds(paid, st.integers(1, 6).map(str), st.sampled_from([OWED, OWED, 1, OWED + 1])),
)


@given(st.lists(bodies, max_size=20))
def test_whatever_arrives_the_bill_comes_once_and_money_settles_once(arrived: list[Any]) -> None:
    state, history = DECIDER.initial, []
    for body in arrived:
        events = decide(state, body)
        for event in events:
            state = DECIDER.evolve(state, event)
        history += events
    kinds = [type(event) for event in history]
    money = [event.transaction for event in history if isinstance(event, PaymentSettled | PaymentReceivedLate)]
    assert kinds.count(PaymentSettled) + kinds.count(PaymentExpired) <= kinds.count(PaymentRequested)
    assert kinds.count(PaymentRequested) + kinds.count(PaymentWaived) <= 1
    assert len(money) == len(set(money)), "no money is counted twice"
    assert set(money) == {body.transaction for body in arrived if hasattr(body, "transaction")}, "none is lost"
    assert tuple(money) == state.transactions


@given(st.lists(bodies, max_size=12), bodies)
def test_a_number_is_asked_for_exactly_when_a_payment_settles(arrived: list[Any], last: Any) -> None:
    state = after(*arrived)
    assert DECIDER.counter is not None
    named = DECIDER.counter(state, message(last)) is not None
    assert named == any(isinstance(event, PaymentSettled) for event in decide(state, last))


@given(st.lists(st.tuples(st.integers(0, 4), bodies), max_size=40))
def test_receipts_of_all_applications_of_a_series_have_no_gap_and_no_repeat(arrived: list[tuple[int, Any]]) -> None:
    applications = [UUID(int=number) for number in range(5)]
    blank = {id_: Aggregate(id_, 0, DECIDER.initial, None, None) for id_ in applications}
    offer = Offer({"BL26H29": 0})
    commands = [Command(applications[which], body, uuid4()) for which, body in arrived]
    decided = Folder(Stream.PAYMENT, DECIDER).fold(commands, blank, NOW, offer, set())
    assert not [command for command in commands if command.outcome is None or command.outcome.fault]
    events = [recorded.event for change in decided.changes for recorded in change.recorded]
    receipts = [event.receipt for event in events if isinstance(event, PaymentSettled)]
    assert receipts == [f"BL26H29-{number:07d}" for number in range(1, len(receipts) + 1)]
    assert offer.values == {"BL26H29": len(receipts)}


@pytest.mark.parametrize("phase", Phase)
def test_a_state_survives_storage(phase: Phase) -> None:
    stored = Aggregates(Payment())
    assert stored.decode(stored._encode(STATES[phase])) == STATES[phase]


@pytest.mark.parametrize("reason", LateReason)
def test_every_reason_for_late_money_is_used(reason: LateReason) -> None:
    assert reason.value in EXPECTED


def test_the_rule_of_the_day_of_submission_counts_however_late_the_identity_is_verified() -> None:
    licence = verified("3.000347", "G01.29")
    filed = licence.model_copy(update={"fee_basis": FeeBasis(submitted_on=date(2025, 12, 31))})
    [request] = decide(Payment(), filed)
    assert request.amount == 115_000
