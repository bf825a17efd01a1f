"""What a benchmark measured, as tables for the terminal and docs/performance.md, and as drawn charts."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from motcua_local.stack import EMBEDDED
from tests.load.parts import ROOT, Sample
from tests.support.measured_page import as_table, write_section

if TYPE_CHECKING:
    from tests.load.bench import Figures

PAGE, PICTURES = ROOT / "docs" / "performance.md", ROOT / "docs" / "figures"
PARTS = ("python", "postgres", "broker")
TWO = ", two replicas"
Rounds = Mapping[str, Sequence[Sample]]
Rows = list[tuple[str, ...]]


class Report:
    """Of one run."""

    def __init__(self, figures: "Figures", command: str, broker: str = EMBEDDED) -> None:
        self.figures, self.command, self.broker = figures, command, broker
        machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
        rounds = max(len(each) for each in figures.pipelines.values())
        parts = "embedded PostgreSQL and broker" if broker == EMBEDDED else "embedded PostgreSQL, one Apache Kafka"
        self.how = f"{machine}, {parts}. Medians of {rounds} alternating rounds."

    def tables(self) -> dict[str, Rows]:
        """Title -> rows, the first of which is the head."""
        found = {
            "Over the bus, end to end": _pipelines(self.figures.pipelines),
            "At the HTTP door": _doors(self.figures.doors),
            "Seconds from submission to the last event, 20 applications a second": _latencies(self.figures),
            "Replicas of one service (identity's stage; the order of every application's events checked)": _replicas(
                self.figures
            ),
        }
        if self.figures.volume is not None:
            found["With many applications in the tables"] = _volume(self.figures)
        return found

    def show(self, console: Console) -> None:
        """On the terminal."""
        console.print(self.how)
        for title, (head, *rows) in self.tables().items():
            table = Table(title=title, title_justify="left")
            for number, column in enumerate(head):
                table.add_column(column, justify="right" if number else "left")
            for row in rows:
                table.add_row(*row)
            console.print(table)

    def write(self) -> None:
        """Into docs/performance.md, with the pictures of the embedded parts beside it."""
        drawn = self._draw() if self.broker == EMBEDDED else []
        text = [self.how, *(f"![{name}](figures/{name}.svg)" for name in drawn)]
        text += [f"### {title}\n\n{as_table(head, rows)}" for title, (head, *rows) in self.tables().items()]
        name, title = ("bench", "Speed") if self.broker == EMBEDDED else ("bench-apache", "Speed on Apache Kafka")
        write_section(name, title, self.command, "\n\n".join(text), PAGE)

    def _draw(self) -> list[str]:
        PICTURES.mkdir(exist_ok=True)
        memory = [self._draw_memory()] if self.figures.volume is not None else []
        return [self._draw_rates(), self._draw_cpu(), *memory]

    def _draw_rates(self) -> str:
        chart = _chart("HorizontalBar", "Applications a second, end to end")
        for name, rounds in self.figures.pipelines.items():
            if not name.startswith("floor"):
                chart.add(name, round(median(each.rate for each in rounds)))
        return _save(chart, "rates")

    def _draw_cpu(self) -> str:
        chart = _chart("HorizontalStackedBar", "Microseconds of processor an application")
        builds = [name for name in self.figures.pipelines if not name.startswith("floor")]
        chart.x_labels = builds
        for part in PARTS:
            chart.add(part, [round(_cpu(self.figures.pipelines[name], part)) for name in builds])
        return _save(chart, "cpu")

    def _draw_memory(self) -> str:
        assert self.figures.volume is not None
        chart = _chart("XY", "MB that the four processes held, by seconds", show_dots=False)
        chart.add("resident", [(each.at, each.resident / 1e6) for each in self.figures.volume.memory])
        chart.range = (0, max(each.resident for each in self.figures.volume.memory) / 1e6 * 1.2)
        return _save(chart, "memory")


def _chart(kind: str, title: str, **look: Any) -> Any:
    # Imported late: it adds a finder to sys.meta_path of a kind that pytest cannot ask.
    import pygal  # noqa: PLC0415
    from pygal.style import CleanStyle  # noqa: PLC0415

    common = {"style": CleanStyle, "width": 900, "height": 320, "print_values": True, "js": ()}
    return getattr(pygal, kind)(title=title, disable_xml_declaration=True, **common, **look)


def _save(chart: Any, name: str) -> str:
    (Path(PICTURES) / f"{name}.svg").write_text(chart.render(is_unicode=True) + "\n", encoding="utf-8")
    return name


def _rate(rounds: Sequence[Sample]) -> float:
    return median(each.rate for each in rounds)


def _cpu(rounds: Sequence[Sample], part: str = "cpu") -> float:
    return median(getattr(each, part) for each in rounds)


def _pipelines(found: Rounds) -> Rows:
    head = ("build", "applications/s", "times", *(f"µs {part}" for part in PARTS), "CPU 1/x", "rounds")
    usual = next(iter(found.values()))
    rows = [head]
    for name, rounds in found.items():
        floor = name.startswith("floor")
        times = "" if floor else f"{_rate(rounds) / _rate(usual):.1f}x"
        share = "" if floor else f"{_cpu(usual) / _cpu(rounds):.1f}"
        rows.append((name, f"{_rate(rounds):,.0f}", times, *_parts(rounds), share, _all(rounds)))
    return rows


def _doors(found: Rounds) -> Rows:
    rows = [("door", "requests/s", "times", *(f"µs {part}" for part in PARTS), "rounds")]
    first = next(iter(found))
    for name, rounds in found.items():
        usual = found[first + TWO] if name.endswith(TWO) else found[first]
        rows.append(
            (name, f"{_rate(rounds):,.0f}", f"{_rate(rounds) / _rate(usual):.1f}x", *_parts(rounds), _all(rounds))
        )
    return rows


def _parts(rounds: Sequence[Sample]) -> tuple[str, ...]:
    return tuple(f"{_cpu(rounds, part):,.0f}" for part in PARTS)


def _all(rounds: Sequence[Sample]) -> str:
    return " · ".join(f"{each.rate:,.0f}" for each in rounds)


def _latencies(figures: "Figures") -> Rows:
    rows = [("build", "median", "p99")]
    return rows + [(name, f"{each.median:.3f}", f"{each.p99:.3f}") for name, each in figures.latencies.items()]


def _replicas(figures: "Figures") -> Rows:
    """A stage reads from a topic, writes to tables and to a topic: both floors together are what cannot be saved."""
    floor = sum(_cpu(rounds) for name, rounds in figures.pipelines.items() if name.startswith("floor"))
    rows = [("replicas", "applications/s", *(f"µs {part}" for part in PARTS), "CPU, times both floors")]
    return rows + [
        (name, f"{_rate(rounds):,.0f}", *_parts(rounds), f"{_cpu(rounds) / floor:.1f}")
        for name, rounds in figures.replicas.items()
    ]


def _volume(figures: "Figures") -> Rows:
    found = figures.volume
    assert found is not None
    rows: Rows = [("applications in the tables", "applications/s", *(f"µs {part}" for part in PARTS), "rows scanned")]
    scanned = ", ".join(f"{table} {count:,}" for table, count in found.scanned.items()) or "none"
    for held, sample, read in ((0, found.empty, ""), (found.rows, found.full, scanned)):
        rows.append((f"{held:,}", f"{sample.rate:,.0f}", *_parts([sample]), read))
    return rows
