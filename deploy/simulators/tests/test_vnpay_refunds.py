"""VNPay's API for merchants: what became of a payment, and giving it back, once."""

import hashlib
import hmac
import signal
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from deploy.simulators.tests.merchant import (
    Merchant,
    pay,
    pay_url,
    reference,
    telling,
)


@pytest.fixture
def merchant(vnpay: Any) -> Iterator[Merchant]:
    with telling(vnpay) as merchant:
        yield merchant


FIELDS = {
    "querydr": "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo".split(),
    "refund": "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy "
    "CreateDate IpAddr OrderInfo".split(),
}
TOLD = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo"
).split()


def piped(names: list[str], values: dict[str, str]) -> str:
    text = "|".join(values.get(f"vnp_{name}", "") for name in names)
    return hmac.new(b"a-secret", text.encode(), hashlib.sha512).hexdigest()


def call(vnpay: Any, command: str, url: str, **changed: str) -> dict[str, str]:
    """Ask about the order of this address, or to refund it; the reply's signature is checked."""
    order = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    body = {
        "vnp_RequestId": uuid4().hex,
        "vnp_Version": "2.1.0",
        "vnp_Command": command,
        "vnp_TmnCode": "MOTCUA01",
        "vnp_TxnRef": order["vnp_TxnRef"],
        "vnp_TransactionDate": order["vnp_CreateDate"],
        "vnp_CreateDate": "20261122100000",
        "vnp_IpAddr": "127.0.0.1",
        "vnp_OrderInfo": "Hoan tien",
    }
    if command == "refund":
        body |= {"vnp_TransactionType": "02", "vnp_Amount": order["vnp_Amount"], "vnp_CreateBy": "motcua"}
        body |= {"vnp_TransactionNo": "0"}
    body |= changed
    body.setdefault("vnp_SecureHash", piped(FIELDS[command], body))
    answer = vnpay.client.post("/merchant_webapi/api/transaction", json=body)
    assert answer.status_code == 200, answer.status_code
    said: dict[str, str] = answer.json()
    names = [*TOLD, "PromotionCode", "PromotionAmount"] if command == "querydr" else TOLD
    assert said["vnp_SecureHash"] == piped(names, said)
    return said


def refunds(vnpay: Any, url: str) -> list[dict[str, Any]]:
    return [entry for entry in vnpay.ledger("refunds") if entry["txn_ref"] == reference(url)]


def test_a_refund_is_made_once_and_told_of_afterwards(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    number = pay(vnpay, url).json()["transaction_no"]
    before = call(vnpay, "querydr", url)
    assert (before["vnp_TransactionType"], before["vnp_TransactionStatus"]) == ("01", "00")
    assert (before["vnp_TransactionNo"], before["vnp_Amount"]) == (number, "120000000")
    made = call(vnpay, "refund", url, vnp_RequestId="r1")
    assert (made["vnp_ResponseCode"], made["vnp_TransactionStatus"]) == ("00", "05")
    assert call(vnpay, "refund", url, vnp_RequestId="r1")["vnp_ResponseCode"] == "94", "the same request"
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "94", "the same payment"
    [entry] = refunds(vnpay, url)
    assert (entry["transaction_no"], entry["amount"], entry["request_id"]) == (number, 1_200_000, "r1")
    assert entry["refund_no"] == made["vnp_TransactionNo"]
    after = call(vnpay, "querydr", url)
    assert (after["vnp_TransactionType"], after["vnp_TransactionStatus"]) == ("02", "00")
    assert after["vnp_TransactionNo"] == entry["refund_no"]


def test_parts_go_back_up_to_what_was_paid(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    codes = [
        call(vnpay, "refund", url, vnp_TransactionType=kind, vnp_Amount=amount)["vnp_ResponseCode"]
        for kind, amount in [
            ("02", "100"), ("03", "120000000"), ("03", "120000100"), ("03", "100000000"), ("02", "120000000"),
            ("03", "30000000"), ("03", "20000000"), ("03", "100"),
        ]
    ]  # fmt: skip
    assert codes == ["93", "93", "93", "00", "04", "93", "00", "94"]
    assert sum(entry["amount"] for entry in refunds(vnpay, url)) == 1_200_000


def test_each_of_two_payments_of_an_order_goes_back_by_its_number(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    first, second = (pay(vnpay, url, again=True).json()["transaction_no"] for _ in range(2))
    assert call(vnpay, "refund", url, vnp_TransactionNo=second)["vnp_ResponseCode"] == "00"
    assert [entry["transaction_no"] for entry in refunds(vnpay, url)] == [second]
    types = [call(vnpay, "querydr", url, vnp_TransactionNo=n)["vnp_TransactionType"] for n in (first, second)]
    assert types == ["01", "02"]


@pytest.mark.parametrize("command", FIELDS)
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vnp_SecureHash": "0" * 128}, "97"),
        ({"vnp_TmnCode": "SOMEONE1"}, "02"),
        ({"vnp_TransactionDate": "20200101000000"}, "91"),
        ({"vnp_TxnRef": "NOBODY"}, "91"),
        ({"vnp_TransactionNo": "14999999"}, "91"),
        ({"vnp_RequestId": ""}, "03"),
        ({"vnp_TransactionDate": "today"}, "03"),
        ({"vnp_OrderInfo": "Hoàn tiền"}, "03"),
    ],
)
def test_a_request_out_of_order_is_answered_with_its_code(
    vnpay: Any, merchant: Merchant, command: str, changed: dict[str, str], code: str
) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    assert call(vnpay, command, url, **changed)["vnp_ResponseCode"] == code
    assert not refunds(vnpay, url)


def test_a_payment_that_did_not_succeed_is_not_refunded(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url, result="24")
    assert call(vnpay, "querydr", url)["vnp_TransactionStatus"] == "02"
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "95"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b'{"vnp_Command": []}', b'{"vnp_Command": "pay"}', b'{"vnp_Command": "\\ud800"}']
)
def test_nonsense_is_malformed(vnpay: Any, body: bytes) -> None:
    answer = vnpay.client.post("/merchant_webapi/api/transaction", content=body)
    assert (answer.status_code, answer.json()["vnp_ResponseCode"]) == (200, "03")


