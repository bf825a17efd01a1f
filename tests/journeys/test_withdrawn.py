"""Journeys 7: taken back before identity, before payment, after payment; and too late, with the reason why."""

import httpx
import pytest

from motcua_contracts import (
    ApplicationWithdrawn,
    IdentityCheckCancelled,
    IdentityVerified,
    PaymentCancelled,
    PaymentRequested,
    PaymentSettled,
    RefundReason,
    RefundRequested,
    ResultReturned,
    Status,
)
from motcua_local.demo.checker import status_of
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


@pytest.mark.parametrize(
    "journey", [Journey.WITHDRAWN_AT_ONCE, Journey.WITHDRAWN_UNPAID, Journey.WITHDRAWN_PAID, Journey.REFUND_FAILS]
)
async def test_what_is_taken_back_ends_and_the_citizen_is_told(mix: Travelled, journey: Journey) -> None:
    for application, planned in mix.of(journey).items():
        [withdrawn] = mix.events(application, ApplicationWithdrawn)
        assert withdrawn.withdrawn_by == planned.subject
        assert status_of(mix.run.history.by_application[application]) is Status.WITHDRAWN
        assert mix.told(application, "withdrawn")
        shown = await mix.get("intake", f"/applications/{mix.code(application)}", mix.citizen(application))
        assert shown["portal_status"]["number"] == 7


async def test_before_identity_nobody_is_looked_up_any_more_or_billed(mix: Travelled) -> None:
    for application in mix.of(Journey.WITHDRAWN_AT_ONCE):
        assert len(mix.events(application, IdentityCheckCancelled)) == 1
        assert len(mix.events(application, PaymentCancelled)) == 1
        assert mix.events(application, IdentityVerified) == []
        assert mix.events(application, PaymentRequested) == []


async def test_before_payment_the_bill_is_cancelled(mix: Travelled) -> None:
    for application in mix.of(Journey.WITHDRAWN_UNPAID):
        [asked] = mix.events(application, PaymentRequested)
        [cancelled] = mix.events(application, PaymentCancelled)
        assert cancelled.order == asked.order
        page = await mix.get("payment", f"/payments/{application}", mix.citizen(application))
        assert (page["state"], page.get("pay_url")) == ("cancelled", None)


async def test_after_payment_the_money_goes_back_by_a_rule(mix: Travelled) -> None:
    for application in mix.of(Journey.WITHDRAWN_PAID):
        [settled] = mix.events(application, PaymentSettled)
        [refund] = mix.events(application, RefundRequested)
        assert refund.reason is RefundReason.WITHDRAWN
        assert (refund.transaction, refund.amount) == (settled.transaction, settled.amount)
        assert (refund.rule is None, refund.act is None) == (False, False)


async def test_after_the_decision_it_is_too_late_and_the_answer_says_why(mix: Travelled) -> None:
    for application in mix.of(Journey.WITHDRAWN_TOO_LATE):
        assert application in mix.run.everybody.applicants.refused
        assert mix.events(application, ApplicationWithdrawn) == []
        assert len(mix.events(application, ResultReturned)) == 1
        async with httpx.AsyncClient(base_url=mix.stack.url("intake"), trust_env=False) as client:
            answer = await client.post(
                f"/applications/{mix.code(application)}/withdraw", headers=mix.citizen(application)
            )
        assert answer.status_code == 409
        assert answer.json()["code"] == "too-late-to-withdraw"
        assert answer.json()["detail_vi"]
