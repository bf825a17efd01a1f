"""While the secret is changed VNPay may sign with either; we sign with ours alone."""

import json

import pytest

from motcua_payment.gateway import VnPay
from motcua_payment.merchant_api import MerchantApi, UnclearError
from services.payment.tests.notices import PAID, SECRET, TERMINAL, signed
from services.payment.tests.test_gateway import request
from services.payment.tests.test_merchant_api import PAYMENT, reply

NEXT = "the-next-secret"
PLACES = "https://pay.example/vpcpay.html", TERMINAL
BACK = "https://dichvucong.example/back"


def test_notices_signed_with_either_secret_are_genuine_and_no_others() -> None:
    gateway = VnPay(*PLACES, SECRET, BACK, NEXT)
    assert gateway.read(signed(PAID, SECRET)) == gateway.read(signed(PAID, NEXT)) is not None
    assert gateway.read(signed(PAID, "a third")) is None
    assert VnPay(*PLACES, SECRET, BACK).read(signed(PAID, NEXT)) is None
    assert VnPay(*PLACES, SECRET, BACK, "").read(signed(PAID, "")) is None


def test_what_we_send_is_signed_with_our_own_secret_alone() -> None:
    address = VnPay(*PLACES, SECRET, BACK).pay_url(request(), payer_ip="::1")
    assert VnPay(*PLACES, SECRET, BACK, NEXT).pay_url(request(), payer_ip="::1") == address
    alone, changing = (MerchantApi("http://127.0.0.1:9/", TERMINAL, SECRET, "::1", 1.0, also) for also in (None, NEXT))
    asked = changing._request("querydr", "rq1", PAYMENT)
    assert alone._key.sign("a text") == changing._key.sign("a text")
    assert "vnp_SecureHash" in asked


def test_replies_signed_with_either_secret_are_believed_and_no_others() -> None:
    asked = {"vnp_Command": "refund", "vnp_TmnCode": TERMINAL, "vnp_TxnRef": PAYMENT.order}
    said = json.dumps(reply())
    assert MerchantApi("http://127.0.0.1:9/", TERMINAL, NEXT, "::1", 1.0, SECRET)._read(said.encode(), asked)
    with pytest.raises(UnclearError, match="not signed"):
        MerchantApi("http://127.0.0.1:9/", TERMINAL, NEXT, "::1", 1.0)._read(said.encode(), asked)
