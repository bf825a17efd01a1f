"""What payment shows of money, and that no scrape walks through all that was ever paid."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from motcua_chassis.decisions import Change, Recorded
from motcua_contracts import Event
from motcua_payment.metrics import Money
from motcua_payment.store import OPEN, ORDERS
from services.payment.tests.story import STATES
from services.payment.tests.test_refund_api import failed
from services.payment.tests.till import Till


def value(money: Money, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(money)
    return registry.get_sample_value(f"motcua_payment_{name}", labels)


async def test_open_orders_and_refunds_are_shown_in_number_and_in_dong(own_till: Till) -> None:
    await own_till.bill()
    await failed(own_till)
    money = Money()

    await money.refresh(own_till.pool)

    assert (value(money, "orders_open"), value(money, "orders_open_vnd")) == (1, 6_000)
    refunded = value(money, "refunds_vnd", state="failed")
    assert value(money, "refunds", state="failed") == 1
    assert refunded is not None
    assert refunded > 0
    assert value(money, "refunds_age_seconds", state="failed") is not None
    assert value(money, "refunds", state="requested") == 0


def test_a_second_try_at_a_refund_moves_no_more_money() -> None:
    state = STATES["failed"]
    assert state.settled is not None
    refund = state.refunds[0].request
    events: list[Event] = [state.settled, refund, refund.model_copy(update={"attempt": 2})]
    money = Money()

    recorded = [Recorded(uuid4(), event, 1, datetime.now(UTC)) for event in events]
    money.count([Change(uuid4(), None, recorded, state)])

    assert value(money, "moves_total", state="settled") == 1
    assert value(money, "moves_vnd_total", state="settled") == state.settled.amount
    assert value(money, "moves_total", state="refund-due") == 1


@pytest.mark.parametrize(("query", "index"), [(ORDERS, "payments_open"), (OPEN, "refunds_open")])
async def test_a_scrape_reads_an_index_that_holds_only_what_is_open(till: Till, query: str, index: str) -> None:
    told = "\n".join(row[0] for row in await till.pool.fetch(f"EXPLAIN {query}"))

    assert f" {index} " in told, told
    assert "Seq Scan" not in told, told
