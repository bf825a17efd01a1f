"""Writes one segment: lines into a zstd file that has its name only when it is whole."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import zstandard

from motcua_events.manifest import Segment

_LEVEL = 1


class SegmentWriter:
    """Lines go in; `close` gives the manifest's entry. Until then the file is called `*.partial`."""

    def __init__(self, directory: Path, number: int) -> None:
        self._final = directory / f"{number:06d}.jsonl.zst"
        self._beside = directory / f"{self._final.name}.partial"
        self._file = self._beside.open("wb")
        # Its own thread: compressing then costs the reading from Kafka nothing.
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, threads=1).compressobj()
        self._hash = hashlib.sha256()
        self._compressed = 0
        self.records = 0
        self.bytes = 0
        """Before compression."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Append lines."""
        chunk = b"\n".join(lines) + b"\n"
        self.records += len(lines)
        self.bytes += len(chunk)
        self._put(self._compressor.compress(chunk))

    def close(self) -> Segment:
        """Make it durable and give it its name."""
        self._put(self._compressor.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._beside.replace(self._final)
        return Segment(
            file=self._final.name, records=self.records, size=self._compressed, sha256=self._hash.hexdigest()
        )

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._compressed += len(data)
