"""Refunds over HTTP: what officers see of their agencies, and what they may order."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from motcua_chassis.principals import Role
from motcua_contracts import PaymentRefunded, RefundRequested
from services.payment.tests.story import OFFICER, OWED, ends
from services.payment.tests.till import Till


async def failed(till: Till) -> tuple[UUID, str]:
    """An application whose refund the gateway refused."""
    application = await till.bill()
    assert await till.notify(application, transaction=uuid4().hex) == "00"
    await till.hear((application, ends()["withdrawn"]))
    return application, await till.fail_refund(application)


async def listed(till: Till, query: str = "", **who: Any) -> list[dict[str, Any]]:
    answer = await till.ask(query, **who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_officer_sees_the_failed_refunds_of_their_agencies_and_why(till: Till) -> None:
    application, refund = await failed(till)
    for agency in ("H29.25.12", "H29.25", "H29"):
        [task] = [task for task in await listed(till, "?limit=500", agency=agency) if task["refund"] == refund]
        assert (task["application_id"], task["agency"], task["amount"]) == (str(application), "H29.25.12", OWED)
        assert (task["state"], task["failure"], task["attempt"]) == ("failed", "refused-by-gateway", 1)
        assert task["words"]["vi"].startswith("Chưa hoàn trả được 6.000 đ (cổng thanh toán từ chối)")
        assert "an officer sees to it" in task["words"]["en"]
    for agency in ("H29.25.13", "H29.2", "H26"):
        assert refund not in {task["refund"] for task in await listed(till, "?limit=500", agency=agency)}
    [seen] = (await till.view(application))["refunds"]
    assert "transaction" not in seen, "the payer sees what concerns them"


async def test_a_page_says_how_to_get_the_next(own_till: Till) -> None:
    refunds = [(await failed(own_till))[1] for _ in range(5)]
    seen, after = [], ""
    while True:
        page = (await own_till.ask(f"?limit=2{after}")).json()
        seen += [task["refund"] for task in page["items"]]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert seen == refunds
    assert await listed(own_till, f"?after={uuid4().hex}") == []
    assert await listed(own_till, "?state=requested") == []


async def test_a_retry_is_ordered_once_and_only_for_what_failed(till: Till) -> None:
    application, refund = await failed(till)
    first = await till.order(f"{refund}/retry", key="again")
    assert (first.status_code, first.json()["state"], first.json()["requested_by"]) == (200, "requested", str(OFFICER))
    assert (await till.order(f"{refund}/retry", key="again")).json() == first.json()
    refused = await till.order(f"{refund}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "refund-underway")
    assert refused.json()["detail_vi"]
    recorded = await till.order(f"{refund}/record", {"reference": "KB1"})
    assert (recorded.status_code, recorded.json()["code"]) == (409, "refund-underway")
    assert len([event for event in await till.events(application) if isinstance(event, RefundRequested)]) == 2


async def test_a_transfer_is_recorded_once_with_the_officer(till: Till) -> None:
    application, refund = await failed(till)
    body = {"reference": "KB261122-0042"}
    made = await till.order(f"{refund}/record", body, key="k")
    assert (made.status_code, made.json()["state"], made.json()["reference"]) == (200, "refunded", "KB261122-0042")
    assert made.json()["recorded_by"] == str(OFFICER)
    assert (await till.order(f"{refund}/record", body, key="k")).json() == made.json()
    assert (await till.order(f"{refund}/record", {"reference": "KB2"}, key="k")).status_code == 422
    for path, again in ((f"{refund}/record", body), (f"{refund}/retry", None)):
        refused = await till.order(path, again)
        assert (refused.status_code, refused.json()["code"]) == (409, "refund-already-made")
    assert len([event for event in await till.events(application) if isinstance(event, PaymentRefunded)]) == 1
    assert refund in {task["refund"] for task in await listed(till, "?state=refunded&limit=500")}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reference": ""},
        {"reference": "KB 1"},
        {"reference": "KB\x00"},
        {"reference": "K" * 65},
        {"reference": 10**400},
        {"reference": "KB1", "note": "x"},
        {"reference": "KB1", "refunded_at": "2026-11-22T10:00:00"},
        {"reference": "KB1", "refunded_at": "2020-01-01T00:00:00+07:00"},
        {"reference": "KB1", "refunded_at": "9999-12-31T23:59:59-14:00"},
        {"reference": "KB1", "refunded_at": "0001-01-01T00:00:00+14:00"},
        {"reference": "KB1", "refunded_at": 1e300},
        [],
        None,
    ],
)
async def test_a_transfer_that_cannot_be_is_refused(till: Till, body: Any) -> None:
    _, refund = await failed(till)
    assert (await till.order(f"{refund}/record", body)).status_code == 422


@pytest.mark.parametrize("path", ["{}/retry", "{}/record"])
async def test_refunds_of_others_are_as_good_as_absent(till: Till, path: str) -> None:
    _, refund = await failed(till)
    body = {"reference": "KB1"} if path.endswith("record") else None
    absent = await till.order(path.format("0" * 32), body)
    assert (absent.status_code, absent.json()["code"]) == (404, "refund-not-found")
    others = await till.order(path.format(refund), body, agency="H26")
    assert (others.status_code, others.json()) == (404, absent.json())
    operator = await till.order(path.format(refund), body, agency=None, role=Role.OPERATOR)
    assert operator.status_code == 404
    for role in (Role.CITIZEN, Role.SERVICE):
        assert (await till.order(path.format(refund), body, agency=None, role=role)).status_code == 403
    assert (await till.order(path.format("not-a-refund"), body)).status_code == 422


async def test_money_for_nothing_we_know_is_seen_to_by_operators(till: Till) -> None:
    application = uuid4()
    assert await till.notify(application) == "00"
    refund = await till.fail_refund(application)
    who: dict[str, Any] = {"agency": None, "role": Role.OPERATOR}
    [task] = [task for task in await listed(till, "?limit=500", **who) if task["refund"] == refund]
    assert not {"agency", "dossier_code"} & set(task)
    assert refund not in {task["refund"] for task in await listed(till, "?limit=500", agency="H29")}
    assert (await till.order(f"{refund}/record", {"reference": "KB1"}, agency="H29")).status_code == 404
    assert (await till.order(f"{refund}/record", {"reference": "KB1"}, **who)).status_code == 200


async def test_a_cancelled_bill_shows_why_and_cannot_be_paid(till: Till) -> None:
    application, never_billed = await till.bill(), uuid4()
    await till.hear((application, ends()["withdrawn"]), (never_billed, ends()["declined"]))
    view = await till.view(application)
    assert (view["state"], view["closing"], view["amount"]) == ("cancelled", "withdrawn", OWED)
    assert view["words"]["vi"] == "Không phải nộp nữa: hồ sơ đã được rút."
    assert "pay_url" not in view
    other = await till.view(never_billed)
    assert (other["state"], other["closing"], other["amount"], other["lines"]) == ("cancelled", "declined", 0, [])


async def test_open_refunds_are_counted_for_whoever_watches(own_till: Till) -> None:
    await failed(own_till)
    waiting = await own_till.bill()
    await own_till.notify(waiting, amount="100")
    text = (await own_till.client.get("/metrics")).text
    assert 'motcua_payment_refunds{state="failed"} 1.0' in text
    assert 'motcua_payment_refunds{state="requested"} 1.0' in text
    assert "motcua_work_calls" in text, "what the chassis measures is there too"
    await own_till.pool.execute("ALTER TABLE refunds RENAME TO elsewhere")
    assert (await own_till.client.get("/metrics")).status_code == 200


async def test_a_failed_refund_is_an_error_in_the_log_that_names_nobody(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    application, refund = await failed(till)
    printed = capsys.readouterr().out
    [line] = [line for line in printed.splitlines() if "refund.failed" in line and refund in line]
    assert str(application) in line
    assert "refused-by-gateway" in line
    assert "00000000-0000-0000-0000-000000000001" not in line