def treat(vnpay: Any, url: str, mode: str, **setting: Any) -> None:
    body = {"txn_ref": reference(url), "mode": mode, **setting}
    vnpay.client.put("/control/orders", json=body).raise_for_status()


@pytest.mark.parametrize(("mode", "code"), [("refund-fails", "99"), ("refund-refused", "95")])
def test_one_order_may_be_treated_badly_and_only_that(vnpay: Any, merchant: Merchant, mode: str, code: str) -> None:
    url, other = pay_url(vnpay), pay_url(vnpay)
    for each in (url, other):
        pay(vnpay, each)
    treat(vnpay, url, mode, times=2)
    codes = [call(vnpay, "refund", url, vnp_RequestId="same" + reference(url))["vnp_ResponseCode"] for _ in range(3)]
    assert codes == [code, code, "00"], "what was not taken may come again"
    assert call(vnpay, "refund", other)["vnp_ResponseCode"] == "00"


def test_all_orders_may_be_treated_badly(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    vnpay.behave("refund-refused")
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "95"
    vnpay.behave("fail")
    assert vnpay.client.post("/merchant_webapi/api/transaction", content=b"{}").status_code == 503
    vnpay.behave("normal")
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "00"


def test_a_refund_may_be_made_and_its_answer_be_late_or_lost(vnpay: Any, merchant: Merchant) -> None:
    slow, lost = pay_url(vnpay), pay_url(vnpay)
    for each in (slow, lost):
        pay(vnpay, each)
    treat(vnpay, slow, "refund-slow", delay_seconds=0.3)
    started = time.monotonic()
    assert call(vnpay, "refund", slow)["vnp_ResponseCode"] == "00"
    assert time.monotonic() - started >= 0.3
    treat(vnpay, lost, "refund-lost")
    with pytest.raises(AssertionError, match="504"):
        call(vnpay, "refund", lost)
    assert [len(refunds(vnpay, each)) for each in (slow, lost)] == [1, 1]


def status(vnpay: Any, url: str) -> tuple[str, str]:
    said = call(vnpay, "querydr", url)
    return said["vnp_TransactionType"], said["vnp_TransactionStatus"]


def test_a_refund_may_stay_with_the_bank_for_so_many_questions(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    treat(vnpay, url, "refund-pending", times=2)
    assert status(vnpay, url) == ("01", "00"), "before it is ordered no question counts"
    assert call(vnpay, "refund", url)["vnp_TransactionStatus"] == "05"
    assert [status(vnpay, url) for _ in range(3)] == [("02", "06"), ("02", "06"), ("02", "00")]
    assert len(refunds(vnpay, url)) == 1


def test_a_refund_may_be_taken_and_rejected_by_the_bank_and_ordered_again(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    treat(vnpay, url, "refund-rejected", times=1)
    assert call(vnpay, "refund", url, vnp_RequestId="rejected1")["vnp_TransactionStatus"] == "05"
    assert status(vnpay, url) == ("02", "09")
    assert refunds(vnpay, url) == [], "no money went back"
    [entry] = [entry for entry in vnpay.ledger("rejected") if entry["txn_ref"] == reference(url)]
    assert entry["request_id"] == "rejected1"
    assert call(vnpay, "refund", url, vnp_RequestId="rejected1")["vnp_ResponseCode"] == "94", "the same request"
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "00"
    assert status(vnpay, url) == ("02", "00")
    assert len(refunds(vnpay, url)) == 1


def test_of_an_order_that_nobody_paid_nothing_is_known_and_of_one_given_up_that_it_failed(
    vnpay: Any, merchant: Merchant
) -> None:
    url = pay_url(vnpay)
    assert call(vnpay, "querydr", url)["vnp_ResponseCode"] == "91"
    pay(vnpay, url, result="24")
    assert status(vnpay, url) == ("01", "02")


def test_money_that_is_held_is_neither_charged_nor_failed_until_it_is_released(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url, result="07").raise_for_status()
    [told] = merchant.told_of(reference(url))
    assert (told["vnp_ResponseCode"], told["vnp_TransactionStatus"]) == ("07", "07")
    assert status(vnpay, url) == ("01", "07")
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "95"
    pay(vnpay, url)
    assert status(vnpay, url) == ("01", "00")


def test_an_order_cannot_be_treated_in_a_way_that_is_unknown(vnpay: Any) -> None:
    for mode in ("dance", "repeat"):
        refused = vnpay.client.put("/control/orders", json={"txn_ref": "T1", "mode": mode})
        assert refused.status_code == 422


def test_a_kill_forgets_no_refund(vnpay: Any, merchant: Merchant) -> None:
    url = pay_url(vnpay)
    pay(vnpay, url)
    call(vnpay, "refund", url)
    vnpay.stop(signal.SIGKILL)
    vnpay.start()
    assert call(vnpay, "refund", url)["vnp_ResponseCode"] == "94"
    assert len(refunds(vnpay, url)) == 1
