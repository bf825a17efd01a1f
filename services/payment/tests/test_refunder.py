"""Refunds through VNPay's simulator, as a process: made once whatever the gateway does, or handed to an officer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from motcua_chassis.worker import Task, Worker
from motcua_contracts import PaymentRefunded, PaymentSettled, PaymentUnapplied, RefundFailed, RefundRequested
from motcua_local.postgres import PostgresServer
from motcua_local.waiting import comes_true
from motcua_payment.state import Payment
from services.payment.tests.story import KEPT, OWED, ends
from services.payment.tests.till import Till, listening, open_till


@pytest_asyncio.fixture(scope="session")
async def paying(postgres: PostgresServer, vnpay: httpx.AsyncClient) -> AsyncIterator[Till]:
    """Payment whose gateway is the simulator, its refunds worked on, notices reaching it."""
    name = f"paying_{uuid4().hex[:12]}"
    url = str(vnpay.base_url).rstrip("/")
    dsn = await postgres.create_database(name)
    async with (
        open_till(dsn, vnpay=url, vnpay_timeout=0.5, refund_attempts=4) as till,
        listening(till.app) as address,
        working(till.refunder),
    ):
        await vnpay.put("/control/merchant", json={"ipn_url": f"{address}/webhooks/vnpay"})
        yield till
    await postgres.drop_database(name)


@asynccontextmanager
async def working(worker: Worker[Payment]) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop(grace=1.0)
        await running


async def pay(till: Till, vnpay: httpx.AsyncClient, application: UUID, **options: Any) -> dict[str, Any]:
    """Pay at the gateway by the address the pay page shows; returns the gateway's entry."""
    url = (await till.view(application))["pay_url"]
    return await pay_at(vnpay, url, **options)


async def pay_at(vnpay: httpx.AsyncClient, url: str, **options: Any) -> dict[str, Any]:
    answer = await vnpay.post("/control/pay", json={"pay_url": url, **options})
    assert answer.status_code == 200, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def settled(till: Till, vnpay: httpx.AsyncClient) -> tuple[UUID, dict[str, Any]]:
    application = await till.bill()
    entry = await pay(till, vnpay, application)
    await told(till, application, PaymentSettled)
    return application, entry


async def told(till: Till, application: UUID, kind: type[Any], times: int = 1) -> list[Any]:
    """The events of this kind, once there are so many."""

    async def enough() -> bool:
        return len(await of(till, application, kind)) >= times

    assert await comes_true(enough, 20.0), [type(event).__name__ for event in await till.events(application)]
    return await of(till, application, kind)


async def of(till: Till, application: UUID, kind: type[Any]) -> list[Any]:
    return [event for event in await till.events(application) if isinstance(event, kind)]


async def given(vnpay: httpx.AsyncClient, application: UUID) -> list[dict[str, Any]]:
    """What the gateway's own ledger says went back."""
    ledger = (await vnpay.get("/control/ledger")).json()
    return [entry for entry in ledger["refunds"] if entry["txn_ref"] == application.hex]


async def treat(vnpay: httpx.AsyncClient, application: UUID, mode: str, **more: Any) -> None:
    answer = await vnpay.put("/control/orders", json={"txn_ref": application.hex, "mode": mode, **more})
    assert answer.status_code == 200, answer.text


async def withdraw(till: Till, application: UUID) -> None:
    await till.hear((application, ends()["withdrawn"]))


