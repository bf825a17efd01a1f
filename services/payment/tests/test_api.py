"""Payment over HTTP: what payers and officers see, and what VNPay is answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from motcua_chassis.inputs import Command
from motcua_chassis.principals import Role
from motcua_contracts import (
    Capacity,
    Filer,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundRequested,
)
from motcua_local.waiting import comes_true
from motcua_payment.domain import NotPaid
from motcua_payment.gateway import VnPay
from services.payment.tests.notices import CANCELLED, SECRET, TERMINAL, notice, signed
from services.payment.tests.story import APPLICANT, FREE, OWED, verified
from services.payment.tests.till import RETURN_URL, Till, listening


async def kinds(till: Till, application: UUID) -> list[type]:
    return [type(event) for event in await till.events(application)]


async def test_a_payer_sees_what_is_owed_why_and_where_to_pay_it(till: Till) -> None:
    application = await till.bill()
    view = await till.view(application)
    assert view["application_id"] == str(application)
    assert (view["dossier_code"], view["state"], view["amount"]) == ("H29.25.12-261122-0001", "requested", OWED)
    assert view["lines"] == [{"kind": "fee", "amount": OWED, "rule": "2.000815/pages", "act": "226/2016/TT-BTC"}]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(view["pay_url"]).query).items()}
    assert (asked["vnp_TxnRef"], asked["vnp_Amount"]) == (application.hex, "600000")
    assert (asked["vnp_IpAddr"], asked["vnp_ReturnUrl"]) == ("203.0.113.7", RETURN_URL)
    assert not {"receipt", "rule", "act"} & set(view)


async def test_a_waived_fee_shows_the_rule_and_the_act_and_nothing_to_pay(till: Till) -> None:
    application = await till.bill(FREE)
    view = await till.view(application)
    assert (view["state"], view["amount"], view["lines"]) == ("waived", 0, [])
    assert (view["rule"], view["act"]) == ("2.000908/free", "97/2015/QH13")
    assert "pay_url" not in view
    assert await kinds(till, application) == [PaymentWaived]


async def test_a_settled_payment_shows_its_receipt_and_cannot_be_paid_again(till: Till) -> None:
    application = await till.bill()
    assert await till.notify(application) == "00"
    view = await till.view(application)
    [_, settled] = await till.events(application)
    assert (view["state"], view["receipt"]) == ("settled", settled.receipt)
    assert "pay_url" not in view


async def test_a_request_whose_time_is_over_cannot_be_paid_though_a_notice_may_still_settle_it(till: Till) -> None:
    application = await till.bill()
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    await till.pool.execute("UPDATE payments SET detail = jsonb_set(detail, '{expires_at}', to_jsonb($1::text))", past)
    view = await till.view(application)
    assert view["state"] == "requested"
    assert "pay_url" not in view
    assert await till.notify(application) == "00"


async def test_money_that_comes_after_the_request_expired_is_kept_apart(till: Till) -> None:
    application = await till.bill()
    await till.door.submit(Command(application, NotPaid(), uuid4()))
    assert await kinds(till, application) == [PaymentRequested, PaymentExpired]
    assert await till.notify(application) == "00"
    assert await kinds(till, application) == [PaymentRequested, PaymentExpired, PaymentUnapplied, RefundRequested]
    assert "pay_url" not in await till.view(application)


@pytest.mark.parametrize(
    ("role", "subject", "agency", "status"),
    [
        (Role.CITIZEN, APPLICANT, None, 200),
        (Role.CITIZEN, UUID(int=8), None, 404),
        (Role.OFFICER, UUID(int=8), "H29.25.12", 200),
        (Role.OFFICER, UUID(int=8), "H29", 200),
        (Role.OFFICER, UUID(int=8), "H29.2", 404),
        (Role.OFFICER, UUID(int=8), "H26", 404),
        (Role.SERVICE, UUID(int=8), None, 200),
        (Role.OPERATOR, UUID(int=8), None, 404),
    ],
)
async def test_others_payments_are_as_good_as_absent(
    till: Till, role: Role, subject: UUID, agency: str | None, status: int
) -> None:
    application = await till.bill()
    answer = await till.look(application, role, subject, agency)
    assert answer.status_code == status
    if status == 404:
        absent = await till.look(uuid4(), role, subject, agency)
        assert answer.json() == absent.json()


async def test_every_refusal_is_a_problem_in_both_languages(till: Till) -> None:
    absent = await till.look(uuid4())
    assert (absent.status_code, absent.json()["code"]) == (404, "payment-not-found")
    assert absent.json()["detail_vi"] == "Hồ sơ này chưa có khoản phải nộp nào."
    unreadable = await till.look("no-uuid")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "invalid-request")
    assert [fault["pointer"] for fault in unreadable.json()["faults"]] == ["path:application_id"]
    stranger = await till.client.get(f"/payments/{uuid4()}")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not-authenticated")
    forged = await till.client.get(f"/payments/{uuid4()}", headers={"Authorization": "Bearer x.y.z"})
    assert forged.status_code == 401
    for answer in (absent, unreadable, stranger, forged):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail_en"]


async def test_one_transaction_told_again_and_again_charges_once(till: Till) -> None:
    application = await till.bill()
    assert [await till.notify(application) for _ in range(3)] == ["00", "02", "02"]
    assert await kinds(till, application) == [PaymentRequested, PaymentSettled]


@pytest.mark.parametrize(("capacity", "status"), [(Capacity.REPRESENTATIVE, 200), (Capacity.COUNTER_OFFICER, 404)])
async def test_who_filed_for_somebody_sees_the_pay_page_as_a_representative_alone(
    till: Till, capacity: Capacity, status: int
) -> None:
    application, account, told = uuid4(), uuid4(), verified()
    dossier = told.dossier.model_copy(update={"filed_by": Filer(id=account, capacity=capacity)})
    await till.hear((application, told.model_copy(update={"dossier": dossier})))
    assert (await till.look(application, subject=account)).status_code == status
    assert (await till.look(application)).status_code == 200


async def test_one_transaction_told_many_times_at_once_charges_once(till: Till) -> None:
    application = await till.bill()
    answers = await asyncio.gather(*(till.notify(application) for _ in range(20)))
    assert sorted(answers) == ["00", *["02"] * 19]
    assert await kinds(till, application) == [PaymentRequested, PaymentSettled]


async def test_a_second_payment_of_a_settled_order_is_taken_note_of_for_its_payer(till: Till) -> None:
    application = await till.bill()
    assert await till.notify(application, transaction="1") == "00"
    assert [await till.notify(application, transaction="2") for _ in range(2)] == ["00", "02"]
    [_, _, late, back] = await till.events(application)
    assert (late.reason, late.transaction, late.amount) == ("paid-twice", "2", OWED)
    assert (back.reason, back.transaction, back.amount) == ("paid-twice", "2", OWED)


async def test_a_wrong_amount_is_said_to_be_one_and_the_right_one_settles(till: Till) -> None:
    application = await till.bill()
    assert [await till.notify(application, amount="599900", transaction="1") for _ in range(2)] == ["04", "02"]
    assert await till.notify(application, transaction="2") == "00"
    assert await kinds(till, application) == [PaymentRequested, PaymentUnapplied, RefundRequested, PaymentSettled]


async def test_a_payer_who_gave_up_changes_nothing_and_may_try_again(till: Till) -> None:
    application = await till.bill()
    assert await till.tell(signed({**CANCELLED, "vnp_TxnRef": application.hex})) == "00"
    assert await kinds(till, application) == [PaymentRequested]
    assert await till.notify(application) == "00"


async def test_an_order_that_is_none_of_ours_is_unknown(till: Till) -> None:
    for order in ("1" * 31, "1" * 33, "A" * 32, "order-of-another"):
        assert await till.tell(notice(order=order)) in {"01", "97"}
    assert await till.tell(notice(order="orderofanother")) == "01"


async def test_money_for_what_is_not_owed_goes_back(till: Till) -> None:
    for application, reason in ((await till.bill(FREE), "waived"), (uuid4(), "never-billed")):
        assert [await till.notify(application) for _ in range(2)] == ["00", "02"]
        late, back = (await till.events(application))[-2:]
        assert (late.reason, back.reason, back.amount) == (reason, "not-owed", OWED)


async def test_what_vnpay_did_not_sign_changes_nothing(till: Till) -> None:
    application = await till.bill()
    genuine = notice(order=application.hex)
    for forged in ([], genuine[:-1], [*genuine, genuine[0]], [("vnp_Amount", "1"), *genuine[1:]]):
        assert await till.tell(forged) == "97"
    raw = await till.client.get("/webhooks/vnpay?vnp_TxnRef=%FF%00&vnp_SecureHash=%ED%A0%80&&=&vnp_Amount=%D9%A6")
    assert (raw.status_code, raw.json()["RspCode"]) == (200, "97")
    assert await kinds(till, application) == [PaymentRequested]


async def test_while_the_database_fails_vnpay_is_told_to_come_again(
    own_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua_chassis.door.PATIENCE", 0.1)
    application = await own_till.bill()
    await own_till.pool.execute("ALTER TABLE aggregates RENAME TO elsewhere")
    assert await own_till.notify(application) == "99"
    await own_till.pool.execute("ALTER TABLE elsewhere RENAME TO aggregates")
    own_till.door.close()
    assert await own_till.notify(application) == "99", "the service is stopping"
    assert await kinds(own_till, application) == [PaymentRequested]


async def test_a_payer_pays_at_the_gateway_and_its_own_notice_settles_the_payment(
    till: Till, vnpay: httpx.AsyncClient
) -> None:
    application = await till.bill()
    await vnpay.put("/control/behaviour", json={"mode": "repeat"})
    till.app.state.service = VnPay(f"{vnpay.base_url}/paymentv2/vpcpay.html", TERMINAL, SECRET, RETURN_URL)
    async with listening(till.app) as address:
        await vnpay.put("/control/merchant", json={"ipn_url": f"{address}/webhooks/vnpay"})
        url = (await till.view(application))["pay_url"]
        charged = (await vnpay.post("/control/pay", json={"pay_url": url})).json()

        async def confirmed() -> bool:
            return len(await codes(vnpay, application)) == 3

        assert await comes_true(confirmed, 10.0)
    await vnpay.put("/control/behaviour", json={"mode": "normal"})
    assert sorted(await codes(vnpay, application)) == ["00", "02", "02"]
    [_, settled] = await till.events(application)
    assert (settled.amount, settled.transaction) == (charged["amount"], charged["transaction_no"])


async def codes(vnpay: httpx.AsyncClient, application: UUID) -> list[str]:
    ledger = (await vnpay.get("/control/ledger")).json()
    assert len([charge for charge in ledger["charges"] if charge["txn_ref"] == application.hex]) == 1
    return [entry["rsp_code"] for entry in ledger["ipn"] if entry["txn_ref"] == application.hex]


async def test_the_description_of_its_http_is_complete(till: Till) -> None:
    description = (await till.client.get("/openapi.json")).json()
    ours = {
        path: operation
        for path, item in description["paths"].items()
        for operation in item.values()
        if path.startswith(("/pay", "/web", "/refunds"))
    }
    assert set(ours) == {
        "/payments/{application_id}", "/payments/return", "/webhooks/vnpay",
        "/refunds", "/refunds/{refund}/retry", "/refunds/{refund}/record",
    }  # fmt: skip
    for operation in ours.values():
        assert operation["summary"]
        assert operation["description"]
    page, webhook = ours["/payments/{application_id}"], ours["/webhooks/vnpay"]
    assert set(page["responses"]) == {"200", "401", "403", "404", "422", "500", "503"}
    assert page["security"]
    assert set(webhook["responses"]) == {"200"}, "whatever happens"
    assert {parameter["name"] for parameter in webhook["parameters"]} >= {"vnp_TxnRef", "vnp_Amount", "vnp_SecureHash"}
    assert "security" not in webhook
    for path in ("/refunds/{refund}/retry", "/refunds/{refund}/record"):
        assert set(ours[path]["responses"]) == {"200", "401", "403", "404", "409", "422", "500", "503"}
    refuse_loose_ends(description, description)


def refuse_loose_ends(node: Any, description: dict[str, Any]) -> None:
    """Every reference leads somewhere."""
    if isinstance(node, dict):
        if isinstance(at := node.get("$ref"), str):
            found: Any = description
            for part in at.removeprefix("#/").split("/"):
                found = found[part]
        for child in node.values():
            refuse_loose_ends(child, description)
    elif isinstance(node, list):
        for child in node:
            refuse_loose_ends(child, description)


async def test_a_returning_payer_is_told_in_both_languages_and_nothing_is_settled_by_it(till: Till) -> None:
    before = await till.pool.fetchval("SELECT count(*) FROM outbox")
    paid = await till.client.get("/payments/return", params=notice())
    given_up = await till.client.get("/payments/return", params=notice(vnp_ResponseCode="24"))
    forged = await till.client.get("/payments/return", params=[*notice()[:-1], ("vnp_SecureHash", "0" * 128)])

    assert (paid.status_code, given_up.status_code, forged.status_code) == (200, 200, 400)
    for page, words in {paid: ("Đã thanh toán", "received the money"), given_up: ("Chưa", "not completed")}.items():
        assert all(word in page.text for word in words)
    assert await till.pool.fetchval("SELECT count(*) FROM outbox") == before
