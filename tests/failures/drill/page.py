"""The drill's section of `docs/reliability.md`: a row for each fault, from the last run that struck it.

Invariant: a run replaces the rows of the faults it struck and leaves the others as an earlier run wrote them.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.failures.drill.fault import Fault, Outcome
from tests.support.measured_page import PAGE, as_table, write_section

HEAD = ("fault", "injected", "applications", "violations", "seconds", "besides")
_HOW = (
    "Each fault strikes while applications of many journeys stream in through the HTTP door; then all are seen to "
    "their ends, and the checker looks at every topic, every database, the ledgers of the gateway and of the providers "
    "(I1-I7), and at each database beside one rebuilt from its topic alone (I8). A row is of the last run that struck "
    "its fault (`--only`, `--poison`, `--seeds`), on two processors that may have had other work as well. What is done:"
)
_SECTION = re.compile(r"<!-- faults -->(.*?)<!-- /faults -->", re.DOTALL)
Row = tuple[str, ...]


def row_of(outcome: Outcome) -> Row:
    """As it is shown."""
    counts = (
        f"{outcome.injected:,}",
        f"{outcome.applications:,}",
        str(len(outcome.violations)),
        f"{outcome.seconds:.0f}",
    )
    return (outcome.fault, *counts, outcome.told)


def write(outcomes: Sequence[Outcome], known: Sequence[Fault], page: Path = PAGE) -> None:
    """Put the rows of these outcomes among those that are there."""
    rows = {**_earlier(page), **{each.fault: row_of(each) for each in _summed(outcomes)}}
    ordered = [rows[each.name] for each in known if each.name in rows]
    injected, applications, violations, seconds = (
        sum(int(row[at].replace(",", "")) for row in ordered) for at in range(1, 5)
    )
    summary = (
        f"{len(ordered)} faults injected {injected:,} times under {applications:,} applications in "
        f"{seconds / 60:.0f} minutes: **{violations} violations** of I1-I8."
    )
    words = "\n".join(f"- {each.name}: {each.words}" for each in known if each.name in rows)
    write_section(
        "faults", "Faults", "make faults", f"{summary}\n\n{as_table(HEAD, ordered)}\n\n{_HOW}\n\n{words}", page
    )


def _summed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One for each fault, whatever the number of seeds."""
    found: dict[str, Outcome] = {}
    for each in outcomes:
        found[each.fault] = each if each.fault not in found else found[each.fault].and_(each)
    return list(found.values())


def _earlier(page: Path) -> dict[str, Row]:
    section = _SECTION.search(page.read_text(encoding="utf-8")) if page.exists() else None
    lines = [line for line in section[1].splitlines() if line.startswith("| ")] if section else []
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]
    return {row[0]: row for row in rows if len(row) == len(HEAD)}
