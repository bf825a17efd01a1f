"""Journeys 8: the agency says no after payment: refunded or not as the fee rule says, and the rule is cited."""

import httpx
import pytest

from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    Outcome,
    PaymentRefunded,
    RefundDeclined,
    RefundFailed,
    RefundRequested,
)
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_not_taken_in_means_the_fee_goes_back(mix: Travelled) -> None:
    for application in mix.of(Journey.DECLINED):
        [declined] = mix.events(application, ApplicationDeclined)
        [refund] = mix.events(application, RefundRequested)
        assert declined.note is not None
        assert (refund.reason.value, refund.rule is None, refund.act is None) == ("declined", False, False)
        assert mix.told(application, "declined", "refund-requested", "payment-refunded")


async def test_refused_after_the_work_was_done_the_fee_stays_and_the_rule_is_cited(mix: Travelled) -> None:
    for application in mix.of(Journey.REFUSED):
        [decided] = mix.events(application, ApplicationDecided)
        [kept] = mix.events(application, RefundDeclined)
        assert (decided.outcome, decided.ground is None) == (Outcome.REFUSED, False)
        assert mix.events(application, RefundRequested) == []
        assert mix.told(application, "refund-declined", "decided")
        page = await mix.get("payment", f"/payments/{application}", mix.citizen(application))
        assert kept.act in str(page)


@pytest.mark.parametrize("journey", [Journey.REFUND_RETRIED, Journey.REFUND_UNANSWERED])
async def test_a_refund_that_fails_or_is_not_answered_is_tried_again_and_made_once(
    mix: Travelled, journey: Journey
) -> None:
    async with httpx.AsyncClient(base_url=mix.stack.url("vnpay"), trust_env=False) as client:
        ledger = (await client.get("/control/ledger", params={"limit": 100_000})).json()
    for application in mix.of(journey):
        [refunded] = mix.events(application, PaymentRefunded)
        assert refunded.recorded_by is None
        assert mix.events(application, RefundFailed) == []
        assert len([refund for refund in ledger["refunds"] if refund["txn_ref"] == application.hex]) == 1


async def test_a_refund_the_gateway_refuses_becomes_an_officers_task_and_is_paid_by_the_treasury(
    mix: Travelled,
) -> None:
    for application in mix.of(Journey.REFUND_FAILS):
        [failed] = mix.events(application, RefundFailed)
        [refunded] = mix.events(application, PaymentRefunded)
        assert failed.refund == refunded.refund
        assert refunded.recorded_by is not None
        assert mix.told(application, "refund-failed", "payment-refunded")
