"""Runs schedules by their seeds, here or in several processes, and gives back what was found."""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b

import structlog

from tests.simulation.checker import check
from tests.simulation.schedule import Schedule
from tests.simulation.world import NoRestError, World

CHUNK = 50


@dataclass
class Result:
    """What became of some schedules."""

    schedules: int = 0
    steps: int = 0
    faults: int = 0
    applications: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """How often each event was told: what the schedules went through."""
    broken: list[tuple[int, list[str]]] = field(default_factory=list)
    """Seeds, and what was not as promised."""

    def add(self, other: "Result") -> None:
        """Count another's as ours."""
        self.schedules += other.schedules
        self.steps += other.steps
        self.faults += other.faults
        self.applications += other.applications
        self.ends += other.ends
        self.broken += other.broken


def play(seed: int, trace: Callable[[str], object] | None = None) -> tuple[Schedule, list[str]]:
    """One schedule and its violations."""
    world = World(seed, trace)
    schedule = Schedule(world)
    try:
        schedule.run()
    except NoRestError as error:
        return schedule, [f"I4 {error}"]
    return schedule, check(schedule)


def play_all(seeds: Sequence[int], *, until_broken: bool = False) -> Result:
    """Several schedules, one after the other."""
    result = Result()
    with quiet():
        for seed in seeds:
            schedule, violations = play(seed)
            result.schedules += 1
            result.steps += schedule.world.steps
            result.faults += schedule.world.struck
            result.applications += len(schedule.citizens.applications)
            for application in schedule.citizens.applications:
                status = next(iter(schedule.nodes.values())).state(application).status
                result.ends[str(status)] += 1
            if violations:
                result.broken.append((seed, violations))
                if until_broken:
                    break
    return result


def play_in_parallel(first: int, count: int, jobs: int) -> Iterator[Result]:
    """Seeds from `first` on, in chunks as they are done."""
    chunks = [range(at, min(at + CHUNK, first + count)) for at in range(first, first + count, CHUNK)]
    if jobs == 1:
        yield from map(play_all, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(play_all, chunks)


def digest(schedule: Schedule) -> str:
    """A name for everything that was published, in its order."""
    hashed = blake2b(digest_size=16)
    for place in sorted(schedule.log.records):
        for record in schedule.log.records[place]:
            for part in (record.key, record.value or b"", *(value for _, value in record.headers)):
                hashed.update(part)
    return hashed.hexdigest()


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines of the refunder, and a garbage collector that lets us work."""
    before, collecting = structlog.get_config(), gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    try:
        yield
    finally:
        structlog.configure(**before)
        gc.set_threshold(*collecting)
