"""Waiting longer after each failure, with jitter so that replicas do not come back together."""

import random
from datetime import timedelta


class Backoff:
    """Doubles from `first` to `most` seconds; each wait is 50-100% of its step."""

    def __init__(self, first: float, most: float) -> None:
        self._first, self._most = first, most
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait now."""
        self._failures += 1
        return jittered(self._first, self._most, self._failures)

    def reset(self) -> None:
        """Something worked."""
        self._failures = 0


def jittered(first: float, most: float, failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    step: float = min(most, first * 2 ** min(failures - 1, 20))
    return step * (0.5 + random.random() / 2)  # noqa: S311  # spreads load, guards nothing


def pause(first: float, most: float, failures: int) -> timedelta:
    """The same as a time span."""
    return timedelta(seconds=jittered(first, most, failures))
