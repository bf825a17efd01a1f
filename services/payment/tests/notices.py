"""Notices as VNPay signs them, worked out apart from the code under test."""

import hashlib
import hmac
from urllib.parse import quote_plus

TERMINAL = "MOTCUA01"
SECRET = "a-secret"

Pairs = list[tuple[str, str]]

PAID = {
    "vnp_Amount": "600000",
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP14000001",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Nop phi ho so H29.25.12-261122-0001",
    "vnp_PayDate": "20261122103000",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": TERMINAL,
    "vnp_TransactionNo": "14000001",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "00000000000000000000000000000002",
}
CANCELLED = {
    **PAID,
    "vnp_ResponseCode": "24",
    "vnp_TransactionStatus": "02",
    "vnp_TransactionNo": "0",
    "vnp_BankTranNo": "",
}


def signature(parameters: dict[str, str], secret: str = SECRET) -> str:
    text = "&".join(
        f"{quote_plus(name, errors='surrogatepass')}={quote_plus(parameters[name], errors='surrogatepass')}"
        for name in sorted(parameters)
        if parameters[name]
    )
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def signed(parameters: dict[str, str], secret: str = SECRET) -> Pairs:
    return [*parameters.items(), ("vnp_SecureHash", signature(parameters, secret))]


def notice(**changed: str) -> Pairs:
    """A signed notice of a payment; `amount="100"` stands for `vnp_Amount=100`."""
    names = {"order": "vnp_TxnRef", "amount": "vnp_Amount", "transaction": "vnp_TransactionNo", "bank": "vnp_BankCode"}
    return signed({**PAID, **{names.get(name, name): value for name, value in changed.items()}})
