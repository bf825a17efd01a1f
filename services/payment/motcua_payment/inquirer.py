"""Asks VNPay before an order expires whether it was paid: a notice may never have come, however often it was repeated.

Asking changes nothing, so a question without an answer is asked again, with longer pauses. An order that nobody could
be asked about within the budget expires all the same, and the log says so: an application must not wait for ever.
"""

import structlog

from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_payment.domain import EXPIRY, GatewayConfirmed, NotPaid, Payment
from motcua_payment.gateway import HELD, confirmed, created
from motcua_payment.merchant_api import FULL, PARTIAL, MerchantApi, Reply
from motcua_payment.merchant_api import Payment as AtVnPay

log = structlog.get_logger()

_UNKNOWN = "91"
"""vnp_ResponseCode: the payer never got as far as a payment."""
_MARGIN = 3.0


class Inquirer(Adapter):
    """The adapter behind the work `expire-payment`."""

    kind = EXPIRY
    repeatable = Repeatable.QUERYABLE
    longest_pause = 1800.0
    """After three days to pay, half an hour more is little, and VNPay may be away for long."""

    def __init__(self, api: MerchantApi, attempts: int) -> None:
        self._api = api
        self.attempts = attempts
        self.timeout = api.timeout + _MARGIN

    async def call(self, task: Task) -> GatewayConfirmed | NotPaid:
        """Money for the order that is news, or that there is none. Raises `NotDoneError` while VNPay cannot say."""
        try:
            return await self._ask(task.state)
        except NotDoneError:
            if task.attempt >= self.attempts:
                log.error(  # noqa: TRY400  # exceptions' texts stay out of the log
                    "payment.expires-unasked", application=str(task.application), attempts=task.attempt
                )
            raise

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    async def _ask(self, state: Payment) -> GatewayConfirmed | NotPaid:
        request = state.request
        if request is None:
            return NotPaid()  # a defect; the state that planned this work has one
        about = f"Hoi phi ho so {request.dossier.code}"
        reply = await self._api.ask(AtVnPay(request.order, "", created(request), about))
        if reply.code == _UNKNOWN:
            return NotPaid()
        if reply.code != "00":
            raise NotDoneError(reply.code)
        if reply.status in HELD:
            log.warning("vnpay.money-held", code=reply.code, state=reply.status)
            raise NotDoneError("held")
        if reply.kind in {FULL, PARTIAL} or reply.status != "00" or reply.transaction in state.transactions:
            return NotPaid()
        return _found(request.order, reply)


def _found(order: str, reply: Reply) -> GatewayConfirmed:
    said = {
        "vnp_Amount": reply.amount,
        "vnp_TransactionNo": reply.transaction,
        "vnp_BankCode": reply.bank,
        "vnp_PayDate": reply.at,
    }
    try:
        paid = confirmed(order, said)
    except ValueError:  # money came in, and a person has to look
        log.critical("vnpay.unreadable", reason="querydr")
        raise NotDoneError("unreadable") from None
    log.warning("vnpay.notice-missing", kind=EXPIRY)
    return paid
