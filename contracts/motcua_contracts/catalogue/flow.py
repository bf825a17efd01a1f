"""The flow, drawn: services as lanes, every event an arrow from who says it to who reads it.

Only geometry is decided here; `templates/flow.svg.jinja` draws it. Invariant: every newest event version is drawn once.
"""

from collections.abc import Sequence
from typing import NamedTuple

from motcua_contracts import CATALOGUE, Event, Stream
from motcua_contracts.catalogue.words import Phase, WordsError
from motcua_contracts.tools.topics import TopicSpec


class Sheet(NamedTuple):
    """Where things go on one size of paper; `labels` is the width kept for names beside the lanes, 0: above arrows."""

    name: str
    width: int
    labels: int
    row: int
    head: int
    phase: int

    def lane(self, stream: Stream) -> int:
        """The middle of a lane."""
        each = (self.width - self.labels) // len(Stream)
        return self.labels + each * list(Stream).index(stream) + each // 2


WIDE = Sheet("wide", width=1000, labels=320, row=30, head=0, phase=44)
NARROW = Sheet("narrow", width=360, labels=0, row=46, head=40, phase=42)


class Arrow(NamedTuple):
    """One event: from `start` to each of `ends`; without ends nobody of ours reads it."""

    event: type[Event]
    y: int
    start: int
    ends: tuple[int, ...]
    readers: tuple[str, ...]


class Heading(NamedTuple):
    """The name of a phase and the line it stands on."""

    phase: Phase
    y: int


class Drawing(NamedTuple):
    """Everything on a sheet."""

    sheet: Sheet
    height: int
    lanes: list[tuple[Stream, int]]
    headings: list[Heading]
    arrows: list[Arrow]


def draw(sheet: Sheet, phases: Sequence[Phase], topics: Sequence[TopicSpec]) -> Drawing:
    """Lay the flow out. Raises `WordsError` where the phases do not hold every event once."""
    _check(phases)
    y = sheet.head
    headings, arrows = [], []
    for phase in phases:
        y += sheet.phase
        headings.append(Heading(phase, y - 6))
        for name in phase.events:
            y += sheet.row
            arrows.append(_arrow(CATALOGUE[f"vn.motcua.{name}"], y - sheet.row // 4, sheet, topics))
    return Drawing(sheet, y + sheet.row, [(stream, sheet.lane(stream)) for stream in Stream], headings, arrows)


def readers_of(event: type[Event], topics: Sequence[TopicSpec]) -> list[tuple[str, str]]:
    """Who reads an event and why, in English."""
    return [
        (reader.name, reader.why)
        for topic in topics
        if topic.holds_events and topic.owner is event.stream
        for reader in topic.readers
        if reader.takes(event)
    ]


def _arrow(event: type[Event], y: int, sheet: Sheet, topics: Sequence[TopicSpec]) -> Arrow:
    readers = tuple(name for name, _ in readers_of(event, topics) if name in set(Stream))
    ends = tuple(sheet.lane(Stream(name)) for name in readers)
    return Arrow(event, y, sheet.lane(event.stream), ends, readers)


def _check(phases: Sequence[Phase]) -> None:
    placed = [f"vn.motcua.{name}" for phase in phases for name in phase.events]
    newest = {event.type for event in CATALOGUE.values() if event.successor is None}
    wrong = sorted(newest.symmetric_difference(placed)) + sorted({name for name in placed if placed.count(name) > 1})
    if wrong:
        raise WordsError(f"phases: every newest event version belongs into one phase; see to {', '.join(wrong)}")
