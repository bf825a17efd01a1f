"""What identity measures besides the chassis: doubtful identities that wait for an officer.

The table holds the open ones only. Checks that wait for the registry are work of kind `registry`: `motcua_work_open`.
"""

from collections.abc import Iterable
from itertools import chain

import asyncpg
from prometheus_client import Gauge, Metric

from motcua_identity import store

_STAGES = {False: "first-look", True: "second-look"}
"""Where two officers must agree, the second looks at what the first proposed."""


class OpenReviews:
    """How many wait, and for how long."""

    def __init__(self) -> None:
        self._reviews = Gauge("motcua_identity_reviews", "Reviews that wait for an officer", ["stage"], registry=None)
        self._age = Gauge(
            "motcua_identity_reviews_age_seconds", "For how long the oldest has waited", ["stage"], registry=None
        )

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Count them."""
        found = await store.count_waiting(pool)
        for proposed, stage in _STAGES.items():
            count, age = found.get(proposed, (0, 0.0))
            self._reviews.labels(stage).set(count)
            self._age.labels(stage).set(age)

    def collect(self) -> Iterable[Metric]:
        """The last count."""
        return chain(self._reviews.collect(), self._age.collect())
