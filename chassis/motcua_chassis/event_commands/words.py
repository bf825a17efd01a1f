"""Findings as people read them: a table, a summary, and values the Vietnamese way."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from motcua_chassis.differences import Difference, Kind
from motcua_chassis.event_commands.findings import Findings, Found
from motcua_events.moments import VIETNAM

_MONEY = {"amount", "paid", "owed"}
_LONGEST = 160
COLOURS = {
    Kind.CHANGED: "yellow",
    Kind.MISSING: "red",
    Kind.EXTRA: "green",
    Kind.ORDER: "cyan",
    Kind.REFUSED: "red",
    Kind.RAISED: "red",
    Kind.NOT_REHEARSED: "dim",
}


def name_of(event: str) -> str:
    """`payment.settled.v1`."""
    return event.removeprefix("vn.motcua.")


def value(of: Any, field: str | None = None) -> str:
    """1.234.567 đ, 22/11/2026 10:00:00, JSON for the rest."""
    if of is None:
        return "–"
    if isinstance(of, bool) or not isinstance(of, (int, str)):
        return _short(json.dumps(of, ensure_ascii=False))
    if isinstance(of, int):
        return (
            f"{of:,} đ".replace(",", ".") if (field or "").rpartition(".")[2] in _MONEY else f"{of:,}".replace(",", ".")
        )
    try:
        at = datetime.fromisoformat(of)
    except ValueError:
        return _short(of)
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}" if at.tzinfo else _short(of)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def then_and_now(told: Difference) -> tuple[str, str]:
    """Both sides of a difference."""
    return value(told.recorded, told.field), value(told.rehearsed, told.field)


def table(found: Sequence[Found]) -> Table:
    """One row for each difference."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("kind", "application", "dossier", "event"):
        drawn.add_column(column, no_wrap=column != "event", overflow="fold")
    for column in ("field", "recorded", "rehearsed"):
        drawn.add_column(column, overflow="fold")
    for told, dossier in found:
        then, now = then_and_now(told)
        kind = f"[{COLOURS[told.kind]}]{told.kind.value}[/]"
        event = f"{name_of(told.event)} #{told.occurrence}"
        drawn.add_row(kind, str(told.application), dossier or "–", event, told.field or "", _plain(then), _plain(now))
    return drawn


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def summary(findings: Findings) -> str:
    """What was asked, what came out, and what could not be asked."""
    tally = findings.tally
    different = sum(count for kind, count in findings.kinds.items() if kind is not Kind.NOT_REHEARSED)
    same = "the same, as far as it can be read" if findings.own_unread else "the same"
    asked = f"{tally.decisions:,} decisions of {tally.applications:,} applications, {tally.events:,} events"
    lines = [
        f"{findings.service}: {asked}; {tally.silent:,} events of others that led to nothing",
        f"different: {different:,} in {findings.applications:,} applications" if different else same,
    ]
    if findings.kinds:
        lines.append("  " + ", ".join(f"{kind.value} {count:,}" for kind, count in findings.kinds.most_common()))
    if tally.not_rehearsed:
        lines.append(
            f"not rehearsed: {tally.not_rehearsed:,} whose cause, or what came before, is not in the recording"
        )
    if tally.unheard:
        lines.append(f"not judged: {tally.unheard:,} events of others behind the service's own last one")
    for reason, count in findings.unread.most_common():
        lines.append(f"not readable: {count:,} {reason}, the first at {_first(findings, reason)}")
    lines.append("never rehearsed: refused commands and answers that changed nothing, for they left no event")
    return "\n".join(lines)


def _first(findings: Findings, reason: str) -> str:
    return next((each.place for each in findings.first_unread if each.reason == reason), "?")
