"""VNPay as far as money goes: payments, notices until they are answered, refunds, and a ledger of its own.

The real adapters speak to it. A refund that was ordered may be carried out after nobody waits for it any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import Adapter, NotDoneError, Task
from motcua_contracts import Gateway as Brand
from motcua_payment.domain import GatewayConfirmed
from motcua_payment.gateway import stamp
from motcua_payment.merchant_api import FULL, PARTIAL, MerchantApi, Payment, Reply, UnclearError
from tests.simulation.world import Crashed, World

_NOTICE_AGAIN = 300.0
_LATEST_EFFECT = 120.0
_BANK_SECONDS = 300.0
_REJECTED = "09"
_REMEMBERED = 86_400.0
"""A day: so long VNPay refuses a request id that it has seen, whatever it said to it."""


@dataclass
class Refund:
    """An order to give money back that VNPay took, and what became of it."""

    kind: str
    amount: int
    status: str


@dataclass
class Charge:
    """Money that VNPay took."""

    application: UUID
    transaction: str
    amount: int
    paid_at: datetime
    refuses: int = 0
    """So many orders of a refund it will not follow."""
    refunds: list[Refund] = field(default_factory=list)
    """`querydr` tells of the last."""

    @property
    def returned(self) -> int:
        """What went back, or is on its way."""
        return sum(refund.amount for refund in self.refunds if refund.status != _REJECTED)


class Gateway:
    """The gateway and its ledger. `notify` carries a confirmed payment to the service; true once it was answered."""

    def __init__(self, world: World, notify: Callable[[UUID, Any, UUID], bool]) -> None:
        self._world, self._notify = world, notify
        self.charges: dict[str, Charge] = {}
        self._requests: dict[str, float] = {}

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
        charge = self._find(payment)
        if charge is None:
            return Reply("91", "", "", "", "", "")
        if not charge.refunds:
            amount = str(charge.amount * 100)
            return Reply("00", "01", "00", amount, charge.transaction, stamp(charge.paid_at), "NCB")
        return self._told(charge)

    def refund(self, payment: Payment, amount: int, request: str, *, full: bool) -> Reply:
        """Follow an order, or say why not."""
        charge = self._find(payment)
        if charge is None:
            return Reply("91", "", "", "", "", "")
        before = self._requests.get(request)
        if before is not None and self._world.seconds - before < _REMEMBERED:
            return Reply("94", "", "", "", "", "")
        self._requests[request] = self._world.seconds
        if full and charge.returned:
            return Reply("04", "", "", "", "", "")
        if charge.returned + amount > charge.amount:
            return Reply("93", "", "", "", "", "")
        return self._take(charge, Refund(FULL if full else PARTIAL, amount, "00"))

    def _find(self, payment: Payment) -> Charge | None:
        if payment.transaction:
            return self.charges.get(payment.transaction)
        paid = [charge for charge in self.charges.values() if charge.application.hex == payment.order]
        return paid[-1] if paid else None

    def _take(self, charge: Charge, refund: Refund) -> Reply:
        if charge.refuses:
            charge.refuses -= 1
            self._world.tell("vnpay", "refuses a refund", str(charge.application)[:8], charge.transaction)
            if self._world.chance() < 0.5:
                return Reply("13", "", "", "", "", "")
            refund.status = _REJECTED
        elif self._world.chance() < 0.5:
            refund.status = self._world.random.choice(("05", "06"))
            self._world.later(self._world.spread(1, _BANK_SECONDS), self._settle, charge, refund)
        charge.refunds.append(refund)
        self._world.tell(
            "vnpay", "gives back", refund.amount, str(charge.application)[:8], charge.transaction, refund.status
        )
        return self._told(charge)

    def _settle(self, charge: Charge, refund: Refund) -> None:
        refund.status = _REJECTED if self._world.chance() < 0.2 else "00"
        self._world.tell("vnpay", "hears from the bank", str(charge.application)[:8], charge.transaction, refund.status)

    def _told(self, charge: Charge) -> Reply:
        last = charge.refunds[-1]
        amount = str(last.amount * 100)
        return Reply("00", last.kind, last.status, amount, f"R{charge.transaction}", stamp(self._world.now), "NCB")


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


class AtGateway:
    """One of the service's own adapters, at this gateway; what it keeps in memory is lost with its process."""

    def __init__(self, world: World, gateway: Gateway, make: Callable[[MerchantApi], Adapter]) -> None:
        self._world = world
        self._make: Callable[[], Adapter] = lambda: make(_Counter(world, gateway))
        self._replicas: list[Adapter] = []
        self.restart()
        self.repeatable, self.attempts = self._replicas[0].repeatable, self._replicas[0].attempts

    def restart(self) -> None:
        """As many processes as before, none of which remembers anything."""
        count = len(self._replicas) or self._world.random.choice((1, 2))
        self._replicas = [self._make() for _ in range(count)]

    def call(self, task: Task) -> Any:
        """It never waits here, so one step takes it to its end."""
        call: Any = self._world.random.choice(self._replicas).call(task)
        try:
            call.send(None)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("the adapter waited for something")
