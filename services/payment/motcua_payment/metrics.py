"""What payment measures besides the chassis: refunds not made. A failed one waits for a person: alert on it."""

from collections.abc import Iterable

import asyncpg
from prometheus_client import Gauge, Metric

from motcua_payment import store
from motcua_payment.refunds import RefundState

_OPEN = (RefundState.REQUESTED, RefundState.FAILED)


class OpenRefunds:
    """How many refunds are on their way, and how many failed."""

    def __init__(self) -> None:
        self._gauge = Gauge("motcua_payment_refunds", "Refunds that are not made", ["state"], registry=None)

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Count them."""
        found = await store.count_open(pool)
        for state in _OPEN:
            self._gauge.labels(state.value).set(found.get(state.value, 0))

    def collect(self) -> Iterable[Metric]:
        """The last count; nothing before the first."""
        return self._gauge.collect()
