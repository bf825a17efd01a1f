"""VNPay's merchant API, version 2.1.0: what became of a transaction (`querydr`), and giving money back (`refund`).

Source: VNPay, API querydr & refund (sandbox.vnpayment.vn/apis/docs). Requests and replies are JSON; the signature is
HMAC-SHA512 over the values of named fields in their documented order, joined by `|`, an absent one as nothing. A reply
that VNPay did not sign for our terminal says nothing.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp

from motcua_chassis.worker import NotDoneError
from motcua_payment.gateway import stamp
from motcua_payment.signature import Key

_ASKED = "vnp_RequestId vnp_Version vnp_Command vnp_TmnCode vnp_TxnRef vnp_TransactionDate vnp_CreateDate".split()
_ASKED += ["vnp_IpAddr", "vnp_OrderInfo"]
_ORDERED = "vnp_RequestId vnp_Version vnp_Command vnp_TmnCode vnp_TransactionType vnp_TxnRef vnp_Amount".split()
_ORDERED += "vnp_TransactionNo vnp_TransactionDate vnp_CreateBy vnp_CreateDate vnp_IpAddr vnp_OrderInfo".split()
_TOLD = "vnp_ResponseId vnp_Command vnp_ResponseCode vnp_Message vnp_TmnCode vnp_TxnRef vnp_Amount vnp_BankCode".split()
_TOLD += "vnp_PayDate vnp_TransactionNo vnp_TransactionType vnp_TransactionStatus vnp_OrderInfo".split()
SIGNED: Mapping[str, list[str]] = {"querydr": _ASKED, "refund": _ORDERED}
"""What a request's signature covers, by command."""
TOLD: Mapping[str, list[str]] = {"querydr": [*_TOLD, "vnp_PromotionCode", "vnp_PromotionAmount"], "refund": _TOLD}
"""What a reply's signature covers, by command."""

_READ = "vnp_ResponseCode vnp_TransactionType vnp_TransactionStatus vnp_Amount vnp_TransactionNo vnp_PayDate".split()
_READ += ["vnp_BankCode"]
_LONGEST_REPLY = 64 * 1024
_INITIATOR = "motcua"
"""vnp_CreateBy. Never an officer's name: it would leave the house."""
FULL, PARTIAL = "02", "03"
"""vnp_TransactionType of a refund; a payment's is 01."""


class UnclearError(Exception):
    """The order may have been followed: nobody can tell from this reply."""


class Payment(NamedTuple):
    """A payment as VNPay knows it."""

    order: str
    transaction: str
    """Empty: whichever payment the order has."""
    created: str
    """vnp_CreateDate of the order, yyyyMMddHHmmss."""
    about: str
    """vnp_OrderInfo: unaccented words without personal data."""


class Reply(NamedTuple):
    """What VNPay said, under its signature."""

    code: str
    kind: str
    """vnp_TransactionType."""
    status: str
    """vnp_TransactionStatus."""
    amount: str
    """In hundredths of a đồng."""
    transaction: str
    at: str
    bank: str = ""


class MerchantApi:
    """Our terminal's side of the API."""

    def __init__(
        self, url: str, terminal: str, secret: str, server_ip: str, timeout: float, also: str | None = None
    ) -> None:
        """We sign with `secret`; VNPay may sign with `also` as well."""
        self._url, self._terminal, self._server_ip = url, terminal, server_ip
        self._key = Key(secret, also)
        self.timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, payment: Payment) -> Reply:
        """What became of a payment. Changes nothing, so raises only `NotDoneError`."""
        body = self._request("querydr", uuid4().hex, payment)
        try:
            return await self._call(body)
        except (UnclearError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotDoneError(type(error).__name__) from None

    async def refund(self, payment: Payment, amount: int, *, full: bool, request_id: str) -> Reply:
        """Order that so many đồng go back. Raises `NotDoneError` if VNPay was not reached; otherwise nobody knows."""
        given = {"vnp_TransactionType": FULL if full else PARTIAL, "vnp_Amount": str(amount * 100)}
        try:
            return await self._call(self._request("refund", request_id, payment, vnp_CreateBy=_INITIATOR, **given))
        except aiohttp.ClientConnectorError as error:
            raise NotDoneError(type(error).__name__) from None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    def _request(self, command: str, request_id: str, payment: Payment, **more: str) -> dict[str, str]:
        body = {
            "vnp_RequestId": request_id,
            "vnp_Version": "2.1.0",
            "vnp_Command": command,
            "vnp_TmnCode": self._terminal,
            "vnp_TxnRef": payment.order,
            "vnp_TransactionNo": payment.transaction,
            "vnp_TransactionDate": payment.created,
            "vnp_CreateDate": stamp(datetime.now(UTC)),
            "vnp_IpAddr": self._server_ip,
            "vnp_OrderInfo": payment.about,
            **more,
        }
        return {**body, "vnp_SecureHash": self._key.sign(joined(SIGNED[command], body))}

    async def _call(self, body: dict[str, str]) -> Reply:
        timeout = aiohttp.ClientTimeout(total=self.timeout)
        async with self._connected().post(self._url, json=body, timeout=timeout, allow_redirects=False) as answer:
            raw = await answer.content.read(_LONGEST_REPLY)
        if answer.status != 200:
            raise UnclearError(str(answer.status))
        return self._read(raw, body)

    def _read(self, raw: bytes, asked: Mapping[str, str]) -> Reply:
        """Raises `UnclearError` for anything but VNPay's signed word about what was asked."""
        try:
            said = json.loads(raw)
        except ValueError:
            raise UnclearError("not JSON") from None
        if not isinstance(said, dict):
            raise UnclearError("not an object")
        values = {name: _text(value) for name, value in said.items()}
        if not self._key.signed(joined(TOLD[asked["vnp_Command"]], values), values.get("vnp_SecureHash", "")):
            raise UnclearError("not signed")
        told = [values.get(name, "") for name in ("vnp_Command", "vnp_TmnCode", "vnp_TxnRef")]
        if values.get("vnp_ResponseCode") == "00" and told != [
            asked["vnp_Command"],
            self._terminal,
            asked["vnp_TxnRef"],
        ]:
            raise UnclearError("about something else")
        return Reply(*(values.get(name, "") for name in _READ))

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running loop
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def joined(fields: list[str], values: Mapping[str, str]) -> str:
    """The text that is signed."""
    return "|".join(values.get(name, "") for name in fields)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
