"""VNPay seen by a payer and by a merchant."""

import re
import signal
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.simulators.tests.merchant import (
    DEADLINE_SECONDS,
    Merchant,
    charges,
    checked,
    pay,
    pay_url,
    reference,
    telling,
)


@pytest.fixture
def merchant(vnpay: Any) -> Iterator[Merchant]:
    with telling(vnpay) as merchant:
        yield merchant


def reports(vnpay: Any, url: str, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(seen := [entry for entry in vnpay.ledger("ipn") if entry["txn_ref"] == reference(url)]) < count:
        assert time.monotonic() < deadline, f"{len(seen)} reports, not {count}"
        time.sleep(0.02)
    return seen


def test_a_payer_reads_the_page_pays_and_is_sent_back_with_a_signed_result(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    page = vnpay.client.get(url)
    assert "1.200.000 đ" in page.text
    assert "Thanh toán" in page.text
    assert "Pay" in page.text
    assert "&lt;H29.25.12&gt;" in page.text
    [token] = re.findall(r'name="token" value="([^"]*)"', page.text)
    answer = vnpay.client.post("/paymentv2/confirm", data={"token": token.replace("&amp;", "&"), "result": "00"})
    assert answer.status_code == 302
    back = urlsplit(answer.headers["location"])
    assert back.query.startswith("lang=vi&vnp_")
    told = checked(back.query.removeprefix("lang=vi&"))
    assert told["vnp_ResponseCode"] == told["vnp_TransactionStatus"] == "00"
    assert told["vnp_Amount"] == "120000000"
    [charge] = charges(vnpay, url)
    assert charge["amount"] == 1_200_000
    assert charge["bank"] == told["vnp_BankCode"] == "NCB"
    assert charge["transaction_no"] == told["vnp_TransactionNo"]
    assert merchant.told_of(reference(url)) == [told]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vnp_TmnCode": "SOMEONE1"}, "72"),
        ({"vnp_Version": "2.0.0"}, "03"),
        ({"vnp_Amount": "1050"}, "03"),
        ({"vnp_Amount": "499900"}, "32"),
        ({"vnp_CurrCode": "USD"}, "03"),
        ({"vnp_CreateDate": "20261399000000"}, "03"),
        ({"vnp_ExpireDate": "20200101000000"}, "15"),
    ],
)
def test_an_order_out_of_order_is_refused(vnpay: Any, changed: dict[str, str], code: str) -> None:
    url = pay_url(vnpay, **changed)
    page = vnpay.client.get(url)
    assert page.status_code == 400
    assert f"code {code}" in page.text
    assert pay(vnpay, url).json()["code"] == code
    assert not charges(vnpay, url)


@pytest.mark.parametrize(
    "change", [("vnp_Amount=120000000", "vnp_Amount=100"), ("vnp_SecureHash=", "vnp_SecureHash=0")]
)
def test_a_changed_query_is_refused(vnpay: Any, change: tuple[str, str]) -> None:
    url = pay_url(vnpay).replace(*change)
    assert "code 70" in vnpay.client.get(url).text
    assert pay(vnpay, url).json()["code"] == "70"
    assert not charges(vnpay, url)


def test_a_second_parameter_of_one_name_is_refused(vnpay: Any) -> None:
    assert pay(vnpay, pay_url(vnpay) + "&vnp_Amount=100").json()["code"] == "70"


