"""Recordings made from events at hand, as `motcua-events record` would have made them from their topics."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from motcua_chassis.codec import Incoming, write_body
from motcua_contracts import Stream, write_headers
from motcua_events.recorder import Recorder, fresh_manifest
from motcua_events.records import StoredRecord

PARTITIONS = 3


def record_of(event: Incoming, offset: int) -> StoredRecord:
    """As it lies on its topic."""
    envelope, body = event
    return StoredRecord(
        body.stream.topic,
        envelope.subject.int % PARTITIONS,
        offset,
        int(envelope.time.timestamp() * 1000),
        str(envelope.subject).encode(),
        write_body(body),
        tuple(write_headers(envelope)),
    )


def write_recording(directory: Path, events: Iterable[Incoming]) -> Path:
    """A whole recording of every service's topic that holds these events in their order."""
    directory.mkdir()
    topics = {stream.topic: PARTITIONS for stream in Stream}
    recorder = Recorder(directory, fresh_manifest("a-cluster", topics, None, None), 50_000)
    offsets: Counter[tuple[str, int]] = Counter()
    waiting: list[StoredRecord] = []
    for event in events:
        place = event.event.stream.topic, event.envelope.subject.int % PARTITIONS
        waiting.append(record_of(event, offsets[place]))
        offsets[place] += 1
        if len(waiting) == 5_000:
            recorder.write(waiting)
            waiting = []
    recorder.write(waiting)
    recorder.close(complete=True)
    return directory
