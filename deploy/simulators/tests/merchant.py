"""VNPay's counterparts: a merchant that signs orders and is told, and a payer who follows them."""

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

REFERENCES = itertools.count(1)
DEADLINE_SECONDS = 15


def signed(parameters: dict[str, str]) -> str:
    query = "&".join(f"{name}={quote_plus(parameters[name])}" for name in sorted(parameters))
    return f"{query}&vnp_SecureHash={hmac.new(b'a-secret', query.encode(), hashlib.sha512).hexdigest()}"


def checked(query: str) -> dict[str, str]:
    """The parameters of a query that VNPay signed."""
    parameters = {name: values[0] for name, values in parse_qs(query).items()}
    given = parameters.pop("vnp_SecureHash")
    assert signed(parameters).endswith(given)
    return parameters


def pay_url(vnpay: Any, **changed: str) -> str:
    now = datetime.now(UTC) + timedelta(hours=7)
    parameters = {
        "vnp_Version": "2.1.0",
        "vnp_Command": "pay",
        "vnp_TmnCode": "MOTCUA01",
        "vnp_Amount": "120000000",
        "vnp_CurrCode": "VND",
        "vnp_TxnRef": f"T{next(REFERENCES)}",
        "vnp_OrderInfo": "Lệ phí hồ sơ <H29.25.12> & bản sao",
        "vnp_CreateDate": f"{now:%Y%m%d%H%M%S}",
        "vnp_ExpireDate": f"{now + timedelta(minutes=15):%Y%m%d%H%M%S}",
        "vnp_ReturnUrl": "http://127.0.0.1:9/return?lang=vi",
        "vnp_IpAddr": "127.0.0.1",
        "vnp_Locale": "vn",
        **changed,
    }
    return f"{vnpay.url}/paymentv2/vpcpay.html?{signed(parameters)}"


def reference(url: str) -> str:
    return parse_qs(urlsplit(url).query)["vnp_TxnRef"][0]


class Merchant:
    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.answers: dict[str, list[str]] = {}
        merchant = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told = checked(urlsplit(self.path).query)
                merchant.told.append(told)
                answers = merchant.answers.get(told["vnp_TxnRef"])
                code = answers.pop(0) if answers else "00"
                self.send_response(500 if code == "500" else 200)
                self.end_headers()
                self.wfile.write(b"" if code == "500" else json.dumps({"RspCode": code, "Message": ""}).encode())

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def told_of(self, txn_ref: str, times: int = 1) -> list[dict[str, str]]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(told := [call for call in self.told if call["vnp_TxnRef"] == txn_ref]) < times:
            assert time.monotonic() < deadline, f"told {len(told)} times of {txn_ref}, not {times}"
            time.sleep(0.02)
        return told


def charges(vnpay: Any, url: str) -> list[dict[str, Any]]:
    return [charge for charge in vnpay.ledger("charges") if charge["txn_ref"] == reference(url)]


def pay(vnpay: Any, url: str, **wish: Any) -> Any:
    return vnpay.client.post("/control/pay", json={"pay_url": url, **wish})


@contextmanager
def telling(vnpay: Any) -> Iterator[Merchant]:
    """A merchant whom this gateway tells."""
    merchant = Merchant()
    ipn_url = f"http://127.0.0.1:{merchant.server.server_port}/webhooks/vnpay"
    vnpay.client.put("/control/merchant", json={"ipn_url": ipn_url}).raise_for_status()
    yield merchant
    merchant.server.shutdown()
    merchant.server.server_close()
