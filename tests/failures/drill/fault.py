"""What a fault is: its name, where it is struck, and how. And what striking it came to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from motcua_local.demo.checker import Violation
from motcua_local.stack import Stack
from tests.failures.drill.deaths import Deaths
from tests.failures.drill.ground import Ground
from tests.failures.drill.load import Load


@dataclass
class Scene:
    """What a fault finds when it strikes: a whole system at work."""

    ground: Ground
    load: Load
    random: Random
    found: list[Violation] = field(default_factory=list)
    """What the fault itself saw that is not as promised."""
    told: str = ""
    """A figure that says something about the road taken."""
    longest_stop: float = 0.0

    @property
    def stack(self) -> Stack:
        return self.ground.stack

    @property
    def deaths(self) -> Deaths:
        return self.ground.deaths

    def blame(self, what: str) -> None:
        """Something is not as it should be, and no invariant of the checker says so."""
        self.found.append(Violation("drill", None, what))


@dataclass(frozen=True)
class Fault:
    """One kind of harm. `strike` does it while applications stream in, and returns how many times."""

    name: str
    ground: str
    """Where: a name of `grounds.GROUNDS`."""
    strike: Callable[[Scene], Awaitable[int]]
    durable: bool = False
    """Whether it needs a broker that keeps its records when it dies."""
    pace: float = 0.8
    """Seconds between two applications."""
    parks: bool = False
    """Whether records are parked on purpose; then they are no violation."""

    @property
    def words(self) -> str:
        """What is done, as the function says that does it."""
        done = getattr(self.strike, "func", self.strike)
        return (done.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True)
class Outcome:
    """What a fault came to."""

    fault: str
    seed: int
    injected: int
    applications: int
    violations: list[Violation]
    seconds: float
    told: str = ""
    """A figure of its own, in words."""

    def and_(self, other: "Outcome") -> "Outcome":
        """The same fault by another seed, too."""
        return Outcome(
            self.fault, other.seed, self.injected + other.injected, self.applications + other.applications,
            [*self.violations, *other.violations], self.seconds + other.seconds, other.told,
        )  # fmt: skip
