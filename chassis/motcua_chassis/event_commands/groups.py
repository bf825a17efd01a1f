"""Groups the lines of a recording by application in bounded memory: they are dealt out to files, read one at a time.

Invariant: all lines of one application lie in one file, in recorded order.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

from motcua_events.lines import read_line
from motcua_events.records import StoredRecord

_IN_A_FILE = 10_000
_MOST_HELD_BACK = 64 << 10
"""Bytes of one file that wait to be written."""


class Groups:
    """Dealt-out lines of about `expected` records, in a temporary folder that is gone afterwards."""

    def __init__(self, expected: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="motcua-rehearsal-")
        self._waiting = [bytearray() for _ in range(expected // _IN_A_FILE + 1)]

    def add(self, key: bytes | None, line: bytes) -> None:
        """Deal out one line by the key of its record."""
        number = crc32(key or b"") % len(self._waiting)
        waiting = self._waiting[number]
        waiting += line + b"\n"
        if len(waiting) > _MOST_HELD_BACK:
            self._write(number)

    def __iter__(self) -> Iterator[dict[bytes | None, list[StoredRecord]]]:
        """The records of some applications at a time, by key."""
        for number in range(len(self._waiting)):
            self._write(number)
            path = self._path(number)
            if path.exists():
                yield _by_key(path)
                path.unlink()

    def _write(self, number: int) -> None:
        with self._path(number).open("ab") as file:
            file.write(self._waiting[number])
        self._waiting[number] = bytearray()

    def _path(self, number: int) -> Path:
        return Path(self._folder.name) / str(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()


def _by_key(path: Path) -> dict[bytes | None, list[StoredRecord]]:
    found: dict[bytes | None, list[StoredRecord]] = {}
    with path.open("rb") as lines:
        for record in _read(lines):
            found.setdefault(record.key, []).append(record)
    return found


def _read(lines: Iterable[bytes]) -> Iterator[StoredRecord]:
    return (read_line(line.removesuffix(b"\n")) for line in lines)
