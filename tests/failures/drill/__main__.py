"""`python -m tests.failures.drill`: each fault under load, and what the shared checker found afterwards.

Ends with 1 where anything is not as promised. The same seed strikes the same; what the machine does meanwhile differs.
"""

import argparse
import logging
import sys
import time
from collections import deque
from collections.abc import Sequence
from zlib import crc32

import structlog
from rich.console import Console
from rich.table import Table

from motcua_local.processes import ProgramFailedError
from motcua_local.signals import run_until_told
from motcua_local.stack import APACHE, EMBEDDED
from tests.failures.drill.clock import NoClockError
from tests.failures.drill.drilling import drill
from tests.failures.drill.fault import Fault, Outcome
from tests.failures.drill.faults import faults
from tests.failures.drill.ground import Ground
from tests.failures.drill.grounds import on_ground
from tests.failures.drill.page import HEAD, row_of, write
from tests.failures.drill.small_disk import NoSmallDiskError

POISON = 100_000
console = Console(highlight=False)


def main() -> int:
    """0 if everything held."""
    asked = _arguments()
    chosen = [each for each in faults(asked.poison) if _wanted(each, asked)]
    if asked.list or not chosen:
        for each in chosen or faults(asked.poison):
            console.print(f"{each.name}  [dim]({each.ground})[/]")
        return 0 if asked.list else 2
    return run_until_told(_run(asked, chosen))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.failures.drill", description=__doc__)
    parser.add_argument("--only", nargs="*", default=(), metavar="WORDS", help="faults with one of these in their name")
    parser.add_argument("--ground", nargs="*", default=(), metavar="NAME", help="faults on these grounds")
    parser.add_argument("--seed", type=int, default=1, help="the first (1)")
    parser.add_argument("--seeds", type=int, default=1, help="how many, one after the other (1)")
    parser.add_argument("--broker", choices=(APACHE, EMBEDDED), default=APACHE, help="where one broker is needed")
    parser.add_argument("--poison", type=int, default=POISON, help=f"bad records ({POISON:,})")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="say which faults there are")
    return parser.parse_args()


def _wanted(fault: Fault, asked: argparse.Namespace) -> bool:
    named = not asked.only or any(word.lower() in fault.name.lower() for word in asked.only)
    return named and (not asked.ground or fault.ground in asked.ground)


async def _run(asked: argparse.Namespace, chosen: Sequence[Fault]) -> int:
    # What is rebuilt in this process speaks to a service's log.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)  # that brokers go away is what is asked for
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    started, outcomes, skipped = time.monotonic(), list[Outcome](), list[str]()
    for seed in range(asked.seed, asked.seed + asked.seeds):
        for name in dict.fromkeys(each.ground for each in chosen):
            here = [each for each in chosen if each.ground == name]
            await _on_ground(name, here, seed, asked.broker, outcomes, skipped)
            if asked.write and outcomes:  # what was struck is on the page, whatever ends the rest
                write(outcomes, faults(asked.poison))
    _sum_up(outcomes, skipped, time.monotonic() - started)
    return 1 if any(each.violations for each in outcomes) or not outcomes else 0


async def _on_ground(
    name: str, chosen: Sequence[Fault], seed: int, broker: str, outcomes: list[Outcome], skipped: list[str]
) -> None:
    """A ground on which something broke is left for a new one."""
    waiting = deque(chosen)
    while waiting:
        console.print(f"[dim]{name}: starting[/]")
        try:
            async with on_ground(name, broker) as ground:
                while waiting:
                    if not await _strike(waiting.popleft(), ground, seed, broker, outcomes, skipped):
                        break
        except (ProgramFailedError, NoSmallDiskError, NoClockError) as reason:
            skipped += [f"{each.name}: {str(reason).splitlines()[0]}" for each in waiting]
            return


async def _strike(
    each: Fault, ground: Ground, seed: int, broker: str, outcomes: list[Outcome], skipped: list[str]
) -> bool:
    """Whether everything held."""
    if each.durable and broker == EMBEDDED and each.ground == "one broker":
        skipped.append(f"{each.name}: needs a broker that keeps its records, --broker apache")
        return True
    with console.status(f"{each.name} (seed {seed})"):
        outcomes.append(await drill(each, ground, _own_seed(each, seed)))
    _tell(outcomes[-1])
    return not outcomes[-1].violations


def _own_seed(fault: Fault, seed: int) -> int:
    """No two drills on one ground may share their people."""
    return seed * 100_000 + crc32(fault.name.encode()) % 99_991


def _tell(outcome: Outcome) -> None:
    verdict = f"[bold red]{len(outcome.violations)} violations[/]" if outcome.violations else "[green]held[/]"
    console.print(f"{verdict}  {outcome.fault}: {outcome.injected:,} injected, {outcome.applications} applications, "
                  f"{outcome.seconds:.0f} s  [dim]{outcome.told}[/]")  # fmt: skip
    for violation in outcome.violations[:12]:
        console.print(f"    {violation.invariant} {violation.application or ''} {violation.what}", markup=False)


def _sum_up(outcomes: Sequence[Outcome], skipped: Sequence[str], seconds: float) -> None:
    rows = [row_of(each) for each in outcomes]
    table = Table(*HEAD, title="Faults", title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    broken = sum(len(each.violations) for each in outcomes)
    summary = (
        f"{len(outcomes)} faults injected {sum(each.injected for each in outcomes):,} times under "
        f"{sum(each.applications for each in outcomes):,} applications in {seconds / 60:.1f} minutes, "
        f"{broken} violations of I1-I8"
    )
    console.print(summary)
    for reason in skipped:
        console.print(f"not struck: {reason}", style="yellow", markup=False)


if __name__ == "__main__":
    sys.exit(main())
