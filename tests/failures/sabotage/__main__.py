"""`python -m tests.failures.sabotage`: each deliberate defect alone in a copy of the tree, and which test notices.

Ends with 1 where a defect slips through, no longer applies, or where the chosen tests fail without any defect.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.failures.sabotage.defect import Defect, StaleDefectError
from tests.failures.sabotage.of_the_path import EDGES, PATH
from tests.failures.sabotage.of_the_services import MONEY, PEOPLE, PRIVACY
from tests.failures.sabotage.workshop import Ran, Workshop, workshop
from tests.support.measured_page import as_table, write_section

DEFECTS: tuple[Defect, ...] = (*PATH, *EDGES, *MONEY, *PEOPLE, *PRIVACY)
console = Console(highlight=False)


def main() -> int:
    """0 if every defect was caught by a test that passes without it."""
    asked = _arguments()
    chosen = [d for d in DEFECTS if not asked.only or any(word in d.name for word in asked.only)]
    if not chosen:
        console.print(f"no defect is called like {asked.only}")
        return 2
    started = time.perf_counter()
    with workshop() as shop:
        if not asked.no_baseline and not _sound(shop, chosen):
            return 1
        table, missed = _table(), 0
        rows: list[tuple[str, ...]] = []
        for each in chosen:
            with console.status(each.name):
                said, seconds, caught = _try(shop, each)
            missed += not caught
            rows.append((each.name, said, f"{seconds:.1f}"))
            table.add_row(*rows[-1])
            console.print(f"{'caught ' if caught else '[bold red]SLIPPED[/]'}  {each.name}  {seconds:.1f} s")
    console.print(table)
    seconds = time.perf_counter() - started
    summary = f"{len(chosen) - missed} of {len(chosen)} deliberate defects caught in {seconds:.0f} s"
    console.print(summary)
    if asked.write:
        text = f"{summary}.\n\n{as_table(('defect', 'caught by', 'seconds'), rows)}"
        write_section("sabotage", "Sabotage", "make sabotage", text)
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.failures.sabotage", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="WORDS", help="defects with one of these in their name")
    parser.add_argument("--no-baseline", action="store_true", help="do not first run the tests without any defect")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    return parser.parse_args()


def _sound(shop: Workshop, chosen: Sequence[Defect]) -> bool:
    """A test that fails anyway catches nothing."""
    tests = list(dict.fromkeys(test for each in chosen for test in each.tests))
    with console.status("the chosen tests, without any defect"):
        ran = shop.run(tests, longest=600)
    console.print(f"without any defect: {'sound' if ran.passed else '[bold red]broken[/]'}  {ran.seconds:.1f} s")
    if not ran.passed:
        console.print(ran.output[-3_000:], markup=False)
    return ran.passed


def _try(shop: Workshop, each: Defect) -> tuple[str, float, bool]:
    """What is said of a defect, how long it took, and whether it was caught."""
    try:
        with each.in_place(shop.root):
            ran = shop.run(each.tests)
    except StaleDefectError as stale:
        return f"[bold red]no longer applies:[/] {stale}", 0.0, False
    return _told(ran), ran.seconds, bool(ran.failed)


def _told(ran: Ran) -> str:
    if ran.failed:
        return ran.failed[0].rpartition("::")[2].partition("[")[0]
    if ran.passed:
        return "[bold red]slipped through[/]"
    return f"[bold red]no test could say:[/] {ran.output.strip().splitlines()[-1]}"


def _table() -> Table:
    table = Table(title="Sabotage", title_justify="left")
    table.add_column("defect", overflow="fold")
    table.add_column("caught by", overflow="fold")
    table.add_column("seconds", justify="right")
    return table


if __name__ == "__main__":
    sys.exit(main())
