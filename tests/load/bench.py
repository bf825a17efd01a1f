"""`make bench`: ours, the usual builds and the raw floors, side by side in one run, on embedded parts or Apache Kafka.

Every build carries the same applications through the same four stages (`stages.py`). Rounds alternate between the
builds, so that a disturbance of the machine meets all of them; every figure is the median of its rounds.
"""

import argparse
import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from motcua_local.stack import APACHE, EMBEDDED
from tests.load import doors, floors, latency, replicas, volume
from tests.load.latency import Latency
from tests.load.parts import BROKER, Sample
from tests.load.pipeline import LIBRARY, OURS, USUAL, from_the_bus
from tests.load.report import TWO, Report
from tests.load.volume import Volume

USUAL_DOOR = "a transaction a request"

Measure = Callable[[], Awaitable[Sample]]


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    rounds: int = 3
    ours: int = 20_000
    usual: int = 600
    requests: int = 6_000
    seconds: int = 20
    """Of the trickle that latency is measured on."""
    replicas: tuple[int, ...] = (1, 2, 4)
    rows: int = 0
    """Applications of earlier in the tables; 0: not measured."""


SHORT = Size(rounds=1, ours=2_000, usual=100, requests=600, seconds=3, replicas=(2,), rows=2_000)
LONG = Size(rows=1_000_000, ours=40_000)


@dataclass
class Figures:
    """Everything measured: rounds by the name of what was measured."""

    pipelines: dict[str, list[Sample]] = field(default_factory=dict)
    doors: dict[str, list[Sample]] = field(default_factory=dict)
    replicas: dict[str, list[Sample]] = field(default_factory=dict)
    latencies: dict[str, Latency] = field(default_factory=dict)
    volume: Volume | None = None


def pipelines(size: Size) -> dict[str, Measure]:
    """What is carried over the bus."""
    return {
        USUAL.title: lambda: from_the_bus(USUAL, size.usual),
        LIBRARY.title: lambda: from_the_bus(LIBRARY, max(20, size.usual // 3)),
        OURS.title: lambda: from_the_bus(OURS, size.ours),
        "floor: one hop to a topic": lambda: floors.to_a_topic(size.ours),
        "floor: one hop to a table": lambda: floors.to_a_table(size.ours),
    }


def at_the_door(size: Size) -> dict[str, Measure]:
    """What comes in over HTTP."""
    return {
        USUAL_DOOR: lambda: doors.usual(size.requests // 2),
        "Motcua": lambda: doors.ours(size.requests),
        f"{USUAL_DOOR}{TWO}": lambda: doors.usual(size.requests // 2, replicas=2),
        f"Motcua{TWO}": lambda: doors.ours(size.requests, replicas=2),
        "Motcua, the whole pipeline": lambda: doors.pipeline(size.ours // 2),
        "the intake service itself": lambda: doors.intake(size.requests // 2),
    }


async def measure(size: Size, console: Console) -> Figures:
    """Everything, round by round."""
    figures = Figures()
    steps = size.rounds * (len(pipelines(size)) + len(at_the_door(size))) + len(size.replicas) + 2 + bool(size.rows)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("starting", total=steps)

        async def step(name: str, work: Awaitable[object]) -> object:
            progress.update(bar, description=name)
            result = await work
            told = f"{result.rate:,.0f} a second" if isinstance(result, Sample) else "measured"
            progress.console.print(f"{name}: {told}")
            progress.advance(bar)
            return result

        await _rounds(size, figures, step)
        for build in (USUAL, OURS):
            figures.latencies[build.title] = await step(f"latency: {build.title}", latency.measure(build, size.seconds))
        for count in size.replicas:
            name = f"{count} replica{'s' if count > 1 else ''}"
            figures.replicas[name] = [await step(name, replicas.measure(count, size.ours))]
        if size.rows:
            figures.volume = await step(f"{size.rows:,} in the tables", volume.measure(size.rows, size.ours))
    return figures


async def _rounds(size: Size, figures: Figures, step: Callable[[str, Awaitable[object]], Awaitable[object]]) -> None:
    for number in range(1, size.rounds + 1):
        for group, measures in ((figures.pipelines, pipelines(size)), (figures.doors, at_the_door(size))):
            for name, start in measures.items():
                group.setdefault(name, []).append(await step(f"round {number}: {name}", start()))


def main() -> None:
    """Measure, print the tables, and write them with `--write`."""
    parser = argparse.ArgumentParser(description="Measure the path beside the usual builds and the raw floors.")
    parser.add_argument("--rounds", type=int, default=None, help="of which medians are taken")
    parser.add_argument("--short", action="store_true", help="a look at everything, too short to quote")
    parser.add_argument("--long", action="store_true", help="also with a million applications in the tables")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md and docs/figures")
    parser.add_argument("--broker", choices=(EMBEDDED, APACHE), default=EMBEDDED, help="that all rounds run on")
    given = parser.parse_args()
    BROKER.set(given.broker)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic just made has no leader yet: it asks again
    size = SHORT if given.short else LONG if given.long else Size()
    if given.rounds:
        size = Size(**{**size.__dict__, "rounds": given.rounds})
    console = Console()
    asked = [*["--long"] * given.long, *[f"--broker {given.broker}"] * (given.broker != EMBEDDED)]
    command = "make bench" + f' ARGS="{" ".join(asked)}"' * bool(asked)
    report = Report(asyncio.run(measure(size, console)), command, given.broker)
    report.show(console)
    if given.write:
        report.write()


if __name__ == "__main__":
    main()
