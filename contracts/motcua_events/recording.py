"""Reads a recording: whole or not at all for who replays it, with every fault located for who validates it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import zstandard

from motcua_events.failure import ToolError
from motcua_events.lines import read_line
from motcua_events.manifest import Manifest, Segment, load_manifest
from motcua_events.records import StoredRecord

_CHUNK = 1 << 18
"""Small enough for a processor's cache: a larger one makes reading slower, not faster."""
_LONGEST_LINE = 64 << 20


class Chunk(NamedTuple):
    """Some consecutive lines of one file."""

    file: str
    first_line: int
    lines: list[bytes]


class Recording:
    """A directory with a manifest and its segments."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.manifest: Manifest = load_manifest(directory)

    def damages(self) -> Iterator[str]:
        """What is missing, cut or changed, segment by segment."""
        for segment in self.manifest.segments:
            if damage := self._damage(segment):
                yield damage
        if sum(segment.records for segment in self.manifest.segments) != self.manifest.records:
            yield f"{self.directory}/manifest.json: its segments do not add up to {self.manifest.records} records"

    def verify(self) -> None:
        """Raises `ToolError` with every damage."""
        if damages := list(self.damages()):
            raise ToolError("\n".join(damages))

    def chunks(self, segment: Segment) -> Iterator[Chunk]:
        """The lines of a segment, bounded in memory. Raises `ToolError` where the file ends early or is damaged."""
        path = self.directory / segment.file
        line = 1
        try:
            for lines in _lines(path):
                yield Chunk(str(path), line, lines)
                line += len(lines)
        except (zstandard.ZstdError, OSError, ValueError) as error:
            raise ToolError(f"{path}:{line}: cannot be read from here on ({error})") from None
        if line != segment.records + 1:
            raise ToolError(f"{path}:{line}: ends here; the manifest promises {segment.records} lines")

    def records(self, skip: int = 0) -> Iterator[list[StoredRecord]]:
        """All records in recorded order, in lists; the first `skip` are left out. Raises `ToolError`."""
        for segment in self.manifest.segments:
            if skip >= segment.records:
                skip -= segment.records
                continue
            for chunk in self.chunks(segment):
                records = _decoded(chunk)
                if skip:
                    records, skip = records[skip:], max(0, skip - len(chunk.lines))
                yield records

    def _damage(self, segment: Segment) -> str | None:
        path = self.directory / segment.file
        try:
            size = path.stat().st_size
            if size != segment.size:
                return f"{path}: has {size} bytes, the manifest promises {segment.size}: cut or changed"
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"{path}: cannot be read: {error.strerror}"
        return None if digest == segment.sha256 else f"{path}: its hash is not the manifest's: changed or damaged"


def _decoded(chunk: Chunk) -> list[StoredRecord]:
    try:
        return [read_line(line) for line in chunk.lines]
    except ValueError:
        for number, line in enumerate(chunk.lines, chunk.first_line):
            try:
                read_line(line)
            except ValueError as fault:
                raise ToolError(f"{chunk.file}:{number}: {fault}") from None
        raise


def _lines(path: Path) -> Iterator[list[bytes]]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
        rest = b""
        while chunk := reader.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                raise ValueError("a line without end")
            if lines:
                yield lines
    if rest:
        raise ValueError("the last line is cut")
