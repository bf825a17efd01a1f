"""Journeys 6: nobody pays, or too late, twice, or the wrong amount: nothing is swallowed, everything goes back."""

import pytest

from motcua_contracts import (
    PaymentExpired,
    PaymentRefunded,
    PaymentSettled,
    PaymentUnapplied,
    RefundRequested,
    Status,
    UnappliedReason,
)
from motcua_local.demo.checker import status_of
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_not_paid_in_time_stops_the_application_and_the_citizen_is_told(mix: Travelled) -> None:
    for application in mix.of(Journey.EXPIRED):
        assert len(mix.events(application, PaymentExpired)) == 1
        assert status_of(mix.run.history.by_application[application]) is Status.PAYMENT_EXPIRED
        assert mix.told(application, "payment-expired")
        shown = await mix.get("intake", f"/applications/{mix.code(application)}", mix.citizen(application))
        assert shown["portal_status"]["number"] == 8


@pytest.mark.parametrize(
    ("journey", "reason", "settled"),
    [
        (Journey.PAID_LATE, UnappliedReason.EXPIRED, 0),
        (Journey.PAID_TWICE, UnappliedReason.PAID_TWICE, 1),
        (Journey.WRONG_AMOUNT, UnappliedReason.WRONG_AMOUNT, 1),
    ],
)
async def test_money_that_settles_nothing_is_recorded_and_returned(
    mix: Travelled, journey: Journey, reason: UnappliedReason, settled: int
) -> None:
    for application in mix.of(journey):
        [late] = mix.events(application, PaymentUnapplied)
        [asked] = mix.events(application, RefundRequested)
        [refunded] = mix.events(application, PaymentRefunded)
        assert late.reason is reason
        assert asked.transaction == late.transaction
        assert refunded.refund == asked.refund
        assert refunded.amount == asked.amount == late.amount
        assert len(mix.events(application, PaymentSettled)) == settled
        assert mix.told(application, "refund-requested", "payment-refunded")


async def test_a_notice_three_times_and_out_of_order_settles_once(mix: Travelled) -> None:
    for application in mix.of(Journey.NOTICED_AGAIN):
        assert len(mix.events(application, PaymentSettled)) == 1
        assert mix.events(application, PaymentUnapplied) == []
        assert mix.events(application, RefundRequested) == []
