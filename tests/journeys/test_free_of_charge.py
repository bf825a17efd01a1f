"""Journey 2: a zero fee or an exemption skips the gateway, and the rule that says so is cited."""

import httpx

from motcua_contracts import PaymentRequested, PaymentWaived, WaiverReason
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_what_is_free_of_charge_never_meets_the_gateway(mix: Travelled) -> None:

    async with httpx.AsyncClient(base_url=mix.stack.url("vnpay"), trust_env=False) as client:
        charged = {charge["txn_ref"] for charge in (await client.get("/control/ledger")).json()["charges"]}
    for application in mix.of(Journey.FREE):
        assert mix.events(application, PaymentRequested) == []
        assert application.hex not in charged


async def test_the_waiver_cites_its_rule_to_the_citizen(mix: Travelled) -> None:

    for application, planned in mix.of(Journey.FREE).items():
        [waived] = mix.events(application, PaymentWaived)
        always_free = planned.submission["procedure"] in {"1.000894", "2.000908"}
        assert waived.reason is (WaiverReason.FREE_OF_CHARGE if always_free else WaiverReason.EXEMPT)
        page = await mix.get("payment", f"/payments/{application}", mix.citizen(application))
        assert (page["state"], page["amount"], page["rule"], page["act"]) == ("waived", 0, waived.rule, waived.act)
        if planned in mix.of(Journey.FREE, by="email").values():
            assert any(waived.act in mail["text"] for mail in await mix.mails(application))
