"""What a merchant asks a payer to pay: read from a signed query, refused with VNPay's code when it is not in order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from motcua_simulators.vnpay.signature import signed_parameters

VIETNAM = timezone(timedelta(hours=7))

_FORMS = {
    "vnp_Version": r"2\.1\.0",
    "vnp_Command": r"pay",
    "vnp_CurrCode": r"VND",
    "vnp_Locale": r"vn|en",
    "vnp_Amount": r"[1-9][0-9]{0,9}00",
    "vnp_TxnRef": r"[A-Za-z0-9._-]{1,100}",
    "vnp_OrderInfo": r".{1,255}",
    "vnp_ReturnUrl": r"https?://.{1,247}",
    "vnp_IpAddr": r"[0-9A-Fa-f.:]{7,45}",
    "vnp_CreateDate": r"[0-9]{14}",
    "vnp_ExpireDate": r"[0-9]{14}",
}


class OrderRefusedError(ValueError):
    """`code` is the one of VNPay's error page, `status` that of the answer."""

    def __init__(self, code: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.code, self.status = code, status


@dataclass(frozen=True, slots=True)
class Order:
    """One transaction as the payer sees it."""

    txn_ref: str
    amount: int
    """VND, as the payer sees it; a hundredth of vnp_Amount."""
    info: str
    locale: str
    return_url: str
    created: str
    """vnp_CreateDate, by which the merchant names the order later."""


def read_order(query: str, tmn_code: str, secret: str, now: datetime | None) -> Order:
    """Raise OrderRefusedError unless the query is signed, complete and in time; no `now`: whatever the time."""
    parameters = signed_parameters(secret, query)
    if parameters is None:
        raise OrderRefusedError("70", "wrong signature")
    if parameters.get("vnp_TmnCode") != tmn_code:
        raise OrderRefusedError("72", "no such merchant terminal")
    faults = [name for name, form in _FORMS.items() if not re.fullmatch(form, parameters.get(name, ""))]
    if faults:
        raise OrderRefusedError("03", f"missing or malformed: {', '.join(faults)}")
    _refuse_expired(parameters, now)
    return Order(
        txn_ref=parameters["vnp_TxnRef"],
        amount=int(parameters["vnp_Amount"]) // 100,
        info=parameters["vnp_OrderInfo"],
        locale=parameters["vnp_Locale"],
        return_url=parameters["vnp_ReturnUrl"],
        created=parameters["vnp_CreateDate"],
    )


def _refuse_expired(parameters: Mapping[str, str], now: datetime | None) -> None:
    try:
        _moment(parameters["vnp_CreateDate"])
        expires = _moment(parameters["vnp_ExpireDate"])
    except ValueError as error:
        raise OrderRefusedError("03", "vnp_CreateDate and vnp_ExpireDate must be dates, yyyyMMddHHmmss") from error
    if now is not None and expires < now:
        raise OrderRefusedError("15", "the time to pay is over")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
