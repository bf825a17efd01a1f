"""Whatever arrives, in whatever order: no money is lost, none goes back twice, no number is skipped."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregate
from motcua_chassis.counters import Offer
from motcua_chassis.decisions import Folder
from motcua_chassis.inputs import Command
from motcua_contracts import (
    PaymentCancelled,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundRequested,
    Stream,
)
from motcua_payment.state import Payment
from services.payment.tests.story import (
    APPLICATION,
    DECIDER,
    FREE,
    KEPT,
    LAST_MOMENT,
    NOT_PAID,
    NOW,
    OWED,
    UNASKED,
    after,
    decide,
    ends,
    exhausted,
    fold,
    given_back,
    message,
    paid,
    record,
    refused_by_gateway,
    retry,
    taken_back,
    verified,
)

PRICES = [OWED, OWED, 200_000, 1, OWED + 1]
TIMES = [NOW, NOW, LAST_MOMENT, LAST_MOMENT + timedelta(seconds=1)]
TRANSACTIONS = st.integers(1, 5).map(str)


def bodies(application: UUID = APPLICATION) -> st.SearchStrategy[Any]:
    """Bills, ends, notices, answers of the gateway and orders of officers, mostly about few transactions."""
    about = [given_back, taken_back, refused_by_gateway, retry, record]
    return st.one_of(
        st.sampled_from([verified(), verified(FREE), verified(KEPT), *ends().values(), *ends(KEPT).values()]),
        st.sampled_from([NOT_PAID, UNASKED]),
        st.builds(paid, TRANSACTIONS, st.sampled_from(PRICES), st.just(application.hex), st.sampled_from(TIMES)),
        st.builds(lambda make, transaction: make(transaction, application), st.sampled_from(about), TRANSACTIONS),
        st.builds(exhausted, st.integers(1, 5), uncertain=st.booleans()),
    )


def told_by(arrived: list[Any]) -> tuple[Payment, list[Any]]:
    state, history = DECIDER.initial, []
    for body in arrived:
        events = decide(state, body)
        state = fold(state, events)
        history += events
    return state, history


def of(history: list[Any], *kinds: type[Any]) -> list[Any]:
    return [event for event in history if isinstance(event, kinds)]


@settings(max_examples=400)
@given(st.lists(bodies(), max_size=25))
def test_all_money_received_is_kept_for_what_was_asked_or_goes_back_once(arrived: list[Any]) -> None:
    state, history = told_by(arrived)
    received: dict[str, int] = {}
    for body in arrived:
        if hasattr(body, "bank"):
            received.setdefault(body.transaction, body.amount)
    settled, late = of(history, PaymentSettled), of(history, PaymentUnapplied)
    booked = {event.transaction: event.amount for event in (*settled, *late)}
    assert len(booked) == len(settled) + len(late), "no money is counted twice"
    assert booked == received, "none is lost"
    back = {event.refund: event for event in of(history, RefundRequested)}
    goes = {event.transaction: event.amount for event in back.values()}
    assert len(goes) == len(back), "one payment is given back at most once"
    assert all(goes[event.transaction] == event.amount for event in late), "what settles nothing goes back whole"
    kept = sum(event.amount - goes.get(event.transaction, 0) for event in settled)
    assert all(amount <= received[transaction] for transaction, amount in goes.items())
    assert sum(received.values()) == kept + sum(goes.values())
    if settled and state.closing is not None:
        assert kept == sum(part.amount for part in state.kept), "what stays is said to stay"
    assert all(event.paid_at <= LAST_MOMENT for event in settled), "what is paid too late settles nothing"
    made = [event.refund for event in of(history, PaymentRefunded)]
    assert len(made) == len(set(made)), "no refund is made twice"
    assert set(made) <= back.keys()


@given(st.lists(bodies(), max_size=25))
def test_an_application_is_billed_at_most_once_and_ends_at_most_once(arrived: list[Any]) -> None:
    _, history = told_by(arrived)
    assert len(of(history, PaymentRequested, PaymentWaived)) <= 1
    assert len(of(history, PaymentSettled, PaymentExpired, PaymentWaived, PaymentCancelled)) <= 1
    numbers = [event.number for event in of(history, RefundRequested) if event.attempt == 1]
    assert numbers == list(range(1, len(numbers) + 1))


@given(st.lists(bodies(), max_size=12), bodies())
def test_a_number_is_asked_for_exactly_when_a_payment_settles(arrived: list[Any], last: Any) -> None:
    state = after(*arrived)
    assert DECIDER.counter is not None
    named = DECIDER.counter(state, message(last)) is not None
    assert named == any(isinstance(event, PaymentSettled) for event in decide(state, last))


APPLICATIONS = [UUID(int=number) for number in range(5)]


@given(st.lists(st.sampled_from(APPLICATIONS).flatmap(lambda a: st.tuples(st.just(a), bodies(a))), max_size=40))
def test_receipts_of_all_applications_of_a_series_have_no_gap_and_no_repeat(arrived: list[tuple[UUID, Any]]) -> None:
    blank = {id_: Aggregate(id_, 0, DECIDER.initial, None, None) for id_ in APPLICATIONS}
    offer = Offer({"BL26H29": 0})
    commands = [Command(application, body, uuid4()) for application, body in arrived]
    decided = Folder(Stream.PAYMENT, DECIDER).fold(commands, blank, NOW, offer, set())
    assert not [command for command in commands if command.outcome is None or command.outcome.fault]
    events = [recorded.event for change in decided.changes for recorded in change.recorded]
    receipts = [event.receipt for event in events if isinstance(event, PaymentSettled)]
    assert receipts == [f"BL26H29-{number:07d}" for number in range(1, len(receipts) + 1)]
    assert offer.values == {"BL26H29": len(receipts)}