def test_a_transaction_is_charged_once_unless_the_payer_insists(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    assert pay(vnpay, url).status_code == 200
    assert pay(vnpay, url).status_code == 409
    assert "already paid" in vnpay.client.get(url).text
    assert len(charges(vnpay, url)) == 1
    assert pay(vnpay, url, again=True).status_code == 200
    assert len({charge["transaction_no"] for charge in charges(vnpay, url)}) == 2
    assert len({told["vnp_TransactionNo"] for told in merchant.told_of(reference(url), times=2)}) == 2


def test_a_payer_who_cancels_is_not_charged_and_the_merchant_hears_it(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    assert pay(vnpay, url, result="24").json()["response_code"] == "24"
    [told] = merchant.told_of(reference(url))
    assert (told["vnp_ResponseCode"], told["vnp_TransactionStatus"]) == ("24", "02")
    assert not charges(vnpay, url)
    assert pay(vnpay, url).status_code == 200


def test_the_merchant_is_told_until_it_confirms(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    merchant.answers[reference(url)] = ["500", "97", "04", "02"]
    pay(vnpay, url)
    merchant.told_of(reference(url), times=4)
    entries = reports(vnpay, url, 4)
    assert [(e["attempt"], e["status"], e["rsp_code"]) for e in entries] == [
        (1, 500, None),
        (2, 200, "97"),
        (3, 200, "04"),
        (4, 200, "02"),
    ]


def test_a_merchant_that_never_confirms_is_told_ten_times(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    merchant.answers[reference(url)] = ["01"] * 11
    pay(vnpay, url)
    assert [entry["attempt"] for entry in reports(vnpay, url, 10)] == list(range(1, 11))


def test_repeating_tells_the_merchant_three_times(vnpay: Any, merchant: Merchant) -> None:
    vnpay.behave("repeat")
    url = pay_url(vnpay)
    pay(vnpay, url)
    first, *others = merchant.told_of(reference(url), times=3)
    assert others == [first, first]
    assert len(charges(vnpay, url)) == 1


def test_a_withheld_report_goes_out_when_the_behaviour_changes(vnpay: Any, merchant: Merchant) -> None:
    vnpay.behave("withhold")
    url, other = pay_url(vnpay), pay_url(vnpay)
    pay(vnpay, url)
    vnpay.behave("withhold", times=1)
    pay(vnpay, other)
    merchant.told_of(reference(other))
    assert not [told for told in merchant.told if told["vnp_TxnRef"] == reference(url)]
    vnpay.behave("normal")
    merchant.told_of(reference(url))


def test_a_late_report_leaves_the_payer_unhindered(vnpay: Any, merchant: Merchant) -> None:
    vnpay.behave("late", delay_seconds=0.5)
    url = pay_url(vnpay)
    started = time.monotonic()
    pay(vnpay, url)
    assert time.monotonic() - started < 0.5
    merchant.told_of(reference(url))
    assert time.monotonic() - started >= 0.5


def test_failing_charges_nobody(vnpay: Any) -> None:
    vnpay.behave("fail")
    url = pay_url(vnpay)
    assert vnpay.client.get(url).status_code == 503
    assert vnpay.client.post("/paymentv2/confirm", data={"token": urlsplit(url).query}).status_code == 503
    assert pay(vnpay, url).status_code == 503
    assert not charges(vnpay, url)


def test_slow_answers_late(vnpay: Any, merchant: Merchant) -> None:
    vnpay.behave("slow", delay_seconds=0.3)
    started = time.monotonic()
    assert vnpay.client.get(pay_url(vnpay)).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_kill_loses_neither_the_charge_nor_the_report(vnpay: Any, merchant: Merchant) -> None:
    vnpay.behave("withhold")
    url = pay_url(vnpay)
    pay(vnpay, url)
    before = charges(vnpay, url)
    vnpay.stop(signal.SIGKILL)
    vnpay.start()
    merchant.told_of(reference(url))
    assert charges(vnpay, url) == before
    assert pay(vnpay, url).status_code == 409
    later = pay_url(vnpay)
    assert pay(vnpay, later).json()["transaction_no"] != before[0]["transaction_no"]


def test_only_known_results_can_be_asked_for(vnpay: Any) -> None:
    url = pay_url(vnpay)
    assert pay(vnpay, url, result="08").status_code == 400
    assert not charges(vnpay, url)


def test_a_payer_may_send_another_amount_and_pay_after_the_time_is_over(vnpay: Any, merchant: Merchant) -> None:
    over = pay_url(vnpay, vnp_ExpireDate="20200101000000")
    assert pay(vnpay, over).json()["code"] == "15"
    assert pay(vnpay, over, amount=7_000, ignore_expiry=True).status_code == 200
    [told] = merchant.told_of(reference(over))
    assert told["vnp_Amount"] == "700000"
    assert [charge["amount"] for charge in charges(vnpay, over)] == [7_000]


def test_notices_come_as_often_as_asked_and_those_of_two_payments_overtake_each_other(
    vnpay: Any, merchant: Merchant
) -> None:
    url = pay_url(vnpay)
    for _ in range(2):
        pay(vnpay, url, again=True, notices=5, shuffle=True)
    numbers = [told["vnp_TransactionNo"] for told in merchant.told_of(reference(url), times=10)]
    assert {numbers.count(number) for number in set(numbers)} == {5}
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))
