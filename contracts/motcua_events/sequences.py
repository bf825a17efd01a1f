"""Remembers the last sequence number of each application and source, in bounded memory.

Invariant: knows what it was told however many there are; what is not recent lies in a temporary file.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, Self


class Last(NamedTuple):
    """The highest number heard, and the id under which."""

    sequence: int
    event: bytes


class Sequences:
    """A dictionary of the recent ones over an SQLite file of the others."""

    def __init__(self, most_recent: int = 100_000) -> None:
        self._most_recent = most_recent
        self._recent: dict[bytes, Last] = {}
        self._file = tempfile.NamedTemporaryFile(prefix="motcua-sequences-")  # noqa: SIM115  # lives as long as this
        self._others = sqlite3.connect(self._file.name, isolation_level=None)
        self._others.execute("PRAGMA journal_mode = OFF")
        self._others.execute("PRAGMA synchronous = OFF")
        self._others.execute("CREATE TABLE last (key BLOB PRIMARY KEY, sequence INTEGER, event BLOB) WITHOUT ROWID")
        self._any_others = False

    def get(self, key: bytes) -> Last | None:
        """The last of this key."""
        found = self._recent.get(key)
        if found is None and self._any_others:
            row = self._others.execute("SELECT sequence, event FROM last WHERE key = ?", (key,)).fetchone()
            return Last(*row) if row else None
        return found

    def put(self, key: bytes, last: Last) -> None:
        """Replace it."""
        self._recent.pop(key, None)  # so that the order is that of use
        self._recent[key] = last
        if len(self._recent) > self._most_recent:
            self._spill()

    def _spill(self) -> None:
        oldest = list(islice(self._recent, self._most_recent // 2))
        rows: Iterator[tuple[bytes, int, bytes]] = ((key, *self._recent[key]) for key in oldest)
        self._others.execute("BEGIN")
        self._others.executemany("INSERT OR REPLACE INTO last VALUES (?, ?, ?)", rows)
        self._others.execute("COMMIT")
        self._any_others = True
        for key in oldest:
            del self._recent[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._others.close()
        self._file.close()
