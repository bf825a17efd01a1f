"""Pauses of one who takes batches as they come: under load what comes meanwhile shares the next transaction.

A batch costs milliseconds whatever it holds. One who takes at once what is there gets small batches exactly when all
processors are busy, and keeps them so.
"""

import asyncio
import time
from collections.abc import Callable

FEW = 32
"""Fewer than these are nobody's load: whoever takes them is back at once."""
LONGEST = 0.2
"""Seconds; a batch that took half of it and more waited for a database or a broker, not for a processor."""


class Pace:
    """After a batch of many rests twice as long as that took; after a full one, or one of few, not at all."""

    def __init__(self, full: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`full`: so many are taken at most; more of them wait already."""
        self._full, self._clock = full, clock
        self._count, self._began = 0, 0.0

    def begin(self, count: int) -> None:
        """So many are in hand."""
        self._count, self._began = count, self._clock()

    @property
    def under_load(self) -> bool:
        """Whether a rest will follow."""
        return FEW <= self._count < self._full

    def due(self) -> float:
        """Seconds to rest, now that the batch is done."""
        return min(2 * (self._clock() - self._began), LONGEST) if self.under_load else 0.0

    async def rest(self) -> None:
        """Do so."""
        if seconds := self.due():
            await asyncio.sleep(seconds)
