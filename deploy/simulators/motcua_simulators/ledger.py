"""What a simulator witnessed, in order; a file, when given, is written before the caller is answered."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

Entry = dict[str, Any]


def timestamp() -> str:
    """The time as ledgers and control answers write it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


class Ledger:
    """Named streams of entries; read back from its file, which so survives a restart."""

    def __init__(self, path: Path | None, *streams: str) -> None:
        self._streams: dict[str, list[Entry]] = {stream: [] for stream in streams}
        self._file: TextIO | None = None
        if path is not None:
            self._read(path)
            self._file = path.open("a", buffering=1, encoding="utf-8")

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            # The process died in the middle of a line: nobody was answered on the strength of it.
            path.write_bytes(b"".join(lines[:-1]))
            lines.pop()
        for line in lines:
            stream, entry = json.loads(line)
            self._streams[stream].append(entry)

    def add(self, stream: str, entry: Entry) -> None:
        self._streams[stream].append(entry)
        if self._file is not None:
            self._file.write(json.dumps([stream, entry], ensure_ascii=False) + "\n")

    def entries(self, stream: str, limit: int | None = None) -> list[Entry]:
        """The newest `limit` entries, oldest of them first."""
        entries = self._streams[stream]
        return entries if limit is None else entries[len(entries) - min(limit, len(entries)) :]
