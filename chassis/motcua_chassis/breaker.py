"""Stops calling an outside system that keeps failing, and tries it with one call after a while."""

import time
from collections.abc import Callable


class Breaker:
    """Closed: calls pass. Open after `threshold` failures in a row: none pass for `rest` seconds, then one does."""

    def __init__(self, threshold: int = 5, rest: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._threshold, self._rest, self._clock = threshold, rest, clock
        self._failures = 0
        self._opened_at = 0.0
        self._trying = False

    @property
    def open(self) -> bool:
        """Whether the other side is thought to be down."""
        return self._failures >= self._threshold

    def room(self, wanted: int) -> int:
        """How many calls may start now."""
        if not self.open:
            return wanted
        rested = self._clock() - self._opened_at >= self._rest
        return min(1, wanted) if rested and not self._trying else 0

    def started(self) -> bool:
        """A call begins; returns whether it is the trial of an open one."""
        self._trying = self.open
        return self._trying

    def succeeded(self) -> None:
        """The other side answered, whatever it said."""
        self._failures, self._trying = 0, False

    def failed(self) -> None:
        """The other side did not answer."""
        self._failures += 1
        self._trying = False
        self._opened_at = self._clock()

    def unused(self) -> None:
        """A call that was to be the trial never began."""
        self._trying = False
