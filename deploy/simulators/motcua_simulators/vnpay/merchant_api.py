"""VNPay's API for merchants: `querydr` tells what became of a transaction, `refund` gives money back, never twice.

Every answer is HTTP 200 with a code, as there; a refund is in the ledger before it is answered. Codes: 00 taken, 02 no
such terminal, 03 malformed, 04 whole refund after a part, 91 no such transaction, 93 too much, 94 the same request or a
refund already made, 95 refused, 97 wrong signature, 99 anything else.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from motcua_simulators.behaviour import NORMAL, Behaviour, Setting
from motcua_simulators.ledger import timestamp
from motcua_simulators.vnpay.gateway import BANK, PAID, Gateway, status_of
from motcua_simulators.vnpay.order import VIETNAM

MODES = {
    "refund-fails": "Orders to refund are answered with 99; nothing is refunded.",
    "refund-refused": "Orders to refund are answered with 95; nothing is refunded.",
    "refund-slow": "Orders to refund are followed at once and answered after delay_seconds.",
    "refund-lost": "Orders to refund are followed, and answered with HTTP 504 and nothing else.",
    "refund-rejected": "Orders to refund are taken, and the payer's bank rejects them: nothing is refunded.",
    "refund-pending": "Refunds are still with the payer's bank, for every question that meets this.",
}
_OF_ORDERS = [mode for mode in MODES if mode != "refund-pending"]
_HEAD = {
    "vnp_RequestId": r"[A-Za-z0-9]{1,32}",
    "vnp_Version": r"2\.1\.0",
    "vnp_Command": r"querydr|refund",
    "vnp_TmnCode": r"[A-Za-z0-9]{8}",
}
_TAIL = {
    "vnp_CreateDate": r"[0-9]{14}",
    "vnp_IpAddr": r"[0-9A-Fa-f.:]{7,45}",
    "vnp_OrderInfo": r"[A-Za-z0-9 .:_-]{1,255}",
}
_REFERENCE = {"vnp_TxnRef": r"[A-Za-z0-9._-]{1,100}"}
_DATE = {"vnp_TransactionDate": r"[0-9]{14}"}
_NUMBER = {"vnp_TransactionNo": r"[0-9]{0,15}"}
_FORMS = {
    "querydr": {**_HEAD, **_REFERENCE, **_DATE, **_TAIL},
    "refund": {
        **_HEAD,
        "vnp_TransactionType": r"02|03",
        **_REFERENCE,
        "vnp_Amount": r"[1-9][0-9]{0,9}00",
        **_NUMBER,
        **_DATE,
        "vnp_CreateBy": r"[A-Za-z0-9]{1,245}",
        **_TAIL,
    },
}
"""The fields of each command in the order in which they are signed."""
_ANSWERED = (
    "vnp_ResponseId vnp_Command vnp_ResponseCode vnp_Message vnp_TmnCode vnp_TxnRef vnp_Amount vnp_BankCode "
    "vnp_PayDate vnp_TransactionNo vnp_TransactionType vnp_TransactionStatus vnp_OrderInfo"
).split()
_PROMOTION = ["vnp_PromotionCode", "vnp_PromotionAmount"]
_FIRST_REFUND = 54_000_001
_WHOLE, _PART = "02", "03"
_DONE, _WORKED_ON, _WITH_THE_BANK, _REJECTED = "00", "05", "06", "09"

Answer = dict[str, str]


class RefusedError(ValueError):
    """`code` is what the merchant reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MerchantApi:
    """Answers the merchant's questions and orders under the behaviour of the moment, or of the order."""

    def __init__(self, gateway: Gateway, behaviour: Behaviour) -> None:
        self._gateway, self._behaviour = gateway, behaviour
        self._orders: dict[str, Behaviour] = {}
        self.modes = (NORMAL, *MODES)

    def treat(self, txn_ref: str, setting: Setting) -> None:
        """From now on this order has a behaviour of its own."""
        self._orders[txn_ref] = Behaviour(MODES)
        self._orders[txn_ref].set(Setting(**setting.model_dump(include=set(Setting.model_fields))))

    async def answer(self, request: Request) -> Response:
        if self._behaviour.take("fail") != NORMAL:
            return Response(status_code=503)
        asked = _strings(await request.body())
        behaviour = self._orders.get(asked.get("vnp_TxnRef", ""), self._behaviour)
        try:
            self._check(asked)
            if asked["vnp_Command"] == "querydr":
                return self._reply(asked, self._tell(asked, behaviour))
            mode = behaviour.take(*_OF_ORDERS)
            told = self._refund(asked, mode)
        except RefusedError as refusal:
            return self._reply(asked, {"vnp_ResponseCode": refusal.code, "vnp_Message": str(refusal)})
        if mode == "refund-lost":
            return Response(status_code=504)
        if mode == "refund-slow":
            await behaviour.delay()
        return self._reply(asked, told)

    def _check(self, asked: Answer) -> None:
        forms = _FORMS.get(asked.get("vnp_Command", ""))
        if forms is None:
            raise RefusedError("03", "Invalid vnp_Command")
        if asked.get("vnp_TmnCode") != self._gateway.merchant.tmn_code:
            raise RefusedError("02", "Invalid TmnCode")
        signed = self._sign([asked.get(name, "") for name in forms])
        if not hmac.compare_digest(signed.encode(), asked.get("vnp_SecureHash", "").lower().encode()):
            raise RefusedError("97", "Invalid checksum")
        faults = [name for name, form in {**forms, **_NUMBER}.items() if not re.fullmatch(form, asked.get(name, ""))]
        if faults:
            raise RefusedError("03", f"Invalid {' '.join(faults)}")

    def _tell(self, asked: Answer, behaviour: Behaviour) -> Answer:
        """The latest that is known of the transaction: its refund, or else its payment."""
        paid = self._find(asked)
        refunds = self._refunds(paid["transaction_no"])
        if refunds:
            pending = behaviour.take("refund-pending") != NORMAL
            status = _WITH_THE_BANK if pending else _REJECTED if is_rejected(refunds[-1]) else _DONE
            return {**_refunded(refunds[-1], status), "vnp_Message": "Success"}
        return {
            "vnp_ResponseCode": "00",
            "vnp_Message": "Success",
            "vnp_Amount": str(paid["amount"] * 100),
            "vnp_BankCode": BANK,
            "vnp_PayDate": _stamp(paid["at"]),
            "vnp_TransactionNo": paid["transaction_no"],
            "vnp_TransactionType": "01",
            "vnp_TransactionStatus": status_of(paid["response_code"]),
        }

    def _refund(self, asked: Answer, mode: str) -> Answer:
        today = datetime.now(VIETNAM).date().isoformat()
        entries = self._gateway.ledger.entries("refunds")
        if any((entry["request_id"], entry["day"]) == (asked["vnp_RequestId"], today) for entry in entries):
            raise RefusedError("94", "Duplicate request")
        paid, amount = self._find(asked), int(asked["vnp_Amount"]) // 100
        self._admit(paid, amount, asked["vnp_TransactionType"])
        if mode in {"refund-fails", "refund-refused"}:
            raise RefusedError("99", "Unknown error") if mode == "refund-fails" else RefusedError("95", "Refused")
        entry = {
            "txn_ref": paid["txn_ref"],
            "transaction_no": paid["transaction_no"],
            "amount": amount,
            "request_id": asked["vnp_RequestId"],
            "refund_no": str(_FIRST_REFUND + len(entries)),
            "type": asked["vnp_TransactionType"],
            "day": today,
            "at": timestamp(),
            "rejected": mode == "refund-rejected",
        }
        self._gateway.ledger.add("refunds", entry)
        return _refunded(entry, _WORKED_ON)

    def _admit(self, paid: dict[str, Any], amount: int, kind: str) -> None:
        if paid["response_code"] != PAID:
            raise RefusedError("95", "The transaction did not succeed")
        refunds = self._refunds(paid["transaction_no"])
        given = sum(entry["amount"] for entry in refunds if not is_rejected(entry))
        if given == paid["amount"]:
            raise RefusedError("94", "A refund of this transaction was ordered before")
        if kind == _WHOLE and given:
            raise RefusedError("04", "No whole refund after a part")
        if amount > paid["amount"] - given or (kind == _WHOLE) != (amount == paid["amount"]):
            raise RefusedError("93", "Invalid amount")

    def _find(self, asked: Answer) -> dict[str, Any]:
        """The payment of this number, or of the order's first that took money, in an order of that date."""
        named = asked.get("vnp_TransactionNo", "").lstrip("0")
        of_order = [
            result
            for result in self._gateway.ledger.entries("results")
            if result["txn_ref"] == asked["vnp_TxnRef"] and result.get("created") == asked["vnp_TransactionDate"]
        ]
        found = [result for result in of_order if not named or result["transaction_no"] == named]
        if not found:
            raise RefusedError("91", "Transaction not found")
        return next((result for result in found if result["response_code"] == PAID), found[-1])

    def _refunds(self, transaction_no: str) -> list[dict[str, Any]]:
        entries = self._gateway.ledger.entries("refunds")
        return [entry for entry in entries if entry["transaction_no"] == transaction_no]

    def _reply(self, asked: Answer, told: Answer) -> Response:
        command = asked.get("vnp_Command", "")
        known = {name: asked.get(name, "") for name in ("vnp_Command", "vnp_TxnRef", "vnp_OrderInfo")}
        answer = {"vnp_ResponseId": uuid4().hex, "vnp_TmnCode": self._gateway.merchant.tmn_code, **known, **told}
        fields = _ANSWERED + (_PROMOTION if command == "querydr" else [])
        return JSONResponse({**answer, "vnp_SecureHash": self._sign([answer.get(name, "") for name in fields])})

    def _sign(self, values: list[str]) -> str:
        text = "|".join(values).encode("utf-8", "surrogatepass")
        return hmac.new(self._gateway.merchant.secret.encode(), text, hashlib.sha512).hexdigest()


def is_rejected(entry: dict[str, Any]) -> bool:
    """Whether the payer's bank would not take this refund: the money stayed."""
    return bool(entry.get("rejected"))


def _refunded(entry: dict[str, Any], status: str) -> Answer:
    return {
        "vnp_ResponseCode": "00",
        "vnp_Message": "Refund success",
        "vnp_Amount": str(entry["amount"] * 100),
        "vnp_BankCode": BANK,
        "vnp_PayDate": _stamp(entry["at"]),
        "vnp_TransactionNo": entry["refund_no"],
        "vnp_TransactionType": entry["type"],
        "vnp_TransactionStatus": status,
    }


def _stamp(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def _strings(body: bytes) -> Answer:
    """The members of a JSON object as text; nothing for anything else."""
    try:
        given = json.loads(body)
    except ValueError:
        return {}
    members = given.items() if isinstance(given, dict) else ()
    return {name: str(value).encode("utf-8", "replace").decode() for name, value in members}
