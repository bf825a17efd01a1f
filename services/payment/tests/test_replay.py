"""Payment's own events say what led to them: a rehearsal of unchanged rules finds nothing."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua_contracts import (
    CATALOGUE,
    Event,
    PaymentExpired,
    PaymentRefunded,
    PaymentSettled,
    PaymentUnapplied,
    RefundFailed,
    RefundRequested,
    Stream,
)
from motcua_payment.replay import REPLAYABLE
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
from tests.support.recorded_run import SECOND, RecordedRun

HERE = {PaymentSettled, PaymentUnapplied, PaymentExpired, PaymentRefunded, RefundFailed, RefundRequested}
"""What a notice, an answer, an order or a timer can begin a decision with."""
ABOUT = given_back, taken_back, refused_by_gateway, retry, record
MESSAGES: list[Any] = [
    verified(),
    verified(FREE),
    verified(KEPT),
    *ends().values(),
    NOT_PAID,
    UNASKED,
    paid("14000003", at=LAST_MOMENT + timedelta(days=99)),
    *(paid(number, amount) for number in ("14000001", "14000002") for amount in (OWED, OWED - 1)),
    *(exhausted(number, uncertain=uncertain) for number in (1, 2) for uncertain in (True, False)),
    *(act(number) for number in ("14000001", "14000002") for act in ABOUT),
    record("14000001", at=NOW),
]
STEPS = st.lists(
    st.tuples(st.sampled_from(MESSAGES), st.sampled_from([SECOND, timedelta(days=3)]), st.sampled_from([0, 1, 9])),
    max_size=14,
)


def told(steps: list[tuple[Any, timedelta, int]]) -> RecordedRun:
    run = RecordedRun(REPLAYABLE, APPLICATION, DECIDER)
    for body, wait, late in steps:
        run.take(body, wait, timedelta(seconds=late))
    return run


@settings(deadline=None)
@given(STEPS)
def test_whatever_happened_unchanged_rules_say_the_same(steps: list[tuple[Any, timedelta, int]]) -> None:
    run = told(steps)
    assert run.rehearse() == []
    assert run.started_here <= HERE


def test_every_event_that_begins_a_decision_is_recalled() -> None:
    stories: list[list[Any]] = [
        [verified(), paid(), ends()["withdrawn"], refused_by_gateway("14000001"), retry("14000001"), exhausted()],
        [verified(), NOT_PAID, paid("14000002"), given_back("14000002")],
        [verified(FREE), paid(), exhausted(uncertain=True), record("14000001")],
        [ends()["declined"]],
        [verified(), paid(at=LAST_MOMENT + timedelta(days=99))],
        [verified(KEPT), paid(amount=200_000), ends(KEPT)["refused"]],
    ]
    runs = [told([(body, SECOND, 0) for body in story]) for story in stories]
    assert set.union(*(run.started_here for run in runs)) == HERE
    others = set.union(*(run.started_by_others for run in runs))
    assert others | HERE == {event for event in CATALOGUE.values() if _is_ours(event)}
    assert [run.rehearse() for run in runs] == [[]] * len(runs)


def _is_ours(event: type[Event]) -> bool:
    return event.stream is Stream.PAYMENT and event.successor is None


def test_a_refund_recorded_by_an_officer_while_the_gateway_s_clock_was_ahead_is_recalled() -> None:
    run = told([(paid(), -timedelta(hours=1), 0), (refused_by_gateway("14000001"), SECOND, 0)])
    run.take(record("14000001"))
    assert run.rehearse() == []
