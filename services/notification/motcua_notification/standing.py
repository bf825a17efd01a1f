"""How well a provider does: in good standing, or demoted after it was slow or failed, until a trial is quick.

Invariant: a demoted provider gets at most one trial at a time; each that fails doubles the rest before the next.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WEIGHT = 0.3
"""Of the newest answer in the average: three slow ones in a row weigh more than all before."""
FAILURES = 3
LONGEST_REST = 60.0


class Standing:
    """Of one provider, as far as this process has seen."""

    def __init__(self, slow: float = 2.0, rest: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """An answer after more than `slow` seconds is slow; `rest` is the first pause after a demotion."""
        self._slow, self._shortest_rest, self._clock = slow, rest, clock
        self._average = 0.0
        self._failures = 0
        self._rest = 0.0
        self._rested_at = 0.0
        self._trying = False
        self.demoted = False

    @property
    def ready(self) -> bool:
        """Whether a message may start here: in good standing, or rested and due for a trial."""
        return not self.demoted or (self._clock() >= self._rested_at and not self._trying)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """One call: how long it takes, and an exception as its failure. A call is known to be slow before it ends."""
        trial, began = self.demoted, self._clock()
        self._trying = self._trying or trial
        late = asyncio.get_running_loop().call_later(self._slow, self._failed, trial)
        try:
            yield
        except BaseException:
            if self._clock() - began < self._slow:  # later it has been counted already
                self._failed(trial)
            raise
        else:
            self._answered(self._clock() - began, trial=trial)
        finally:
            late.cancel()
            self._trying = self._trying and not trial

    def _answered(self, seconds: float, *, trial: bool) -> None:
        quick = seconds < self._slow
        if trial and quick:
            self.demoted, self._rest, self._average = False, 0.0, 0.0
        self._average += WEIGHT * (seconds - self._average)
        if quick:
            self._failures = 0
        if self._average > self._slow:
            self._demote()

    def _failed(self, trial: bool) -> None:  # noqa: FBT001  # `call_later` passes positions only
        self._failures += 1
        if trial or self._failures >= FAILURES:
            self._demote()

    def _demote(self) -> None:
        if self.demoted and self._clock() < self._rested_at:
            return  # calls that began before
        self._rest = min(self._rest * 2 or self._shortest_rest, LONGEST_REST)
        self._rested_at = self._clock() + self._rest
        self.demoted = True
