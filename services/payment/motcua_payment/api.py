"""Payment over HTTP: what an application owes and where to pay it, and the gateway's notices."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from motcua_chassis.http import Anyone, AtDesk, owns
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command
from motcua_chassis.problems import ProblemError, Sentences, documented
from motcua_contracts import Event, FeeLine, PaymentReceivedLate, PaymentRequested, PaymentSettled
from motcua_contracts.payment import LateReason
from pydantic import BaseModel, Field

from motcua_payment import store
from motcua_payment.domain import Payment, Phase
from motcua_payment.gateway import ResponseCode, VnPay

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
    rule: str | None = Field(default=None, description="The rule that waived the fee", examples=["h29.online.waiver"])
    act: str | None = Field(default=None, examples=["97/2015/QH13"])
    pay_url: str | None = Field(default=None, description="Present while payment is open")


class IpnAnswer(BaseModel):
    """What VNPay expects to read."""

    RspCode: str = Field(examples=["00"])
    Message: str = Field(examples=["Confirm Success"])


def vnpay(request: Request) -> VnPay:
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
    view = PaymentView(
        application_id=row.application_id, dossier_code=row.dossier_code, state=PaymentState(row.phase), amount=0
    )
    if row.order_ref is None:
        return view.model_copy(update={"rule": row.detail["rule"], "act": row.detail["act"]})
    owed = PaymentRequested.model_validate(row.detail)
    payer_ip = request.client.host if request.client else "0.0.0.0"  # noqa: S104  # VNPay demands some address
    open_ = row.phase == Phase.REQUESTED
    url = gateway.pay_url(owed, now=datetime.now(UTC), payer_ip=payer_ip) if open_ else None
    shown: dict[str, Any] = {"amount": owed.amount, "lines": list(owed.lines), "expires_at": owed.expires_at}
    return view.model_copy(update={**shown, "pay_url": url})


@router.get("/webhooks/vnpay", summary="VNPay's payment notice (IPN)")
async def vnpay_notice(request: Request, desk: AtDesk, gateway: AtVnPay) -> IpnAnswer:
    """The signature is the credential. Always 200: VNPay reads `RspCode`, and tries again unless it is 00 or 02."""
    notice = gateway.read(request.query_params.multi_items())
    if notice is None:
        return _answer(ResponseCode.BAD_SIGNATURE)
    row = await store.find_order(desk.pool, notice.order)
    if row is None:
        return _answer(ResponseCode.UNKNOWN_ORDER)
    if notice.confirmed is None:
        return _answer(ResponseCode.CONFIRMED)
    paid = notice.confirmed
    cause = name_id("vnpay", paid.order, paid.transaction)
    outcome = await desk.submit(Command(row.application_id, paid, cause, reply=_response_code))
    return _answer(ResponseCode(outcome.reply.decode()))


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


def _answer(code: ResponseCode) -> IpnAnswer:
    return IpnAnswer(RspCode=code.value, Message=_MESSAGES[code])


_MESSAGES = {
    ResponseCode.CONFIRMED: "Confirm Success",
    ResponseCode.UNKNOWN_ORDER: "Order not found",
    ResponseCode.ALREADY_CONFIRMED: "Order already confirmed",
    ResponseCode.WRONG_AMOUNT: "Invalid amount",
    ResponseCode.BAD_SIGNATURE: "Invalid signature",
    ResponseCode.UNKNOWN_ERROR: "Unknown error",
}
