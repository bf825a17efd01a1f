"""Officers over HTTP: refunds that need somebody, another try at the gateway, a transfer by the treasury on record.

An officer sees and handles those of their agency and below. Money for which no application is known belongs to no
agency: operators see to it.
"""

from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from motcua_chassis.http import AtDesk, Caller, Desk, OptionalKey, cause_of, idempotency, json_reply
from motcua_chassis.inputs import Command
from motcua_chassis.principals import Principal, Role
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Event
from motcua_contracts.vocabulary import GatewayTransaction, RefundReference
from motcua_payment import store
from motcua_payment.refunds import RecordRefund, RefundState, RetryRefund
from motcua_payment.state import Payment
from motcua_payment.views import REFUND, RefundPage, RefundTask, view_task

router = APIRouter(prefix="/refunds", tags=["refunds"])

Cashier = Annotated[Principal, Depends(Caller(Role.OFFICER, Role.OPERATOR))]
Reference = Annotated[RefundReference, Path(examples=[REFUND])]


class Transfer(BaseModel):
    """Money paid back outside the gateway."""

    model_config = ConfigDict(extra="forbid")

    reference: GatewayTransaction = Field(
        description="The treasury's number of the transfer", examples=["KB261122-0042"]
    )
    refunded_at: AwareDatetime | None = Field(default=None, description="When it was made; now, if absent")


@router.get("", summary="Refunds of an officer's agencies", responses=documented(), response_model_exclude_none=True)
async def list_refunds(
    desk: AtDesk,
    cashier: Cashier,
    state: Annotated[
        RefundState, Query(description="`failed` are those that wait for an officer")
    ] = RefundState.FAILED,
    after: Annotated[RefundReference | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RefundPage:
    """The oldest first; those of the officer's agency and the agencies below it."""
    rows = await store.list_refunds(desk.pool, _agency(cashier), state, after, limit + 1)
    shown = rows[:limit]
    more = shown[-1].refund.request.refund if len(rows) > limit else None
    return RefundPage(items=[view_task(row.application_id, row.refund) for row in shown], next=more)


@router.post(
    "/{refund}/retry",
    summary="Try a failed refund at the gateway again",
    responses=documented(404, 409),
    response_model=RefundTask,
    response_model_exclude_none=True,
)
async def retry(
    refund: Reference, request: Request, desk: AtDesk, cashier: Cashier, key: OptionalKey = None
) -> Response:
    """409 unless it failed: one underway or made must not be ordered twice. Answers with the refund, underway."""
    row = await _find(desk, cashier, refund)
    order = RetryRefund(refund, cashier.subject)
    return await _submit(desk, row, order, f"retry {refund}", cashier, key, await request.body())


@router.post(
    "/{refund}/record",
    summary="Record that the treasury paid a failed refund back",
    responses=documented(404, 409),
    response_model=RefundTask,
    response_model_exclude_none=True,
)
async def record(
    refund: Reference, transfer: Transfer, request: Request, desk: AtDesk, cashier: Cashier, key: OptionalKey = None
) -> Response:
    """409 unless it failed; 422 for a transfer before the payment or in the future. Answers with the refund, made."""
    row = await _find(desk, cashier, refund)
    order = RecordRefund(refund, cashier.subject, transfer.reference, transfer.refunded_at)
    return await _submit(desk, row, order, f"record {refund}", cashier, key, await request.body())


async def _submit(
    desk: Desk,
    row: store.RefundRow,
    order: RetryRefund | RecordRefund,
    route: str,
    cashier: Principal,
    key: str | None,
    body: bytes,
) -> Response:
    command = Command(
        row.application_id,
        order,
        cause_of(cashier, route, key),
        reply=_reply(row.application_id, order.refund),
        idempotency=idempotency(cashier, route, key, body),
    )
    return json_reply((await desk.submit(command)).reply)


def _reply(application: UUID, reference: str) -> Callable[[Payment, Sequence[Event]], bytes]:
    def render(state: Payment, _events: Sequence[Event]) -> bytes:
        refund = next(r for r in state.refunds if r.request.refund == reference)
        return view_task(application, refund).model_dump_json(exclude_none=True).encode()

    return render


async def _find(desk: Desk, cashier: Principal, refund: str) -> store.RefundRow:
    row = await store.find_refund(desk.pool, refund)
    if row is None or not _may(cashier, row.agency):
        raise ProblemError("refund-not-found", 404)
    return row


def _may(cashier: Principal, agency: str | None) -> bool:
    if agency is None:
        return cashier.role is Role.OPERATOR
    return cashier.role is Role.OFFICER and cashier.serves(agency)


def _agency(cashier: Principal) -> str | None:
    return cashier.agency if cashier.role is Role.OFFICER else None
