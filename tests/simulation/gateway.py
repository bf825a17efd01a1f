"""VNPay as far as money goes: payments, notices until they are answered, refunds, and a ledger of its own.

The real `Refunder` speaks to it. A refund that was ordered may be carried out after nobody waits for it any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Gateway as Brand
from motcua_payment.domain import GatewayConfirmed
from motcua_payment.gateway import stamp
from motcua_payment.merchant_api import FULL, PARTIAL, MerchantApi, Payment, Reply, UnclearError
from motcua_payment.refunder import Refunder
from tests.simulation.world import Crashed, World

_NOTICE_AGAIN = 300.0
_LATEST_EFFECT = 120.0
_REMEMBERED = 86_400.0
"""A day: so long VNPay refuses a request id that it has seen."""


@dataclass
class Charge:
    """Money that VNPay took."""

    application: UUID
    transaction: str
    amount: int
    paid_at: datetime
    refuses: int = 0
    """So many orders of a refund it will not follow."""
    returned: int = 0
    refunds: list[tuple[str, str, float, str]] = field(default_factory=list)
    """Request id, type, when, status; the last is what `querydr` tells of."""


class Gateway:
    """The gateway and its ledger. `notify` carries a confirmed payment to the service; true once it was answered."""

    def __init__(self, world: World, notify: Callable[[UUID, Any, UUID], bool]) -> None:
        self._world, self._notify = world, notify
        self.charges: dict[str, Charge] = {}

    def pay(self, application: UUID, amount: int) -> None:
        """Somebody pays this much for this order."""
        transaction = str(14_000_000 + len(self.charges))
        refuses = self._world.random.choice((0, 0, 0, 0, 1, 2))
        paid_at = self._world.now.replace(microsecond=0)
        self.charges[transaction] = charge = Charge(application, transaction, amount, paid_at, refuses)
        self._world.tell("vnpay", "takes", f"{amount} đ", str(application)[:8], transaction)
        self._world.later(self._world.spread(0.05, self._world.random.choice((5, 5, 90_000))), self._tell, charge)
        if self._world.chance() < 0.2:  # a notice that comes once more, however it was answered
            self._world.later(self._world.spread(0.05, 400_000), self._repeat, charge)

    def _tell(self, charge: Charge) -> None:
        if not self._repeat(charge):
            self._world.later(_NOTICE_AGAIN, self._tell, charge)

    def _repeat(self, charge: Charge) -> bool:
        order = charge.application.hex
        paid = GatewayConfirmed(order, charge.amount, Brand.VNPAY, charge.transaction, "NCB", charge.paid_at)
        return self._notify(charge.application, paid, name_id("vnpay", order, charge.transaction))

    def known(self, payment: Payment) -> Reply:
        """What `querydr` says."""
        charge = self.charges.get(payment.transaction)
        if charge is None:
            return Reply("91", "", "", "", "", "")
        if not charge.refunds:
            return Reply("00", "01", "00", str(charge.amount * 100), charge.transaction, stamp(charge.paid_at))
        return self._told(charge)

    def refund(self, payment: Payment, amount: int, request: str, *, full: bool) -> Reply:
        """Follow an order, or say why not."""
        charge = self.charges.get(payment.transaction)
        if charge is None:
            return Reply("91", "", "", "", "", "")
        recent = [r for r in charge.refunds if self._world.seconds - r[2] < _REMEMBERED]
        if any(known == request for known, *_ in recent):
            return Reply("94", "", "", "", "", "")
        if full and charge.returned:
            return Reply("04", "", "", "", "", "")
        if charge.returned + amount > charge.amount:
            return Reply("93", "", "", "", "", "")
        return self._refuse(charge, request, full=full) if charge.refuses else self._do(charge, request, amount, full)

    def _do(self, charge: Charge, request: str, amount: int, full: bool) -> Reply:  # noqa: FBT001
        charge.returned += amount
        status = self._world.random.choice(("00", "05", "06"))
        charge.refunds.append((request, FULL if full else PARTIAL, self._world.seconds, status))
        self._world.tell("vnpay", "gives back", f"{amount} đ", str(charge.application)[:8], charge.transaction)
        return self._told(charge)

    def _refuse(self, charge: Charge, request: str, *, full: bool) -> Reply:
        charge.refuses -= 1
        self._world.tell("vnpay", "refuses a refund", str(charge.application)[:8], charge.transaction)
        if self._world.chance() < 0.5:
            return Reply("13", "", "", "", "", "")
        charge.refunds.append((request, FULL if full else PARTIAL, self._world.seconds, "09"))
        return self._told(charge)

    def _told(self, charge: Charge) -> Reply:
        _, kind, _, status = charge.refunds[-1]
        returned = str(charge.returned * 100)
        return Reply("00", kind, status, returned, f"R{charge.transaction}", stamp(self._world.now))


class _Counter(MerchantApi):
    """The wire between: calls that fail before, get lost after, or are still on their way."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        super().__init__("", "", "", "", 5.0)
        self._world, self._gateway = world, gateway

    async def ask(self, payment: Payment) -> Reply:
        self._fail(NotDoneError())
        return self._gateway.known(payment)

    async def refund(self, payment: Payment, amount: int, *, full: bool, request_id: str) -> Reply:
        weather = self._world.weather
        self._fail(NotDoneError())
        if self._world.strikes(weather.lost):
            self._world.later(self._world.spread(0.01, _LATEST_EFFECT), self._arrive, payment, amount, full, request_id)
            raise UnclearError("no answer in time")
        said = self._gateway.refund(payment, amount, request_id, full=full)
        if self._world.strikes(weather.crash):
            raise Crashed
        if self._world.strikes(weather.lost):
            raise UnclearError("the answer was cut off")
        return said

    def _arrive(self, payment: Payment, amount: int, full: bool, request_id: str) -> None:  # noqa: FBT001
        self._gateway.refund(payment, amount, request_id, full=full)

    def _fail(self, error: Exception) -> None:
        if self._world.strikes(self._world.weather.refused):
            raise error


class Refunds:
    """The service's own refunder, at this gateway."""

    repeatable = Repeatable.QUERYABLE

    def __init__(self, world: World, gateway: Gateway, attempts: int = 4) -> None:
        self.attempts = attempts
        self._refunder = Refunder(_Counter(world, gateway), attempts)
        assert self._refunder.repeatable is self.repeatable

    def call(self, task: Task) -> Any:
        """It never waits here, so one step takes it to its end."""
        call = self._refunder.call(task)
        try:
            call.send(None)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("the refunder waited for something")
