"""Forged payment notices: 50,000 variants of a genuine one, of which none is believed and none raises."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from motcua_local.postgres import PostgresServer
from motcua_payment.gateway import VnPay
from services.payment.tests.notices import SECRET, TERMINAL, Pairs, notice
from services.payment.tests.till import Till, open_till
from tests.failures.forger import forgeries, query

GATEWAY = VnPay("https://pay.example/vpcpay.html", TERMINAL, SECRET, "https://dichvucong.example/back")
VARIANTS = 50_000
OVER_HTTP = 500
_ROWS = """
SELECT (SELECT count(*) FROM aggregates), (SELECT count(*) FROM outbox), (SELECT count(*) FROM work),
       (SELECT count(*) FROM dead_letters)"""


@pytest_asyncio.fixture
async def till(postgres: PostgresServer) -> AsyncIterator[Till]:
    name = f"payment_{uuid4().hex[:12]}"
    async with open_till(await postgres.create_database(name)) as till:
        yield till
    await postgres.drop_database(name)


def test_none_of_fifty_thousand_forgeries_is_believed_and_none_raises() -> None:
    genuine = notice()
    assert GATEWAY.read(genuine) is not None
    believed: list[Pairs] = [forged for forged in forgeries(genuine, VARIANTS, 1) if GATEWAY.read(forged) is not None]
    assert believed == []


def test_forgeries_are_of_many_kinds() -> None:
    assert len({query(forged) for forged in forgeries(notice(), 5_000, 1)}) > 3_000


async def test_over_http_every_forgery_is_answered_97_and_leaves_nothing(till: Till) -> None:
    application = await till.bill()
    genuine = notice(order=application.hex)
    before = await till.pool.fetchrow(_ROWS)
    for forged in forgeries(genuine, OVER_HTTP, 2):
        answer = await till.client.get(f"/webhooks/vnpay?{query(forged)}")
        assert (answer.status_code, answer.json()["RspCode"]) == (200, "97"), forged
    assert await till.pool.fetchrow(_ROWS) == before
    assert len(await till.events(application)) == 1
    assert await till.tell(genuine) == "00"
