"""What payment measures besides the chassis: money that is asked for, arrived, and goes back; in đồng and in number.

Gauges show what is open, by indexes that hold nothing else. Counters show what moved, as committed by this process:
`increase()` over all of them is what moved; the books are the tables, not these.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import asyncpg
from prometheus_client import Counter, Gauge, Metric

from motcua_chassis.decisions import Change
from motcua_contracts import (
    Event,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    RefundDeclined,
    RefundFailed,
    RefundRequested,
)
from motcua_payment import store
from motcua_payment.refunds import RefundState

_OPEN = (RefundState.REQUESTED, RefundState.FAILED)
_MOVES: dict[type[Event], str] = {
    PaymentRequested: "requested",
    PaymentSettled: "settled",
    PaymentUnapplied: "unapplied",
    RefundRequested: "refund-due",
    PaymentRefunded: "refunded",
    RefundFailed: "refund-failed",
    RefundDeclined: "kept",
}


class Money:
    """What is owed to us, what we owe back, and what moved."""

    def __init__(self) -> None:
        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(f"motcua_payment_{name}", what, labels, registry=None)

        self._orders = gauge("orders_open", "Orders that wait for their payment")
        self._owed = gauge("orders_open_vnd", "What they come to")
        self._refunds = gauge("refunds", "Refunds that are not made", "state")
        self._refunds_vnd = gauge("refunds_vnd", "What they come to", "state")
        self._refunds_age = gauge("refunds_age_seconds", "Since when the oldest of them was asked for", "state")
        self._moves = Counter("motcua_payment_moves", "Times that money moved", ["state"], registry=None)
        self._moved = Counter("motcua_payment_moves_vnd", "Money that moved", ["state"], registry=None)
        for state in _MOVES.values():
            self._moves.labels(state)
            self._moved.labels(state)

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Count what is open."""
        orders, owed = await store.count_orders(pool)
        found = await store.count_open(pool)
        self._orders.set(orders)
        self._owed.set(owed)
        for state in _OPEN:
            count, amount, age = found.get(state.value, (0, 0, 0.0))
            self._refunds.labels(state.value).set(count)
            self._refunds_vnd.labels(state.value).set(amount)
            self._refunds_age.labels(state.value).set(age)

    def count(self, changes: Sequence[Change]) -> None:
        """Add what was committed."""
        for state, amount in _moves(changes):
            self._moves.labels(state).inc()
            self._moved.labels(state).inc(amount)

    def collect(self) -> Iterable[Metric]:
        """The last counts."""
        gauges = (self._orders, self._owed, self._refunds, self._refunds_vnd, self._refunds_age)
        return chain.from_iterable(each.collect() for each in (*gauges, self._moves, self._moved))


def _moves(changes: Sequence[Change]) -> Iterator[tuple[str, int]]:
    for change in changes:
        for recorded in change.recorded:
            event, state = recorded.event, _MOVES.get(type(recorded.event))
            again = isinstance(event, RefundRequested) and event.attempt > 1
            if state is not None and not again:  # an officer's new try asks for the same money
                yield state, getattr(event, "amount", 0)
