"""What VNPay says of an unpaid order when it is asked before the order expires, and what each of its words leads to."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from motcua_chassis.worker import NotDoneError, Task
from motcua_payment.domain import GatewayConfirmed, NotPaid
from motcua_payment.inquirer import Inquirer
from motcua_payment.merchant_api import MerchantApi, Payment, Reply
from services.payment.tests.story import APPLICATION, NOW, OWED, SEEN, STATES, paid


class Gateway(MerchantApi):
    """Says one thing, and remembers what it was asked."""

    def __init__(self, reply: Reply | Exception) -> None:
        self.timeout = 1.0
        self._reply = reply
        self.asked: list[Payment] = []

    async def ask(self, payment: Payment) -> Reply:
        self.asked.append(payment)
        if isinstance(self._reply, Exception):
            raise self._reply
        return self._reply


def said(code: str = "00", kind: str = "01", status: str = "00", transaction: str = "14000001", **more: Any) -> Reply:
    told = {"amount": str(OWED * 100), "at": "20261122100000", "bank": "NCB", **more}
    return Reply(code, kind, status, told["amount"], transaction, told["at"], told["bank"])


def task(attempt: int = 1, state: Any = None) -> Task:
    return Task(APPLICATION, "expiry", state or STATES["requested"], attempt, uncertain=False)


async def asked(reply: Reply | Exception, attempts: int = 3, attempt: int = 1) -> Any:
    return await Inquirer(Gateway(reply), attempts).call(task(attempt))


async def test_a_payment_whose_notice_never_came_is_found_with_every_fact_a_notice_has() -> None:
    assert await asked(said()) == paid()
    assert datetime(2026, 11, 22, 3, tzinfo=UTC) == NOW
    assert await asked(said(bank="")) == GatewayConfirmed(*(getattr(paid(), f) for f in FACTS[:4]), None, NOW)  # type: ignore[call-arg]


FACTS = "order amount gateway transaction".split()


@pytest.mark.parametrize(
    "reply",
    [
        said("91"),
        said(status="01"),
        said(status="02"),
        said(transaction=SEEN),
        said(kind="02"),
        said(kind="03", status="05"),
    ],
)
async def test_where_there_is_no_money_that_is_news_it_was_not_paid(reply: Reply) -> None:
    assert await asked(reply) == NotPaid()


@pytest.mark.parametrize(
    "reply",
    [
        *(said(code) for code in ("02", "03", "94", "97", "99", "")),
        said(status="04"),
        said(status="07"),
        said(amount="12"),
        said(transaction="14 000"),
        said(at="20261399000000"),
        NotDoneError("away"),
    ],
)
async def test_where_vnpay_cannot_say_or_holds_the_money_it_is_asked_again_and_the_last_time_is_logged(
    reply: Reply | Exception,
) -> None:
    with capture_logs() as logs, pytest.raises(NotDoneError):
        await asked(reply, attempt=2)
    assert "payment.expires-unasked" not in {entry["event"] for entry in logs}
    with capture_logs() as logs, pytest.raises(NotDoneError):
        await asked(reply, attempt=3)
    assert ("payment.expires-unasked", "error") in {(entry["event"], entry["log_level"]) for entry in logs}


async def test_it_asks_for_whichever_payment_the_order_has_by_the_date_it_was_billed_on() -> None:
    gateway = Gateway(said("91"))
    await Inquirer(gateway, 3).call(task())
    assert gateway.asked == [Payment(APPLICATION.hex, "", "20261122100000", "Hoi phi ho so H29.25.12-261122-0001")]


async def test_a_state_without_a_request_is_a_defect_that_blocks_nothing() -> None:
    state = replace(STATES["requested"], request=None)
    assert await Inquirer(Gateway(said()), 3).call(task(state=state)) == NotPaid()
