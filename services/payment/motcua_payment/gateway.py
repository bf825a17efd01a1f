"""VNPay, protocol version 2.1.0: the signed redirect that a payer follows and the signed notice (IPN) that comes back.

Source: VNPay merchant integration, PAY API 2.1.0. The signature is HMAC-SHA512 over the sorted, URL-encoded
parameters without `vnp_SecureHash` and `vnp_SecureHashType`; amounts are in hundredths of a đồng.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode
from zoneinfo import ZoneInfo

from motcua_contracts import Gateway, Language, PaymentRequested

from motcua_payment.domain import GatewayConfirmed

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_UNSIGNED = ("vnp_SecureHash", "vnp_SecureHashType")
_LONGEST_VALUE = 255


class ResponseCode(StrEnum):
    """What we answer to a notice; VNPay tries again unless it reads 00 or 02."""

    CONFIRMED = "00"
    UNKNOWN_ORDER = "01"
    ALREADY_CONFIRMED = "02"
    WRONG_AMOUNT = "04"
    BAD_SIGNATURE = "97"
    UNKNOWN_ERROR = "99"


class Notice(NamedTuple):
    """A genuine notice: the order, and the confirmation unless the payment failed or was given up."""

    order: str
    confirmed: GatewayConfirmed | None


class VnPay:
    """One merchant's terminal at VNPay."""

    def __init__(self, pay_url: str, terminal: str, secret: str, return_url: str) -> None:
        self._pay_url, self._terminal, self._return_url = pay_url, terminal, return_url
        self._secret = secret.encode()

    def pay_url(self, request: PaymentRequested, *, now: datetime, payer_ip: str) -> str:
        """The address that shows the payer VNPay's page for this request."""
        parameters = {
            "vnp_Version": "2.1.0",
            "vnp_Command": "pay",
            "vnp_TmnCode": self._terminal,
            "vnp_Amount": str(request.amount * 100),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": request.order,
            "vnp_OrderInfo": f"Nop phi ho so {request.dossier.code}",
            "vnp_OrderType": "other",
            "vnp_Locale": "vn" if request.dossier.language is Language.VIETNAMESE else "en",
            "vnp_ReturnUrl": self._return_url,
            "vnp_IpAddr": payer_ip,
            "vnp_CreateDate": _stamp(now),
            "vnp_ExpireDate": _stamp(request.expires_at),
        }
        return f"{self._pay_url}?{urlencode(sorted(parameters.items()))}&vnp_SecureHash={self._sign(parameters)}"

    def read(self, query: Iterable[tuple[str, str]]) -> Notice | None:
        """A notice whose signature and shape hold; None for anything else, however odd."""
        pairs = list(query)
        parameters = dict(pairs)
        signed = {k: v for k, v in parameters.items() if k.startswith("vnp_") and k not in _UNSIGNED}
        given = parameters.get("vnp_SecureHash", "")
        if len(parameters) != len(pairs) or any(len(value) > _LONGEST_VALUE for value in parameters.values()):
            return None
        if not hmac.compare_digest(self._sign(signed).encode(), given.lower().encode("utf-8", "surrogatepass")):
            return None
        return _notice(signed) if signed.get("vnp_TmnCode") == self._terminal else None

    def _sign(self, parameters: Mapping[str, str]) -> str:
        text = "&".join(f"{k}={quote_plus(v, errors='surrogatepass')}" for k, v in sorted(parameters.items()) if v)
        return hmac.new(self._secret, text.encode(), hashlib.sha512).hexdigest()


def _notice(signed: Mapping[str, str]) -> Notice | None:
    try:
        succeeded = signed["vnp_ResponseCode"] == signed["vnp_TransactionStatus"] == "00"
        if not succeeded:
            return Notice(signed["vnp_TxnRef"], None)
        confirmed = GatewayConfirmed(
            order=signed["vnp_TxnRef"],
            amount=int(signed["vnp_Amount"]) // 100,
            gateway=Gateway.VNPAY,
            transaction=signed["vnp_TransactionNo"],
            bank=signed.get("vnp_BankCode"),
            paid_at=datetime.strptime(signed["vnp_PayDate"], "%Y%m%d%H%M%S").replace(tzinfo=_VIETNAM),
        )
    except (KeyError, ValueError):
        return None
    return Notice(confirmed.order, confirmed)


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(_VIETNAM):%Y%m%d%H%M%S}"
