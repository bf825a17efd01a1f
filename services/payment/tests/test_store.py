"""The read model on a real PostgreSQL, written as the path writes it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from motcua_chassis.decisions import Change
from motcua_contracts import PaymentSettled, PaymentUnapplied
from motcua_payment import store
from motcua_payment.domain import EXPIRY, NOTICE_GRACE
from motcua_payment.state import Payment
from services.payment.tests.notices import notice
from services.payment.tests.story import APPLICANT, FREE, STATES, verified
from services.payment.tests.till import Till


async def project(pool: asyncpg.Pool, changes: Sequence[Change]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await store.project(connection, changes)


def settled_with(receipt: str) -> Payment:
    """A settled payment of an order of its own."""
    state = STATES["settled"]
    assert state.request is not None
    assert state.settled is not None
    settled = state.settled.model_copy(update={"receipt": receipt})
    return replace(state, request=state.request.model_copy(update={"order": uuid4().hex}), settled=settled)


async def test_a_request_is_found_by_its_application(till: Till) -> None:
    application = await till.bill()
    row = await store.find(till.pool, application)
    assert row is not None
    assert row[1:7] == (application.hex, "H29.25.12-261122-0001", APPLICANT, "H29.25.12", "requested", None)
    assert (row.application_id, row.detail["amount"]) == (application, 6_000)


async def test_a_waiver_has_no_order_to_be_paid(till: Till) -> None:
    application = await till.bill(FREE)
    row = await store.find(till.pool, application)
    assert row is not None
    assert (row.order_ref, row.phase, row.detail["rule"]) == (None, "waived", "2.000908/free")


async def test_what_nobody_was_billed_for_is_not_found(till: Till) -> None:
    assert await store.find(till.pool, uuid4()) is None


async def test_several_changes_of_one_application_in_one_batch_leave_its_last_state(till: Till) -> None:
    application, other = uuid4(), uuid4()
    settled = settled_with("BL26G09-0000001")
    states = [(application, STATES["requested"]), (other, STATES["waived"]), (application, settled)]
    await project(till.pool, [Change(id_, None, [], state) for id_, state in states])
    rows = [await store.find(till.pool, id_) for id_ in (application, other)]
    assert [row and (row.phase, row.receipt) for row in rows] == [("settled", "BL26G09-0000001"), ("waived", None)]


async def test_money_for_something_never_billed_leaves_no_row(till: Till) -> None:
    application = uuid4()
    await project(till.pool, [Change(application, None, [], state) for state in (STATES["unknown"], Payment())])
    assert await store.find(till.pool, application) is None


async def test_a_release_that_adds_a_column_does_not_blind_the_one_still_serving(own_till: Till) -> None:
    application = await own_till.bill()
    await own_till.pool.execute("ALTER TABLE payments ADD COLUMN later_release text DEFAULT 'x'")
    assert await store.find(own_till.pool, application) is not None
    await own_till.bill()


async def test_many_payments_at_once_get_receipts_without_gap_or_repeat(own_till: Till) -> None:
    applications = [uuid4() for _ in range(30)]
    await own_till.hear(*((application, verified()) for application in applications))
    wrong = [own_till.notify(id_, amount="100", transaction=f"W{n}") for n, id_ in enumerate(applications)]
    right = [own_till.notify(id_, transaction=f"R{n}") for n, id_ in enumerate(applications)]
    again = [own_till.notify(id_, transaction=f"R{n}") for n, id_ in enumerate(applications)]
    answers = Counter(await asyncio.gather(*wrong, *right, *again))
    assert answers["02"] == 30
    receipts = sorted([event.receipt for event in await own_till.events() if isinstance(event, PaymentSettled)])
    series = receipts[0][:7]
    assert receipts == [f"{series}-{number:07d}" for number in range(1, 31)]
    assert await own_till.pool.fetchval("SELECT value FROM counters WHERE name = $1", series) == 30
    assert len([event for event in await own_till.events() if isinstance(event, PaymentUnapplied)]) == 30


async def test_an_open_request_has_its_timer_and_a_settled_one_has_none(till: Till) -> None:
    application = await till.bill()
    [request] = await till.events(application)
    [row] = await till.pool.fetch("SELECT kind, at FROM work WHERE aggregate = $1", application)
    assert (row["kind"], row["at"]) == (EXPIRY, request.expires_at + NOTICE_GRACE)
    assert await till.tell(notice(order=application.hex)) == "00"
    assert not await till.pool.fetch("SELECT 1 FROM work WHERE aggregate = $1", application)


async def test_the_database_itself_refuses_a_receipt_number_twice(till: Till) -> None:
    twice = [Change(uuid4(), None, [], settled_with("BL26G09-0000002")) for _ in range(2)]
    with pytest.raises(asyncpg.UniqueViolationError, match="payments_receipt_key"):
        await project(till.pool, twice)
