"""I2: nobody is charged twice by us, all money that settles nothing goes back, and the ledgers agree.

The gateway's ledger is the witness: what it took less what it gave back is what the script leaves the payer with.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from motcua_contracts import PaymentRefunded, PaymentSettled, PaymentUnapplied, RefundRequested
from motcua_local.demo.history import Told
from motcua_local.demo.ledgers import Ledgers
from motcua_local.demo.scripts import Money, Script


class Account:
    """Everything that is known of one application's money."""

    def __init__(self, application: UUID, story: list[Told], ledgers: "ByOrder") -> None:
        self.charges = ledgers.charges.get(application.hex, [])
        self.refunds = ledgers.refunds.get(application.hex, [])
        self.settled = _of(story, PaymentSettled)
        self.late = _of(story, PaymentUnapplied)
        self.requested = {event.refund: event for event in _of(story, RefundRequested)}
        self.refunded = {event.refund: event for event in _of(story, PaymentRefunded)}

    @property
    def net(self) -> int:
        """What the gateway took and did not give back."""
        return _total(self.charges) - _total(self.refunds)

    @property
    def by_treasury(self) -> int:
        """What officers paid back past the gateway."""
        return sum(event.amount for event in self.refunded.values() if event.recorded_by is not None)


def _total(lines: list[dict[str, Any]]) -> int:
    return sum(int(line["amount"]) for line in lines)


class ByOrder:
    """The gateway's ledger, by order."""

    def __init__(self, ledgers: Ledgers) -> None:
        self.charges: dict[str, list[dict[str, Any]]] = {}
        self.refunds: dict[str, list[dict[str, Any]]] = {}
        for lines, found in ((ledgers.charges, self.charges), (ledgers.refunds, self.refunds)):
            for line in lines:
                found.setdefault(line["txn_ref"], []).append(line)


def faults(account: Account, script: Script) -> Iterator[str]:
    """What is wrong with the money of one application, in words."""
    if len(account.settled) > 1:
        yield f"settled {len(account.settled)} times"
    told = Counter(event.transaction for event in (*account.settled, *account.late))
    taken = Counter(charge["transaction_no"] for charge in account.charges)
    if told != taken:
        yield f"the gateway took {sorted(taken.elements())}, the events tell {sorted(told.elements())}"
    given = Counter(refund["transaction_no"] for refund in account.refunds)
    if any(times > 1 for times in given.values()):
        yield f"refunded more than once: {sorted(given.elements())}"
    if missing := account.requested.keys() - account.refunded.keys():
        yield f"{len(missing)} refunds asked for and not made"
    yield from _balance(account, script.money)


def _balance(account: Account, planned: Money) -> Iterator[str]:
    kept = sum(event.amount for event in account.settled)
    left = account.net - account.by_treasury
    match planned:
        case Money.NOTHING_PAID if account.charges:
            yield f"nothing was to be paid, the gateway took {len(account.charges)} payments"
        case Money.KEPT if left != kept or not kept:
            yield f"the payer is left with {left} paid, {kept} was owed"
        case Money.RETURNED if left != 0 or not account.charges:
            yield f"everything was to go back, {left} did not"
        case Money.RETURNED_BY_TREASURY if left != 0 or not account.by_treasury:
            yield f"the treasury was to pay everything back, {left} is missing"


def _of(story: list[Told], kind: type[Any]) -> list[Any]:
    return [told.event for told in story if isinstance(told.event, kind)]
