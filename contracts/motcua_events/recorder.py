"""Makes a recording: rotates segments, keeps the manifest, and goes on where an earlier run was stopped.

Invariant: at any moment the directory is a readable recording of what its manifest says; a run that dies leaves at most
a `*.partial` file, which the next run removes and reads again.
"""

import fcntl
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from aiokafka import TopicPartition

from motcua_events.failure import ToolError
from motcua_events.lines import write_line
from motcua_events.manifest import NAME, Manifest, Offsets, RecordedTopic, load_manifest, save_manifest
from motcua_events.records import Record, header
from motcua_events.segments import SegmentWriter

SEGMENT_RECORDS = 500_000
_AT_ONCE = 5_000
_NONE = -1
_MOST_BYTES = 512 << 20
_OLDEST_SECONDS = 600.0
Entry = tuple[bytes, tuple[str, int], int, int, str]
"""A record as it is recorded: its line, and topic and partition, offset, timestamp and type for the manifest."""


def entry_of(record: Record) -> Entry:
    """Made where the record was read; the record itself is needed no more."""
    place = record.topic, record.partition
    return write_line(record), place, record.offset, record.timestamp, _written(header(record, "ce_type") or b"")


@lru_cache(maxsize=1_024)
def _written(type_: bytes) -> str:
    return type_.decode("ascii", "replace")


class Recorder:
    """Writes records into a directory that is its own while it does."""

    def __init__(self, directory: Path, manifest: Manifest, segment_records: int = SEGMENT_RECORDS) -> None:
        self._directory, self.manifest, self._segment_records = directory, manifest, segment_records
        self._lock = _locked(directory)
        self._writer: SegmentWriter | None = None
        self._opened = 0.0
        self._types = Counter(manifest.types)
        self._offsets: dict[tuple[str, int], list[int]] = {
            (name, number): [_NONE if offsets.first is None else offsets.first, offsets.next, offsets.records]
            for name, topic in manifest.topics.items()
            for number, offsets in topic.offsets.items()
        }
        for leftover in directory.glob("*.partial"):
            leftover.unlink()
        manifest.complete = False
        save_manifest(directory, manifest)

    @property
    def starts(self) -> dict[TopicPartition, int]:
        """Where to go on reading; empty for a new recording."""
        return {
            TopicPartition(name, number): offsets.next
            for name, topic in self.manifest.topics.items()
            for number, offsets in topic.offsets.items()
        }

    def write(self, records: Iterable[Record]) -> None:
        """Append records."""
        self.append(list(map(entry_of, records)))

    def append(self, entries: Sequence[Entry]) -> None:
        """Append entries; full segments are closed."""
        if not entries:
            self._rotate_when_old()
        while entries:
            room = min(_AT_ONCE, self._segment_records - (self._writer.records if self._writer else 0))
            entries, now = entries[room:], entries[:room]
            self._append(now)

    def _append(self, entries: Sequence[Entry]) -> None:
        if self._writer is None:
            self._writer = SegmentWriter(self._directory, len(self.manifest.segments) + 1)
            self._opened = time.monotonic()
        lines, places, offsets, times, types = zip(*entries, strict=True)
        self._writer.write(lines)
        self._note(places, offsets)
        self._types.update(types)
        manifest, first, last = self.manifest, min(times), max(times)
        manifest.first_time = first if manifest.first_time is None else min(manifest.first_time, first)
        manifest.last_time = last if manifest.last_time is None else max(manifest.last_time, last)
        manifest.records += len(entries)
        if self._writer.records >= self._segment_records or self._writer.bytes >= _MOST_BYTES:
            self._rotate()

    def close(self, *, complete: bool, reached: Mapping[TopicPartition, int] | None = None) -> Manifest:
        """Close the segment and say in the manifest whether everything was recorded, and where to go on."""
        for partition, offset in (reached or {}).items():
            self._offsets.setdefault((partition.topic, partition.partition), [_NONE, offset, 0])
        self.manifest.complete = complete
        self._rotate()
        os.close(self._lock)
        return self.manifest

    def _note(self, places: Sequence[tuple[str, int]], offsets: Sequence[int]) -> None:
        """Count what was written, by tools that need no line of Python for each of a million."""
        counts, last = Counter(places), dict(zip(places, offsets, strict=True))
        for place, count in counts.items():
            counted = self._offsets.setdefault(place, [_NONE, 0, 0])
            if counted[0] == _NONE:
                counted[0] = offsets[places.index(place)]
            counted[1] = last[place] + 1
            counted[2] += count

    def _rotate_when_old(self) -> None:
        if self._writer is not None and time.monotonic() - self._opened > _OLDEST_SECONDS:
            self._rotate()

    def _rotate(self) -> None:
        if self._writer is not None:
            self.manifest.segments.append(self._writer.close())
            self._writer = None
        self.manifest.types = dict(sorted(self._types.items()))
        for (name, number), (first, following, count) in sorted(self._offsets.items()):
            begin = None if first == _NONE else first
            self.manifest.topics[name].offsets[number] = Offsets(first=begin, next=following, records=count)
        self.manifest.ended_at = datetime.now(UTC)
        save_manifest(self._directory, self.manifest)


def start_or_resume(directory: Path, fresh: Manifest) -> Manifest:
    """The manifest to go on with: that of the directory where it is of the same recording, else the fresh one."""
    if not (directory / NAME).exists():
        if directory.exists() and any(not each.name.endswith(".partial") for each in directory.iterdir()):
            raise ToolError(f"{directory} is not empty and no recording: choose another directory")
        directory.mkdir(parents=True, exist_ok=True)
        return fresh
    found = load_manifest(directory)
    if found.cluster != fresh.cluster:
        raise ToolError(f"wrong cluster: {directory} records {found.cluster}, this is {fresh.cluster}")
    theirs, ours = ({name: topic.partitions for name, topic in each.topics.items()} for each in (found, fresh))
    if theirs != ours or (found.since, found.until) != (fresh.since, fresh.until):
        raise ToolError(f"{directory} holds a recording of other topics or times: choose another directory")
    return found


def fresh_manifest(cluster: str, topics: Mapping[str, int], since: datetime | None, until: datetime | None) -> Manifest:
    """Of a recording that holds nothing yet."""
    now = datetime.now(UTC)
    recorded = {name: RecordedTopic(partitions=count, offsets={}) for name, count in topics.items()}
    return Manifest(cluster=cluster, since=since, until=until, started_at=now, ended_at=now, topics=recorded)


def _locked(directory: Path) -> int:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise ToolError(f"{directory} is being recorded into by another motcua-events") from None
    return handle
