"""Spaces calls evenly: the exchange agrees a rate with each agency and answers more with errors."""

import asyncio
import time
from collections.abc import Callable


class Pacer:
    """Lets one caller pass every `1 / rate` seconds, in the order they came; without a rate, all at once.

    A pause is not saved up: after an idle hour calls are spaced as before, so that no second ever sees more.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._clock = clock
        self._next = 0.0

    @property
    def gap(self) -> float:
        """Seconds between two calls."""
        return self._gap

    async def turn(self) -> None:
        """Wait until it is our turn."""
        if not self._gap:
            return
        now = self._clock()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)