async def test_a_withdrawn_application_gets_its_money_back_through_the_gateway(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application, paid = await settled(paying, vnpay)
    await withdraw(paying, application)
    [made] = await told(paying, application, PaymentRefunded)
    [entry] = await given(vnpay, application)
    assert (entry["amount"], entry["transaction_no"]) == (OWED, paid["transaction_no"])
    assert (made.reference, made.recorded_by, made.amount) == (entry["refund_no"], None, OWED)
    view = await paying.view(application)
    assert (view["state"], view["closing"]) == ("settled", "withdrawn")
    [refund] = view["refunds"]
    assert (refund["state"], refund["reason"], refund["rule"]) == ("refunded", "withdrawn", "2.000815/pages")
    assert refund["words"]["vi"].startswith("Đã hoàn trả 6.000 đ ngày ")
    assert "the application was withdrawn" in refund["words"]["en"]


async def test_a_fee_that_stays_is_shown_with_the_act_and_nothing_is_ordered(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application = await paying.bill(KEPT)
    await pay(paying, vnpay, application)
    await told(paying, application, PaymentSettled)
    await paying.hear((application, ends(KEPT)["refused"]))
    view = await paying.view(application)
    [kept] = view["kept"]
    assert (kept["amount"], kept["act"], view["refunds"]) == (200_000, "97/2015/QH13", [])
    assert kept["words"]["vi"] == "200.000 đ không được hoàn trả: hồ sơ bị từ chối giải quyết, theo 97/2015/QH13."
    assert await given(vnpay, application) == []


async def test_a_payment_of_after_the_expiry_goes_back(paying: Till, vnpay: httpx.AsyncClient) -> None:
    application = await paying.bill()
    url = (await paying.view(application))["pay_url"]
    await paying.hear((application, ends()["withdrawn"]))
    assert (await paying.view(application))["state"] == "cancelled"
    await pay_at(vnpay, url, ignore_expiry=True)
    await told(paying, application, PaymentRefunded)
    assert [entry["amount"] for entry in await given(vnpay, application)] == [OWED]


async def test_a_wrong_amount_goes_back_and_the_right_one_settles(paying: Till, vnpay: httpx.AsyncClient) -> None:
    application = await paying.bill()
    await pay(paying, vnpay, application, amount=OWED - 1_000)
    await pay(paying, vnpay, application, again=True)
    await told(paying, application, PaymentSettled)
    await told(paying, application, PaymentRefunded)
    assert [entry["amount"] for entry in await given(vnpay, application)] == [OWED - 1_000]


async def test_two_payments_told_three_times_out_of_order_settle_once_and_the_other_goes_back(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application = await paying.bill()
    url = (await paying.view(application))["pay_url"]
    entries = [await pay_at(vnpay, url, again=True, notices=3, shuffle=True) for _ in range(2)]
    await told(paying, application, PaymentRefunded)

    async def all_told() -> bool:
        ledger = (await vnpay.get("/control/ledger")).json()
        return len([entry for entry in ledger["ipn"] if entry["txn_ref"] == application.hex]) == 6

    assert await comes_true(all_told, 10.0)
    [kept] = await of(paying, application, PaymentSettled)
    [late] = await of(paying, application, PaymentUnapplied)
    assert {kept.transaction, late.transaction} == {entry["transaction_no"] for entry in entries}
    [back] = await given(vnpay, application)
    assert back["transaction_no"] == late.transaction


@pytest.mark.parametrize("mode", ["refund-slow", "refund-lost"])
async def test_a_refund_whose_answer_never_came_is_found_and_not_repeated(
    paying: Till, vnpay: httpx.AsyncClient, mode: str
) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, mode, delay_seconds=2)
    await withdraw(paying, application)
    [made] = await told(paying, application, PaymentRefunded)
    [entry] = await given(vnpay, application)
    assert made.reference == entry["refund_no"]
    assert not await of(paying, application, RefundFailed)


async def test_a_refund_that_fails_a_few_times_is_made_in_the_end(paying: Till, vnpay: httpx.AsyncClient) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-fails", times=2)
    await withdraw(paying, application)
    await told(paying, application, PaymentRefunded)
    assert len(await given(vnpay, application)) == 1


async def test_a_refused_refund_goes_to_an_officer_at_once_whose_retry_makes_it(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-refused")
    await withdraw(paying, application)
    [failed] = await told(paying, application, RefundFailed)
    assert failed.reason == "refused-by-gateway"
    assert await given(vnpay, application) == []
    await treat(vnpay, application, "normal")
    again = await paying.order(f"{failed.refund}/retry")
    assert (again.status_code, again.json()["state"], again.json()["attempt"]) == (200, "requested", 2)
    await told(paying, application, PaymentRefunded)
    [first, second] = await of(paying, application, RefundRequested)
    assert (first.attempt, second.attempt, second.number) == (1, 2, 1)
    assert len(await given(vnpay, application)) == 1


async def test_a_refund_that_stays_with_the_bank_for_a_while_is_made_when_the_bank_has_made_it(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-pending", times=1)
    await withdraw(paying, application)

    async def taken() -> bool:
        return len(await given(vnpay, application)) == 1

    assert await comes_true(taken, 20.0)
    assert not await of(paying, application, PaymentRefunded), "not made by being taken"
    await told(paying, application, PaymentRefunded)
    assert len(await given(vnpay, application)) == 1


async def test_a_refund_that_the_bank_rejects_goes_to_an_officer_whose_retry_makes_it(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-rejected")
    await withdraw(paying, application)
    [failed] = await told(paying, application, RefundFailed)
    assert (failed.reason, failed.attempt) == ("refused-by-gateway", 1)
    assert await given(vnpay, application) == []
    await treat(vnpay, application, "normal")
    assert (await paying.order(f"{failed.refund}/retry")).status_code == 200
    await told(paying, application, PaymentRefunded)
    assert len(await given(vnpay, application)) == 1


async def test_an_earlier_rejection_is_no_word_about_an_order_of_which_nobody_knows(
    paying: Till, vnpay: httpx.AsyncClient
) -> None:
    """It may still be on its way: an officer who is told of a refusal would have the treasury pay as well."""
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-rejected")
    await withdraw(paying, application)
    [failed] = await told(paying, application, RefundFailed)
    await treat(vnpay, application, "refund-fails", times=1)
    assert (await paying.order(f"{failed.refund}/retry")).status_code == 200
    await told(paying, application, PaymentRefunded)
    assert len(await of(paying, application, RefundFailed)) == 1
    assert len(await given(vnpay, application)) == 1


async def test_a_gateway_that_keeps_failing_ends_at_an_officer(paying: Till, vnpay: httpx.AsyncClient) -> None:
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-fails")
    await withdraw(paying, application)
    [failed] = await told(paying, application, RefundFailed)
    assert failed.reason == "outcome-unknown", "99 does not say that nothing happened"


async def test_a_gateway_that_is_away_is_known_to_have_done_nothing(database: str) -> None:
    async with open_till(database, vnpay="http://127.0.0.1:9", vnpay_timeout=0.5, refund_attempts=2) as till:
        application = await till.bill()
        assert await till.notify(application) == "00"
        await withdraw(till, application)
        async with working(till.refunder):
            [failed] = await told(till, application, RefundFailed)
        assert failed.reason == "gateway-unavailable"


async def test_a_rebuilt_service_asks_before_it_refunds_again(paying: Till, vnpay: httpx.AsyncClient) -> None:
    """Its work row starts over: nothing there tells that the refund was ordered."""
    application, _ = await settled(paying, vnpay)
    await treat(vnpay, application, "refund-lost")
    await withdraw(paying, application)
    await told(paying, application, PaymentRefunded)
    [refund] = await paying.refunds(application)
    adapter = paying.refunder._adapter
    state = (await paying.pool.fetchrow("SELECT state FROM aggregates WHERE id = $1", application))["state"]
    task = Task(application, f"refund:{refund.number}", paying.refunder._decode_state(state), 1, uncertain=False)
    assert adapter is not None
    found = await adapter.call(task)
    [entry] = await given(vnpay, application)
    assert found.reference == entry["refund_no"]
