"""`python -m tests.simulation`: so many schedules from a seed on, or one of them again, told in full."""

import argparse
import os
import sys
import time
from collections import deque

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.simulation.run import Result, digest, play, play_in_parallel, quiet
from tests.support.measured_page import as_table, write_section

SHOWN = 5
TRACED = 40
_MESSENGERS = ("notification", "email", "sms", "zns")
console = Console(highlight=False)


def main() -> int:
    """0 where everything held; 1 with seeds, reasons and the end of a trace where it did not."""
    asked = _arguments()
    if asked.replay is not None:
        return _replay(asked.replay)
    started = time.perf_counter()
    result = _play(asked.seed, asked.schedules, asked.jobs)
    seconds = time.perf_counter() - started
    _summarise(result, seconds, asked.seed)
    for seed, violations in sorted(result.broken)[:SHOWN]:
        _explain(seed, violations)
    if asked.write:
        command = f"python -m tests.simulation --schedules {asked.schedules} --seed {asked.seed}"
        write_section("simulation", "Simulation", command, _in_writing(result, seconds))
    return 1 if result.broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=2_000, help="how many (2,000)")
    parser.add_argument("--seed", type=int, default=1, help="the first; the others follow it (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one for each processor)")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    parser.add_argument("--replay", type=int, metavar="SEED", help="this one alone, told in full")
    return parser.parse_args()


def _play(first: int, count: int, jobs: int) -> Result:
    total = Result()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("schedules", total=count, rate="")
        started = time.perf_counter()
        for result in play_in_parallel(first, count, jobs):
            total.add(result)
            rate = total.schedules / (time.perf_counter() - started)
            said = f"{rate:,.0f}/s" + (f", {len(total.broken)} broken" if total.broken else "")
            progress.update(bar, completed=total.schedules, rate=said)
    return total


def _summarise(result: Result, seconds: float, first: int) -> None:
    ends = ", ".join(f"{status} {count:,}" for status, count in result.ends.most_common())
    console.print(
        f"seeds {first}..{first + result.schedules - 1}: {result.schedules:,} schedules in {seconds:,.1f} s "
        f"({result.schedules / seconds:,.0f}/s), {result.steps:,} steps, {result.faults:,} faults, "
        f"{result.applications:,} applications ({ends})"
    )
    console.print(f"[bold red]{len(result.broken)} broken[/]" if result.broken else "[bold green]every promise held[/]")


def _in_writing(result: Result, seconds: float) -> str:
    ends = [(status, f"{count:,}") for status, count in result.ends.most_common()]
    return (
        "All four services' pure functions under one seeded scheduler: deliveries repeated and held back, topics "
        "reordered against each other, services that die before and after each commit and during outside calls, clocks "
        f"that jump. {result.schedules:,} schedules in {seconds:,.0f} s ({result.schedules / seconds:,.0f}/s): "
        f"{result.applications:,} applications, {result.steps:,} steps, {result.faults:,} faults, "
        f"**{len(result.broken)} broken**.\n\n{as_table(('end', 'applications'), ends)}"
    )


def _explain(seed: int, violations: list[str]) -> None:
    """The reasons, and the end of what happened to the application that the first one names."""
    console.print(f"\n[bold]seed {seed}[/] (again: python -m tests.simulation --replay {seed})")
    for violation in violations[:SHOWN]:
        console.print(f"  {violation}", markup=False, soft_wrap=True)
    about = next((word[:8] for word in violations[0].split() if word.count("-") == 4), "")
    telling = violations[0].startswith("I3")
    lines: deque[str] = deque(maxlen=TRACED)

    def keep(line: str) -> None:
        if about in line and (telling or not any(f" {who} " in line for who in _MESSENGERS)):
            lines.append(line)

    with quiet():
        play(seed, keep)
    for line in lines:
        console.print(f"    {line}", markup=False, soft_wrap=True)


def _replay(seed: int) -> int:
    with quiet():
        schedule, violations = play(seed, lambda line: console.print(line, markup=False, soft_wrap=True))
    console.print(f"seed {seed}: {schedule.world.steps} steps, {schedule.world.struck} faults, {digest(schedule)}")
    for violation in violations:
        console.print(f"  {violation}", markup=False, style="red")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
