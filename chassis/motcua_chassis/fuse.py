"""Blows when so many records are parked that it must be us, not them: consuming stops until a person looks."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from motcua_chassis.failures import HaltedError

WINDOW_SECONDS = 60.0


class Fuse:
    """Counts parked records in a row for one reason, and their share of the last minute."""

    def __init__(self, limit: int, share: float = 0.05, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._share, self._clock = limit, share, clock
        self._reason, self._streak = "", 0
        self._minute: deque[tuple[float, int, int]] = deque()
        self._bridged_until = 0.0

    def check(self, parked: Sequence[str], decided: int) -> None:
        """Raise `HaltedError` if this batch, not committed yet, would be one too many."""
        if not parked or self._clock() < self._bridged_until:
            return
        streak = self._run(parked, decided)[1]
        if streak >= self._limit:
            raise HaltedError(
                f"{streak} records in a row would be parked for {parked[-1]}; mend the cause, then resume"
            )
        bad, all_ = self._of_the_last_minute()
        bad, all_ = bad + len(parked), all_ + len(parked) + decided
        if bad >= self._limit and bad > all_ * self._share:
            raise HaltedError(
                f"{bad} of {all_} records of the last minute would be parked; mend the cause, then resume"
            )

    def record(self, parked: Sequence[str], decided: int) -> None:
        """Count a batch that was committed."""
        if parked or decided:
            self._reason, self._streak = self._run(parked, decided)
            self._minute.append((self._clock(), len(parked), len(parked) + decided))

    def bridge(self, seconds: float) -> None:
        """Let everything be parked for a while: a person has looked and wants it so."""
        self._bridged_until = self._clock() + seconds

    def _run(self, parked: Sequence[str], decided: int) -> tuple[str, int]:
        if not parked:
            return "", 0
        same = 0
        for reason in reversed(parked):
            if reason != parked[-1]:
                break
            same += 1
        unbroken = not decided and same == len(parked) and self._reason == parked[-1]
        return parked[-1], same + self._streak if unbroken else same * (not decided)

    def _of_the_last_minute(self) -> tuple[int, int]:
        horizon = self._clock() - WINDOW_SECONDS
        while self._minute and self._minute[0][0] < horizon:
            self._minute.popleft()
        return sum(bad for _, bad, _ in self._minute), sum(all_ for _, _, all_ in self._minute)
