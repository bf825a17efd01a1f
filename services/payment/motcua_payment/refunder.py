"""Gives money back through VNPay: always asks first what became of the payment, and orders only what is not known.

So a refund whose answer was lost, or that was on its way when a database had to be rebuilt, is found and not repeated.
Within a day VNPay itself refuses a repeated request id, which stays the same until VNPay definitely refused an order.
A refund is made when VNPay says so (00), not when it took the order: the payer's bank may still reject it (09).
"""

import re
from datetime import UTC, datetime

import structlog

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_contracts import RefundRequested
from motcua_payment.gateway import created, moment, stamp
from motcua_payment.merchant_api import FULL, PARTIAL, MerchantApi, Payment, Reply, UnclearError
from motcua_payment.refunds import REFUND, GatewayRefunded, GatewayRefusedRefund, GatewayTookRefund, Refund, of_work

log = structlog.get_logger()

Answered = GatewayRefunded | GatewayTookRefund | GatewayRefusedRefund

DUPLICATE = "94"
"""The same request id, or a refund of this payment that VNPay already works on."""
NOT_SIGNED = "97"
"""Not the signature that VNPay expects: the secret is being changed, or ours is wrong. Nothing happened; ask again."""
FINAL = frozenset({"02", "03", "04", "13", "91", "93", "95"})
"""Terminal unknown, malformed, no whole refund after a part, parts only, payment unknown, too much, payment failed:
asking again changes none of them."""
_MADE = "00"
_TAKEN = frozenset({"05", "06"})
"""vnp_TransactionStatus: VNPay works on it, it is with the bank."""
_REJECTED = "09"
"""vnp_TransactionStatus: the bank would not take it back."""
_MARGIN = 3.0
_SELDOM = 64


class Refunder(Adapter):
    """The adapter behind the work `refund`."""

    kind = REFUND
    repeatable = Repeatable.QUERYABLE

    def __init__(self, api: MerchantApi, attempts: int) -> None:
        self._api = api
        self.attempts = attempts
        self.timeout = 3 * api.timeout + _MARGIN
        self._looks: dict[str, int] = {}
        """Rows that began here, or are known to be taken: how often each was looked after since VNPay took it."""

    async def call(self, task: Task) -> Answered:
        """What became of the refund. Raises `NotDoneError` when VNPay was not reached, `UnclearError` otherwise.

        A refund that is taken comes up every few seconds, perhaps for days; VNPay is asked ever less often.
        """
        refund = of_work(task.state.refunds, task.key)
        if refund is None:
            raise UnclearError("no such refund")  # a defect; the state that planned this work has one
        row = task.idempotency_key
        if task.attempt == 1:
            self._looks[row] = 0
        looks = self._looks.get(row, 0)
        answer: Answered = GatewayTookRefund(refund.request.refund)
        if not looks or _is_time(looks):
            answer = await self._look(task, refund)
        if isinstance(answer, GatewayTookRefund):
            self._looks[row] = looks + 1
        else:
            self._looks.pop(row, None)
        return answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    async def _look(self, task: Task, refund: Refund) -> Answered:
        """Silence about a refund that is taken says nothing new; and uses up no budget, lest money goes back twice."""
        taken = self._looks.get(task.idempotency_key)
        try:
            return await self._settle(task, refund, taken=bool(taken))
        except NotDoneError as error:
            if taken or task.attempt > self.attempts:  # only a row that had answers in between comes so far
                return GatewayTookRefund(refund.request.refund)
            if taken is None:  # what became of the attempts before, another process knows
                raise UnclearError(str(error)) from None
            raise

    async def _settle(self, task: Task, refund: Refund, *, taken: bool) -> Answered:
        """A rejected refund is news unless an earlier order was refused: then it is that one, until we know better.

        Not even after an order of which nobody knows: it may still be on its way. The same order once more settles it,
        for VNPay follows a request id once and calls the other a duplicate.
        """
        payment = _payment(task, refund.request)
        news = taken or refund.orders == 1
        known = await self._known(refund.request, payment, refuse=news)
        return known or await self._order(refund, payment)

    async def _known(self, asked: RefundRequested, payment: Payment, *, refuse: bool) -> Answered | None:
        """What VNPay already knows of this refund; None if it has to be ordered. `refuse`: a rejection is news."""
        reply = await self._api.ask(payment)
        if reply.code in FINAL:
            return _refused(asked, reply)
        if reply.code != "00":
            raise NotDoneError(reply.code)
        if reply.kind not in {FULL, PARTIAL}:
            return None
        if reply.status == _REJECTED:
            return _refused(asked, reply) if refuse else None
        return _followed(asked, reply)

    async def _order(self, refund: Refund, payment: Payment) -> Answered:
        asked = refund.request
        request_id = name_id("refund", asked.refund, str(refund.orders)).hex
        full = asked.amount == asked.paid
        reply = await self._api.refund(payment, asked.amount, full=full, request_id=request_id)
        if reply.code == DUPLICATE and (known := await self._known_now(asked, payment)) is not None:
            return known
        if reply.code in FINAL or reply.status == _REJECTED:
            return _refused(asked, reply)
        if reply.code == NOT_SIGNED:
            raise NotDoneError(reply.code)
        if reply.code != "00":
            raise UnclearError(reply.code)
        said = _followed(asked, reply)
        return said if isinstance(said, GatewayRefunded) else await self._known_now(asked, payment) or said

    async def _known_now(self, asked: RefundRequested, payment: Payment) -> Answered | None:
        """The same after an order; not being told then is no word that nothing happened."""
        try:
            return await self._known(asked, payment, refuse=True)
        except NotDoneError:
            return None


def _is_time(looks: int) -> bool:
    """The 1st, 2nd, 4th ... look, then every 64th: rows come up every ten seconds."""
    return looks & (looks - 1) == 0 or looks % _SELDOM == 0


def _payment(task: Task, asked: RefundRequested) -> Payment:
    """Money for an order that we never made has no creation date; the day it was paid is the best guess."""
    request = task.state.request
    at = created(request) if request is not None else stamp(asked.paid_at)
    about = f"Hoan phi ho so {asked.dossier.code}" if asked.dossier else f"Hoan tien {asked.order}"
    return Payment(asked.order, asked.transaction, at, about)


def _refused(asked: RefundRequested, reply: Reply) -> GatewayRefusedRefund:
    log.error("vnpay.refund-refused", code=reply.code, state=reply.status, reason=asked.reason.value)
    return GatewayRefusedRefund(asked.refund)


def _followed(asked: RefundRequested, reply: Reply) -> GatewayRefunded | GatewayTookRefund:
    """Raises `UnclearError` for a refund of another amount, which somebody made past us, and for a state unheard of."""
    if reply.status not in {_MADE, *_TAKEN} or reply.amount != str(asked.amount * 100):
        raise UnclearError(reply.status)
    if reply.status in _TAKEN:
        return GatewayTookRefund(asked.refund)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", reply.transaction):
        raise UnclearError("no number")
    return GatewayRefunded(asked.refund, reply.transaction, _when(asked, reply))


def _when(asked: RefundRequested, reply: Reply) -> datetime:
    """When VNPay says it was; now, where it tells the time of the payment, or none."""
    try:
        at = moment(reply.at)
    except ValueError:
        return datetime.now(UTC)
    return at if at >= asked.paid_at else datetime.now(UTC)
