"""The scheduler: a queue of things to come, a virtual clock, one source of chance, and a budget of faults.

Everything that happens follows from the seed. Faults end when their budget is spent, so that every schedule can rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any
from uuid import UUID

MOST_STEPS = 20_000
"""No schedule needs a tenth of these: one that does never comes to rest."""

_FIRST_START = datetime(2026, 1, 5, tzinfo=UTC)
_STARTS_WITHIN = 500 * 86_400


class Crashed(BaseException):  # ends a process like KeyboardInterrupt: nobody's `except Exception` sees it
    """A service died here: what was not committed never was."""


class NoRestError(Exception):
    """Things went on happening without end."""


@dataclass(frozen=True)
class Weather:
    """How often what goes wrong, as probabilities at each place where it can."""

    crash: float
    unsent: float
    repeat: float
    refused: float
    lost: float
    faults: int
    """How many in all."""


def _weather(random: Random) -> Weather:
    strength = random.choice((0.0, 0.02, 0.08, 0.25))
    crash, unsent, repeat, refused, lost = (strength * random.random() * 2 for _ in range(5))
    return Weather(crash, unsent, repeat, refused, lost, faults=random.choice((10, 40, 120)))


class World:
    """One schedule while it runs."""

    def __init__(self, seed: int, trace: Callable[[str], object] | None = None) -> None:
        self.random = Random(seed)  # repeatable, not secret
        self.chance = self.random.random
        self.weather = _weather(self.random)
        self.start = _FIRST_START + timedelta(seconds=self.random.randrange(_STARTS_WITHIN))
        self.seconds = 0.0
        self.steps = 0
        self.struck = 0
        self._trace = trace
        self._coming: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._planned = 0

    @property
    def now(self) -> datetime:
        """What a clock that is right would say."""
        return self.start + timedelta(seconds=self.seconds)

    def later(self, seconds: float, act: Callable[..., object], *about: Any) -> None:
        """Let `act(*about)` happen so much later."""
        self._planned += 1
        heappush(self._coming, (self.seconds + max(0.0, seconds), self._planned, act, about))

    def run(self) -> None:
        """Until nothing is to come. Raises `NoRestError`."""
        coming = self._coming
        while coming:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise NoRestError(f"still busy after {MOST_STEPS} steps")
            self.seconds, _, act, about = heappop(coming)
            act(*about)

    def strikes(self, probability: float) -> bool:
        """Whether a fault of this probability happens here, while any are left."""
        if self.struck >= self.weather.faults or self.chance() >= probability:
            return False
        self.struck += 1
        return True

    def spread(self, shortest: float, longest: float) -> float:
        """Seconds between these two, as often in each order of magnitude."""
        span: float = longest / shortest
        return float(shortest * span ** self.chance())

    def uuid(self) -> UUID:
        """A new id."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def tell(self, who: str, what: str, *about: Any) -> None:
        """A line of the trace, where anybody reads it; the text is put together only then."""
        if self._trace is not None:
            self._trace(f"{self.now:%d/%m %H:%M:%S} {who:<13} {what} {' '.join(map(str, about))}")
