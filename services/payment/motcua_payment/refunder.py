"""Gives money back through VNPay: always asks first what became of the payment, and orders only what is not known.

So a refund whose answer was lost, or that was on its way when a database had to be rebuilt, is found and not repeated.
Within a day VNPay itself refuses a repeated request id, which stays the same through all calls of one attempt.
"""

import re
from datetime import UTC, datetime

import structlog

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import Adapter, Repeatable, Task
from motcua_contracts import RefundRequested
from motcua_payment.gateway import created, moment, stamp
from motcua_payment.merchant_api import FULL, PARTIAL, MerchantApi, Payment, Reply, UnclearError
from motcua_payment.refunds import REFUND, GatewayRefunded, GatewayRefusedRefund, of_work

log = structlog.get_logger()

Answered = GatewayRefunded | GatewayRefusedRefund

DUPLICATE = "94"
"""The same request id, or a refund of this payment that VNPay already works on."""
FINAL = frozenset({"02", "03", "04", "13", "91", "93", "95", "97"})
"""Terminal unknown, malformed, no whole refund after a part, parts only, payment unknown, too much, payment failed, not
our signature: asking again changes none of them."""
_MADE = frozenset({"00", "05", "06"})
"""vnp_TransactionStatus: done, VNPay works on it, it is with the bank. VNPay owes the payer the money from then on."""
_REJECTED = "09"
"""vnp_TransactionStatus: the bank would not take it back."""
_MARGIN = 3.0


class Refunder(Adapter):
    """The adapter behind the work `refund`."""

    kind = REFUND
    repeatable = Repeatable.QUERYABLE

    def __init__(self, api: MerchantApi, attempts: int) -> None:
        self._api = api
        self.attempts = attempts
        self.timeout = 3 * api.timeout + _MARGIN

    async def call(self, task: Task) -> Answered:
        """What became of the refund. Raises `NotDoneError` when VNPay was not reached, `UnclearError` otherwise."""
        refund = of_work(task.state.refunds, task.key)
        if refund is None:
            raise UnclearError("no such refund")  # a defect; the state that planned this work has one
        asked = refund.request
        payment = _payment(task, asked)
        known = await self._known(asked, payment, refuse=task.uncertain)
        return known or await self._order(asked, payment)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    async def _known(self, asked: RefundRequested, payment: Payment, *, refuse: bool) -> Answered | None:
        """What VNPay already knows of this refund; None if it has to be ordered.

        A refund that the bank rejected is an answer if we may have ordered it just now (`refuse`), and otherwise an old
        one that an officer wants tried again.
        """
        reply = await self._api.ask(payment)
        if reply.code in FINAL:
            return _refused(asked, reply)
        if reply.code != "00":
            raise UnclearError(reply.code)
        if reply.kind not in {FULL, PARTIAL}:
            return None
        if reply.status == _REJECTED:
            return _refused(asked, reply) if refuse else None
        return _made(asked, reply)

    async def _order(self, asked: RefundRequested, payment: Payment) -> Answered:
        request_id = name_id("refund", asked.refund, str(asked.attempt)).hex
        full = asked.amount == asked.paid
        reply = await self._api.refund(payment, asked.amount, full=full, request_id=request_id)
        if reply.code == DUPLICATE and (known := await self._known(asked, payment, refuse=True)) is not None:
            return known
        if reply.code in FINAL or reply.status == _REJECTED:
            return _refused(asked, reply)
        if reply.code != "00":
            raise UnclearError(reply.code)
        return _made(asked, reply)


def _payment(task: Task, asked: RefundRequested) -> Payment:
    """Money for an order that we never made has no creation date; the day it was paid is the best guess."""
    request = task.state.request
    at = created(request) if request is not None else stamp(asked.paid_at)
    about = f"Hoan phi ho so {asked.dossier.code}" if asked.dossier else f"Hoan tien {asked.order}"
    return Payment(asked.order, asked.transaction, at, about)


def _refused(asked: RefundRequested, reply: Reply) -> GatewayRefusedRefund:
    log.error("vnpay.refund-refused", code=reply.code, state=reply.status, reason=asked.reason.value)
    return GatewayRefusedRefund(asked.refund)


def _made(asked: RefundRequested, reply: Reply) -> GatewayRefunded:
    """Raises `UnclearError` for a refund of another amount, which somebody made past us, and for a state unheard of."""
    if reply.status not in _MADE or reply.amount != str(asked.amount * 100):
        raise UnclearError(reply.status)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", reply.transaction):
        raise UnclearError("no number")
    return GatewayRefunded(asked.refund, reply.transaction, _when(asked, reply))


def _when(asked: RefundRequested, reply: Reply) -> datetime:
    """When VNPay took the order; now, where it tells the time of the payment, or none."""
    try:
        at = moment(reply.at)
    except ValueError:
        return datetime.now(UTC)
    return at if at >= asked.paid_at else datetime.now(UTC)
