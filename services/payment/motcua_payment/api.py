"""Payment over HTTP: what an application owes and where to pay it, and the gateway's notices."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone, AtDesk, Desk, owns
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.log import describe
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_contracts import Event, FeeLine, PaymentReceivedLate, PaymentRequested, PaymentSettled
from motcua_contracts.payment import LateReason
from motcua_payment import store
from motcua_payment.domain import Payment, Phase
from motcua_payment.gateway import Notice, ResponseCode, VnPay

log = structlog.get_logger()
router = APIRouter(tags=["payments"])

SENTENCES: Sentences = {
    "payment-not-found": (
        "Hồ sơ này chưa có khoản phải nộp nào.",
        "Nothing is owed for this application so far.",
    ),
}


class PaymentState(StrEnum):
    """`Phase` without the state nobody sees."""

    REQUESTED = Phase.REQUESTED.value
    WAIVED = Phase.WAIVED.value
    SETTLED = Phase.SETTLED.value
    EXPIRED = Phase.EXPIRED.value


class PaymentView(BaseModel):
    """What a pay page shows."""

    application_id: UUID
    dossier_code: str = Field(examples=["H29.25.12-261122-0001"])
    state: PaymentState
    amount: int = Field(description="VND", examples=[6000])
    lines: list[FeeLine] = []
    expires_at: datetime | None = None
    pay_url: str | None = Field(default=None, description="Present while it can be paid")
    receipt: str | None = Field(default=None, description="Present once settled", examples=["BL26H29-0000001"])
    rule: str | None = Field(default=None, description="The rule that waived the fee", examples=["2.000908/free"])
    act: str | None = Field(default=None, description="The act that rule cites", examples=["97/2015/QH13"])


class IpnAnswer(BaseModel):
    """What VNPay expects to read."""

    RspCode: str = Field(examples=["00"])
    Message: str = Field(examples=["Confirm Success"])


_NOTICE = [
    {"name": name, "in": "query", "required": True, "schema": {"type": "string"}, "example": example}
    for name, example in {
        "vnp_TmnCode": "MOTCUA01",
        "vnp_TxnRef": "0192f0007c1a7000800000000000002a",
        "vnp_Amount": "600000",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
        "vnp_TransactionNo": "14000001",
        "vnp_PayDate": "20261122103000",
        "vnp_SecureHash": "the HMAC-SHA512 over all other vnp_ parameters, in hexadecimal",
    }.items()
]
"""Only for the documentation: what is wrong with a notice is answered in `RspCode`, never as 422."""


async def vnpay(request: Request) -> VnPay:
    """This installation's terminal."""
    found: VnPay = request.app.state.service
    return found


AtVnPay = Annotated[VnPay, Depends(vnpay)]


@router.get(
    "/payments/{application_id}",
    summary="What is owed and where to pay it",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def pay_page(
    application_id: UUID, request: Request, desk: AtDesk, principal: Anyone, gateway: AtVnPay
) -> PaymentView:
    """The data of the pay page; a citizen sees their own, an officer those of their agency."""
    row = await store.find(desk.pool, application_id)
    if row is None or not owns(principal, row.applicant_id, row.agency):
        raise ProblemError("payment-not-found", 404)
    payer_ip = request.client.host if request.client else "0.0.0.0"  # noqa: S104  # VNPay demands some address
    return _view(row, gateway, datetime.now(UTC), payer_ip)


def _view(row: store.PaymentRow, gateway: VnPay, now: datetime, payer_ip: str) -> PaymentView:
    view = PaymentView(
        application_id=row.application_id, dossier_code=row.dossier_code, state=PaymentState(row.phase), amount=0
    )
    if row.order_ref is None:
        return view.model_copy(update={"rule": row.detail["rule"], "act": row.detail["act"]})
    owed = PaymentRequested.model_validate(row.detail)
    payable = row.phase == Phase.REQUESTED and now < owed.expires_at
    shown: dict[str, Any] = {
        "amount": owed.amount,
        "lines": list(owed.lines),
        "expires_at": owed.expires_at,
        "pay_url": gateway.pay_url(owed, now=now, payer_ip=payer_ip) if payable else None,
        "receipt": row.receipt,
    }
    return view.model_copy(update=shown)


@router.get("/webhooks/vnpay", summary="VNPay's payment notice (IPN)", openapi_extra={"parameters": _NOTICE})
async def vnpay_notice(request: Request, desk: AtDesk, gateway: AtVnPay) -> IpnAnswer:
    """The signature is the credential. Always 200: VNPay reads `RspCode`, and tries again unless it is 00 or 02."""
    try:
        code = await _take(gateway.read(request.query_params.multi_items()), desk)
    except Exception as error:  # noqa: BLE001  # whatever it was, told 99 VNPay comes again
        log.warning("vnpay.notice-failed", **describe(error))
        code = ResponseCode.UNKNOWN_ERROR
    return IpnAnswer(RspCode=code.value, Message=_MESSAGES[code])


async def _take(notice: Notice | None, desk: Desk) -> ResponseCode:
    if notice is None:
        return ResponseCode.BAD_SIGNATURE
    row = await store.find_order(desk.pool, notice.order)
    if row is None:
        return ResponseCode.UNKNOWN_ORDER
    if notice.confirmed is None:
        return ResponseCode.CONFIRMED
    paid = notice.confirmed
    cause = name_id("vnpay", paid.order, paid.transaction)
    outcome = await desk.submit(Command(row.application_id, paid, cause, reply=_response_code))
    return ResponseCode(outcome.reply.decode())


def _response_code(_state: Payment, events: Sequence[Event]) -> bytes:
    match list(events):
        case [PaymentSettled()]:
            code = ResponseCode.CONFIRMED
        case [PaymentReceivedLate(reason=LateReason.WRONG_AMOUNT)]:
            code = ResponseCode.WRONG_AMOUNT
        case [PaymentReceivedLate()]:
            code = ResponseCode.CONFIRMED
        case _:
            code = ResponseCode.ALREADY_CONFIRMED
    return code.value.encode()


_MESSAGES = {
    ResponseCode.CONFIRMED: "Confirm Success",
    ResponseCode.UNKNOWN_ORDER: "Order not found",
    ResponseCode.ALREADY_CONFIRMED: "Order already confirmed",
    ResponseCode.WRONG_AMOUNT: "Invalid amount",
    ResponseCode.BAD_SIGNATURE: "Invalid signature",
    ResponseCode.UNKNOWN_ERROR: "Unknown error",
}
