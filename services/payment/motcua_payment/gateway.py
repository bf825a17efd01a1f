"""VNPay, protocol version 2.1.0: the signed redirect that a payer follows and the signed notice (IPN) that comes back.

Source: VNPay merchant integration, PAY API 2.1.0. The signature is HMAC-SHA512 over the sorted, URL-encoded
parameters without `vnp_SecureHash` and `vnp_SecureHashType`; amounts are in hundredths of a đồng.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote_plus, urlencode

import structlog
from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import Gateway, Language, PaymentRequested
from motcua_contracts.vocabulary import BankCode, GatewayTransaction, OrderReference
from motcua_payment.domain import PAYMENT_WINDOW, GatewayConfirmed
from motcua_payment.signature import Key

log = structlog.get_logger()

HELD = frozenset({"04", "07"})
"""vnp_TransactionStatus: the bank took the money and VNPay did not, or VNPay holds it under suspicion."""
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

    def __init__(self, pay_url: str, terminal: str, secret: str, return_url: str, also: str | None = None) -> None:
        """We sign with `secret`; VNPay may sign with `also` as well."""
        self._pay_url, self._terminal, self._return_url = pay_url, terminal, return_url
        self._key = Key(secret, also)

    def pay_url(self, request: PaymentRequested, *, payer_ip: str) -> str:
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
            "vnp_CreateDate": created(request),
            "vnp_ExpireDate": stamp(request.expires_at),
        }
        signature = self._key.sign(_text(parameters))
        return f"{self._pay_url}?{urlencode(sorted(parameters.items()))}&vnp_SecureHash={signature}"

    def read(self, query: Iterable[tuple[str, str]]) -> Notice | None:
        """A notice whose signature and shape hold; None for anything else, however odd."""
        pairs = list(query)
        parameters = dict(pairs)
        if len(parameters) != len(pairs) or any(len(value) > _LONGEST_VALUE for value in parameters.values()):
            return None
        signed = {k: v for k, v in parameters.items() if k.startswith("vnp_") and k not in _UNSIGNED}
        genuine = self._key.signed(_text(signed), parameters.get("vnp_SecureHash", ""))
        return _notice(signed) if genuine and signed.get("vnp_TmnCode") == self._terminal else None


def _text(parameters: Mapping[str, str]) -> str:
    # Names are encoded too: else "vnp_A=1&vnp_B" could pass for the name of one parameter and hide another.
    return "&".join(f"{_encode(k)}={_encode(v)}" for k, v in sorted(parameters.items()) if v)


def _encode(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")


def _bank_or_none(value: Any, check: ValidatorFunctionWrapHandler) -> str | None:
    """Money is not turned away because its bank has a name we did not expect."""
    try:
        bank: str | None = check(value)
    except ValidationError:
        return None
    return bank


class _Result(BaseModel):
    """What every notice says, in ASCII digits and letters alone."""

    order: OrderReference = Field(alias="vnp_TxnRef")
    response: str = Field(alias="vnp_ResponseCode", pattern=r"^[0-9]{2}$")
    status: str = Field(alias="vnp_TransactionStatus", pattern=r"^[0-9]{2}$")


class _Confirmation(BaseModel):
    """What a notice of money says besides, in shapes that fit our events."""

    amount: str = Field(alias="vnp_Amount", pattern=r"^[1-9][0-9]{0,9}00$")
    transaction: GatewayTransaction = Field(alias="vnp_TransactionNo")
    bank: Annotated[BankCode | None, WrapValidator(_bank_or_none)] = Field(default=None, alias="vnp_BankCode")
    paid_at: str = Field(alias="vnp_PayDate", pattern=r"^20[0-9]{12}$")


def _notice(signed: Mapping[str, str]) -> Notice | None:
    try:
        result = _Result.model_validate(signed)
        paid = result.response == result.status == "00"
        if not HELD.isdisjoint({result.response, result.status}):
            log.warning("vnpay.money-held", code=result.response, state=result.status)  # asked about before it expires
        return Notice(result.order, confirmed(result.order, signed) if paid else None)
    except ValueError as fault:  # genuine and yet unreadable: money may have come in, a person has to look
        where = [e["loc"][0] for e in fault.errors()] if isinstance(fault, ValidationError) else ["vnp_PayDate"]
        log.critical("vnpay.unreadable", reason=",".join(map(str, where)))
        return None


def confirmed(order: str, signed: Mapping[str, str]) -> GatewayConfirmed:
    """Money for this order, as VNPay's signed fields tell it. Raises `ValueError` where they cannot be read."""
    said = _Confirmation.model_validate(signed)
    return GatewayConfirmed(
        order=order,
        amount=int(said.amount) // 100,
        gateway=Gateway.VNPAY,
        transaction=said.transaction,
        bank=said.bank,
        paid_at=moment(said.paid_at),
    )


def created(request: PaymentRequested) -> str:
    """The order's creation date at VNPay: it names the order together with its reference, so it must never change.

    A request of before it was written down was open for the window of that time.
    """
    return stamp(request.requested_at or request.expires_at - PAYMENT_WINDOW)


def stamp(time: datetime) -> str:
    """`yyyyMMddHHmmss` in Vietnam."""
    return f"{time.astimezone(VIETNAM):%Y%m%d%H%M%S}"


def moment(text: str) -> datetime:
    """The reverse of `stamp`. Raises `ValueError`."""
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
