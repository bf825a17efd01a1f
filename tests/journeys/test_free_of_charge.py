"""Journey 2: a zero fee or an exemption skips the gateway, and the rule that says so is cited."""

from collections.abc import Awaitable, Callable

import httpx

from motcua_contracts import PaymentRequested, PaymentWaived, WaiverReason
from motcua_local.demo.plan import Journey
from tests.support.journey import Travelled


async def test_what_is_free_of_charge_never_meets_the_gateway(travel: Callable[..., Awaitable[Travelled]]) -> None:
    told = await travel(Journey.FREE, 8)

    async with httpx.AsyncClient(base_url=told.stack.url("vnpay"), trust_env=False) as client:
        charged = {charge["txn_ref"] for charge in (await client.get("/control/ledger")).json()["charges"]}
    for application in told.applications:
        assert told.events(application, PaymentRequested) == []
        assert application.hex not in charged


async def test_the_waiver_cites_its_rule_to_the_citizen(travel: Callable[..., Awaitable[Travelled]]) -> None:
    told = await travel(Journey.FREE, 8)

    for application, planned in told.applications.items():
        [waived] = told.events(application, PaymentWaived)
        always_free = planned.form["procedure"] in {"1.000894", "2.000908"}
        assert waived.reason is (WaiverReason.FREE_OF_CHARGE if always_free else WaiverReason.EXEMPT)
        page = await told.get("payment", f"/payments/{application}", told.citizen(application))
        assert (page["state"], page["amount"], page["rule"], page["act"]) == ("waived", 0, waived.rule, waived.act)
        assert any(waived.act in mail["text"] for mail in await told.mails(application))
