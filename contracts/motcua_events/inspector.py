"""Judges records against the contracts: headers, type and version, body, place, and the sequence per application.

Invariant: a finding never quotes a body. Memory does not grow with the number of events.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError

from motcua_contracts import CATALOGUE, Envelope, EnvelopeError, Event, Stream, read_headers
from motcua_contracts.envelope import CONTENT_TYPE, SCHEMA_ROOT
from motcua_events.placement import partition_of
from motcua_events.records import Record
from motcua_events.sequences import Last, Sequences

REPEAT = "sequence-repeat"
NOTES = {REPEAT}
"""Findings that the contracts permit: delivery is at least once."""
_STEMS = {name.rpartition(".v")[0] for name in CATALOGUE}
_MOST_SHOWN = 5


class Finding(NamedTuple):
    """One thing that is not as the contracts say; `kind` is stable."""

    kind: str
    text: str


class Inspector:
    """Takes records in the order of their partitions.

    `partitions` are the counts by topic; `whole` names the (topic, partition) pairs that are read from their beginning:
    only there must a first event have the number 1.
    """

    def __init__(self, partitions: dict[str, int], whole: set[tuple[str, int]], sequences: Sequences) -> None:
        self._partitions, self._whole, self._sequences = partitions, whole, sequences
        self._streams = {topic: _stream_of(topic) for topic in partitions}
        self.kinds: Counter[str] = Counter()

    def inspect(self, record: Record) -> list[Finding]:
        """Everything that is wrong with this record."""
        found = list(self._findings(record))
        if found:
            self.kinds.update(finding.kind for finding in found)
        return found

    def _findings(self, record: Record) -> Iterator[Finding]:
        headers = dict(record.headers)
        try:
            envelope = read_headers(record.headers)
        except EnvelopeError as fault:
            yield Finding(fault.code, str(fault))
            return
        except Exception as error:  # noqa: BLE001  # whatever bytes do to a reader, they are one bad record
            yield Finding("bad-header", f"headers raised {type(error).__name__}")
            return
        model = CATALOGUE.get(envelope.type)
        yield from self._misfits(record, envelope, headers)
        if model is None:
            yield _unknown(envelope.type)
        else:
            yield from _body_faults(record.value, model)
        yield from self._in_order(record, envelope, headers)

    def _misfits(self, record: Record, envelope: Envelope, headers: dict[str, bytes | None]) -> Iterator[Finding]:
        subject = str(envelope.subject).encode()
        if record.key != subject:
            yield Finding("wrong-key", "the key is not ce_subject")
        elif (count := self._partitions.get(record.topic)) and partition_of(subject, count) != record.partition:
            yield Finding("misplaced", f"its key belongs to partition {partition_of(subject, count)} of {count}")
        expected = {
            "ce_partitionkey": subject,
            "ce_dataschema": (SCHEMA_ROOT + envelope.type).encode(),
            "content-type": CONTENT_TYPE.encode(),
        }
        for name, value in expected.items():
            if headers.get(name) != value:
                yield Finding("wrong-attribute", f"{name} is {'wrong' if name in headers else 'missing'}")
        stream = self._streams.get(record.topic)
        if stream is not None and envelope.source != stream.source:
            yield Finding("wrong-source", f"ce_source is not {stream.source}, the owner of the topic")

    def _in_order(self, record: Record, envelope: Envelope, headers: dict[str, bytes | None]) -> Iterator[Finding]:
        # The topic too: a replay may lie beside what it repeats.
        key = envelope.subject.bytes + f"{envelope.source} {record.topic}".encode()
        last, sequence, event = self._sequences.get(key), envelope.sequence, headers["ce_id"] or b""
        who = f"{envelope.subject} from {envelope.source}"
        if last is not None and sequence == last.sequence and event != last.event:
            yield Finding("sequence-conflict", f"sequence {sequence} of {who} is already another event")
        elif last is not None and sequence <= last.sequence:
            yield Finding(REPEAT, f"sequence {sequence} of {who} again, after {last.sequence}")
        else:
            before = last.sequence if last is not None else 0
            if sequence > before + 1 and (last is not None or (record.topic, record.partition) in self._whole):
                missing = str(before + 1) if sequence == before + 2 else f"{before + 1} to {sequence - 1}"
                yield Finding("sequence-gap", f"sequence {sequence} of {who} without {missing}")
            self._sequences.put(key, Last(sequence, event))


def _stream_of(topic: str) -> Stream | None:
    """Whose events a topic holds; a prefix, as of a replay, does not change that."""
    return next((stream for stream in Stream if topic.endswith(stream.topic)), None)


def _unknown(name: str) -> Finding:
    if name.rpartition(".v")[0] in _STEMS:
        return Finding("unknown-version", f"{name[:100]}: this version is newer than these contracts, or never was")
    return Finding("unknown-type", f"{name[:100]} is no event of ours")


def _body_faults(body: bytes | None, model: type[Event]) -> Iterator[Finding]:
    if not body:
        yield Finding("no-body", "the body is empty")
        return
    try:
        model.__pydantic_validator__.validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        kind = "bad-json" if faults[0]["type"] == "json_invalid" else "bad-schema"
        where = "; ".join(f"{'.'.join(map(str, f['loc'])) or 'body'}: {f['type']}" for f in faults[:_MOST_SHOWN])
        yield Finding(kind, where)
    except Exception as error:  # noqa: BLE001
        yield Finding("bad-json", f"decoding raised {type(error).__name__}")
