"""The lines of some topics of a recording; those of others are passed over unread, which is most of the time saved."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from motcua_events.failure import ToolError
from motcua_events.lines import read_line
from motcua_events.recording import Chunk, Recording
from motcua_events.records import StoredRecord


class Line(NamedTuple):
    """A record, and the line it was read from."""

    text: bytes
    record: StoredRecord


class Excerpt(NamedTuple):
    """What one stretch of a recording holds of them, and how many lines it has."""

    lines: list[Line]
    passed: int


def excerpts(recording: Recording, topics: Collection[str]) -> Iterator[Excerpt]:
    """In recorded order, bounded in memory. Raises `ToolError`."""
    marks = [f'"kafkatopic":"{topic}"'.encode() for topic in topics]
    for segment in recording.manifest.segments:
        for chunk in recording.chunks(segment):
            found = [
                Line(line, record)
                for number, line in enumerate(chunk.lines)
                # The mark may also stand in a body: only reading tells.
                if any(mark in line for mark in marks) and (record := _read(chunk, number)).topic in topics
            ]
            yield Excerpt(found, len(chunk.lines))


def _read(chunk: Chunk, number: int) -> StoredRecord:
    try:
        return read_line(chunk.lines[number])
    except ValueError as fault:
        raise ToolError(f"{chunk.file}:{chunk.first_line + number}: {fault}") from None
