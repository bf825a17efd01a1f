"""Orders that nobody seems to have paid, and VNPay's simulator as a process: it is asked before one expires."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from motcua_contracts import (
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    RefundRequested,
)
from motcua_local.waiting import comes_true
from motcua_payment.domain import EXPIRY
from services.payment.tests.story import OWED
from services.payment.tests.till import Till, open_till


@asynccontextmanager
async def asking(database: str, vnpay: httpx.AsyncClient, **more: Any) -> AsyncIterator[Till]:
    """Payment that no notice reaches, and that asks about orders whose time is over."""
    await vnpay.put("/control/merchant", json={"ipn_url": "http://127.0.0.1:9/webhooks/vnpay"})
    url = more.pop("url", str(vnpay.base_url).rstrip("/"))
    async with open_till(database, vnpay=url, vnpay_timeout=2.0, notice_grace="1", **more) as till:
        workers = till.inquirer, till.refunder
        running = [asyncio.create_task(worker.run()) for worker in workers]
        yield till
        for worker in workers:
            await worker.stop(grace=1.0)
        await asyncio.gather(*running)


async def end(till: Till) -> None:
    """The time to pay is over for all orders, and no notice of a payment can be on its way any more."""
    await till.pool.execute("UPDATE work SET at = now() - interval '1 second' WHERE kind = $1", EXPIRY)


async def pay(till: Till, vnpay: httpx.AsyncClient, application: UUID, **options: Any) -> None:
    url = (await till.view(application))["pay_url"]
    (await vnpay.post("/control/pay", json={"pay_url": url, **options})).raise_for_status()


async def comes_to(till: Till, application: UUID, *kinds: type[Any]) -> list[Any]:
    async def told() -> bool:
        return [type(event) for event in await till.events(application)] == list(kinds)

    await comes_true(told, 25.0)
    events = await till.events(application)
    assert [type(event) for event in events] == list(kinds)
    return events


async def test_an_order_that_nobody_paid_or_that_was_given_up_expires_within_seconds(
    database: str, vnpay: httpx.AsyncClient
) -> None:
    async with asking(database, vnpay, payment_window="5") as till:
        unpaid, given_up = await till.bill(), await till.bill()
        await pay(till, vnpay, given_up, result="24")
        for application in (unpaid, given_up):
            await comes_to(till, application, PaymentRequested, PaymentExpired)
            assert "pay_url" not in await till.view(application)
        assert not await till.pool.fetch("SELECT 1 FROM work")


async def test_a_payment_whose_notice_never_came_settles_and_one_of_a_wrong_amount_goes_back(
    database: str, vnpay: httpx.AsyncClient
) -> None:
    async with asking(database, vnpay) as till:
        right, wrong = await till.bill(), await till.bill()
        await pay(till, vnpay, right)
        await pay(till, vnpay, wrong, amount=OWED - 1_000)
        await end(till)
        [_, settled] = await comes_to(till, right, PaymentRequested, PaymentSettled)
        assert (settled.amount, settled.bank, settled.receipt[-7:]) == (OWED, "NCB", "0000001")
        ended = PaymentRequested, PaymentUnapplied, RefundRequested, PaymentRefunded, PaymentExpired
        assert (await comes_to(till, wrong, *ended))[1].reason == "wrong-amount"


async def test_held_money_keeps_an_order_open_until_it_is_released(database: str, vnpay: httpx.AsyncClient) -> None:
    async with asking(database, vnpay) as till:
        application = await till.bill()
        await pay(till, vnpay, application, result="07")
        await end(till)

        async def asked() -> bool:
            row = await till.pool.fetchrow("SELECT attempts, last_error FROM work WHERE aggregate = $1", application)
            return row is not None and row["attempts"] > 0 and row["last_error"] == "NotDoneError"

        assert await comes_true(asked, 20.0)
        await comes_to(till, application, PaymentRequested)
        await pay(till, vnpay, application)
        await comes_to(till, application, PaymentRequested, PaymentSettled)


async def test_a_gateway_that_is_away_for_good_lets_an_order_expire_in_the_end(
    database: str, vnpay: httpx.AsyncClient
) -> None:
    async with asking(database, vnpay, url="http://127.0.0.1:9", payment_window="1", expiry_attempts=3) as till:
        await comes_to(till, await till.bill(), PaymentRequested, PaymentExpired)
