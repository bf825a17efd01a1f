"""Payment over HTTP: what an application owes and where to pay it, and the gateway's notices."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone, AtDesk, Desk, owns
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.log import describe
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import (
    Event,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    UnappliedReason,
)
from motcua_payment import store
from motcua_payment.gateway import Notice, ResponseCode, VnPay
from motcua_payment.state import Payment, Phase
from motcua_payment.views import PaymentView, view_payment

log = structlog.get_logger()
router = APIRouter(tags=["payments"])


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
    if row is None or not owns(principal, row.applicant_id, row.agency, row.representative):
        raise ProblemError("payment-not-found", 404)
    view = view_payment(row, await store.refunds_of(desk.pool, application_id))
    if row.phase != Phase.REQUESTED or row.order_ref is None:
        return view
    owed = PaymentRequested.model_validate(row.detail)
    if datetime.now(UTC) >= owed.expires_at:
        return view
    payer_ip = request.client.host if request.client else "0.0.0.0"  # noqa: S104  # VNPay demands some address
    return view.model_copy(update={"pay_url": gateway.pay_url(owed, payer_ip=payer_ip)})


@router.get("/webhooks/vnpay", summary="VNPay's payment notice (IPN)", openapi_extra={"parameters": _NOTICE})
async def vnpay_notice(request: Request, desk: AtDesk, gateway: AtVnPay) -> IpnAnswer:
    """The signature is the credential. Always 200: VNPay reads `RspCode`, and tries again unless it is 00 or 02."""
    try:
        code = await _take(gateway.read(request.query_params.multi_items()), desk)
    except Exception as error:  # noqa: BLE001  # whatever it was, told 99 VNPay comes again
        log.warning("vnpay.notice-failed", **describe(error))
        code = ResponseCode.UNKNOWN_ERROR
    return IpnAnswer(RspCode=code.value, Message=_MESSAGES[code])


_OURS = re.compile(r"[0-9a-f]{32}")
"""An order's reference is its application's id. Money for one we know nothing of is on record, and goes back."""


async def _take(notice: Notice | None, desk: Desk) -> ResponseCode:
    if notice is None:
        return ResponseCode.BAD_SIGNATURE
    if not _OURS.fullmatch(notice.order):
        return ResponseCode.UNKNOWN_ORDER
    if notice.confirmed is None:
        return ResponseCode.CONFIRMED
    paid = notice.confirmed
    cause = name_id("vnpay", paid.order, paid.transaction)
    outcome = await desk.submit(Command(UUID(hex=notice.order), paid, cause, reply=_response_code))
    return ResponseCode(outcome.reply.decode())


def _response_code(_state: Payment, events: Sequence[Event]) -> bytes:
    match list(events):
        case [PaymentSettled()]:
            code = ResponseCode.CONFIRMED
        case [PaymentUnapplied(reason=UnappliedReason.WRONG_AMOUNT), *_]:
            code = ResponseCode.WRONG_AMOUNT
        case [PaymentUnapplied() | PaymentExpired(), *_]:
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
