"""The story of one application: its events in time, each under what caused it.

Invariant: every event occurs once; one that was published twice says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from rich.table import Table
from rich.text import Text

from motcua_events.moments import shown
from motcua_events.telling import Heard, facts, headline


class Step(NamedTuple):
    """One event in the tree: `number` is its place in time, `depth` how many causes lie before it."""

    number: int
    event: Heard
    guides: str
    cause: int | None
    times: int


def steps(events: Iterable[Heard]) -> list[Step]:
    """All events, each after its cause, siblings in the order of time."""
    copies: Counter[UUID] = Counter()
    by_id: dict[UUID, Heard] = {}
    for event in events:
        copies[event.envelope.id] += 1
        by_id.setdefault(event.envelope.id, event)
    told = sorted(by_id.values(), key=lambda event: (event.envelope.time, event.envelope.sequence))
    numbers = {event.envelope.id: number for number, event in enumerate(told, 1)}
    effects: dict[UUID | None, list[Heard]] = defaultdict(list)
    for event in told:
        cause = event.envelope.causation_id
        known = cause in numbers and numbers[cause] < numbers[event.envelope.id]  # a circle would never be drawn
        effects[cause if known else None].append(event)
    return [
        Step(
            numbers[event.envelope.id],
            event,
            guides,
            numbers.get(event.envelope.causation_id),
            copies[event.envelope.id],
        )
        for event, guides in _drawn(effects)
    ]


def _drawn(effects: dict[UUID | None, list[Heard]]) -> Iterator[tuple[Heard, str]]:
    """Depth first, without recursion: a story may be long."""
    waiting = [(event, "", "") for event in reversed(effects[None])]
    while waiting:
        event, own, below = waiting.pop()
        yield event, own
        children = effects.get(event.envelope.id, [])
        last = len(children) - 1
        for index in range(last, -1, -1):
            branch, under = ("└─ ", "   ") if index == last else ("├─ ", "│  ")
            waiting.append((children[index], below + branch, below + under))


def table(story: list[Step]) -> Table:
    """As a person reads it."""
    first = min(step.event.envelope.time for step in story)
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    drawn.add_column("#", justify="right", style="dim")
    drawn.add_column("time (Vietnam)", no_wrap=True)
    drawn.add_column("after", justify="right", style="dim", no_wrap=True)
    drawn.add_column("event, under its cause", no_wrap=True)
    drawn.add_column("facts", overflow="fold", style="dim")
    for step in story:
        said = facts(step.event) + (f"  published {step.times} times" if step.times > 1 else "")
        if step.cause is not None and not step.guides:
            said += f"  caused by #{step.cause}, which says a later time"
        drawn.add_row(
            str(step.number),
            shown(step.event.envelope.time),
            _distance(step.event.envelope.time - first),
            Text(step.guides, style="dim") + headline(step.event),
            Text(said),
        )
    return drawn


def _distance(time: timedelta) -> str:
    seconds = time.total_seconds()
    if seconds < 60:
        return f"+{seconds:.3f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"+{days} d {hours:02d}:{minutes:02d}" if days else f"+{hours:02d}:{minutes:02d}:{seconds:02d}"
