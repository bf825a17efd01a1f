"""Between Kafka records and messages: pure, total, and never quoting a payload in an error.

Reading takes raw bytes and gives an `Incoming`, a `Poison` or None (a type this service does not read). Writing gives
an outbox row. The CloudEvents SDK reads the same bytes in the tests; by hand it costs a tenth.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID as StandardUUID

from asyncpg.pgproto.pgproto import UUID
from pydantic import ValidationError

from motcua_contracts import Envelope, EnvelopeError, Event, read_headers
from motcua_contracts.envelope import CONTENT_TYPE, HEADER_NAMES, SCHEMA_ROOT, SPEC_VERSION

_LARGEST_BODY = 1_000_000
_MOST_KNOWN_TYPES = 1_000
_Upcast = Callable[[Any], Event]
_LONGEST_SOURCE = 200
"""Of a stranger's source so much is kept: a longer one would not fit the index of the dead letters."""


class Record(Protocol):
    """What we use of an aiokafka `ConsumerRecord`."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes | None]]: ...


class Incoming(NamedTuple):
    """A well-formed event that this service reads."""

    envelope: Envelope
    event: Event


class Poison(NamedTuple):
    """A record that cannot be used; parked with these."""

    reason: str
    detail: str
    application: StandardUUID | None
    source: str | None


@dataclass(slots=True)
class StoredRecord:
    """A parked record as it was received."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class Reader:
    """Decodes the event types one service reads; a record of an older version comes out as the version it reads."""

    def __init__(self, reads: Iterable[type[Event]]) -> None:
        reads = tuple(reads)
        self.topics = sorted({event.stream.topic for event in reads})
        self._upcasters = {older: steps for event in reads for older, steps in _older(event, reads)}
        self._models: Mapping[str, type[Event]] = {event.type: event for event in (*self._upcasters, *reads)}
        self._stems = {event.type.rpartition(".v")[0] for event in reads}
        self._known: dict[bytes | None, bool] = {}
        self._sources = {event.stream.topic: event.stream.source for event in reads}

    def read(self, record: Record) -> Incoming | Poison | None:
        """Decode one record; None when it is of a type nobody here reads."""
        if not self._reads(record):
            return None
        try:
            envelope = read_headers(record.headers, UUID)
        except EnvelopeError as fault:
            return self._unreadable(record, fault.code, str(fault))
        except Exception as error:  # noqa: BLE001  # whatever bytes do to a reader, they are one bad record
            return self._unreadable(record, "bad-header", f"headers raised {type(error).__name__}")
        model = self._models.get(envelope.type)
        if model is None:
            detail = f"{envelope.type[:100]}: this version is unknown here; upgrade the service, then retry"
            return Poison("unknown-version", detail, envelope.subject, envelope.source[:_LONGEST_SOURCE])
        misplaced = self._misplaced(record, envelope)
        if misplaced is not None:
            return Poison("misplaced", misplaced, envelope.subject, envelope.source[:_LONGEST_SOURCE])
        return self._decode(record.value, envelope, model)

    def _decode(self, body: bytes | None, envelope: Envelope, model: type[Event]) -> Incoming | Poison:
        if not body:
            return Poison("no-body", "the body is empty", envelope.subject, envelope.source)
        if len(body) > _LARGEST_BODY:
            return Poison("too-large", f"the body has {len(body)} bytes", envelope.subject, envelope.source)
        try:
            event = model.__pydantic_validator__.validate_json(body)
            for upcast in self._upcasters.get(model, ()):
                event = upcast(event)
            return Incoming(envelope, event)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            reason = "bad-json" if faults[0]["type"] == "json_invalid" else "bad-schema"
            where = "; ".join(f"{'.'.join(map(str, f['loc'])) or 'body'}: {f['type']}" for f in faults[:5])
            return Poison(reason, where, envelope.subject, envelope.source)
        except Exception as error:  # noqa: BLE001
            return Poison("bad-json", f"decoding raised {type(error).__name__}", envelope.subject, envelope.source)

    def _reads(self, record: Record) -> bool:
        """Whether a record is for us, from its type alone: most are not, and reading them whole would be waste."""
        for name, value in record.headers:
            if name == "ce_type":
                known = self._known.get(value)
                return self._learn(value) if known is None else known
        return True  # without a type it is nobody's: parked

    def _learn(self, value: bytes | None) -> bool:
        name = (value or b"").decode("ascii", "surrogateescape")
        stem, _, version = name.rpartition(".v")
        unreadable = not name or not name.isascii() or not name.isprintable()  # whose it is nobody can say: parked
        read = unreadable or (stem in self._stems and version.isdigit())
        if len(self._known) < _MOST_KNOWN_TYPES:
            self._known[value] = read
        return read

    def _misplaced(self, record: Record, envelope: Envelope) -> str | None:
        expected = self._sources.get(record.topic)
        if envelope.source != expected:
            return f"ce_source is not {expected}, the owner of {record.topic}"
        if record.key != str(envelope.subject).encode():
            return "the key is not ce_subject, so its order cannot be trusted"
        return None

    def _unreadable(self, record: Record, reason: str, detail: str) -> Poison:
        """Lay it to its key and to the owner of its topic, so that its successors wait behind it."""
        try:
            application = StandardUUID((record.key or b"").decode("ascii"))
        except ValueError:
            application = None
        return Poison(reason, detail, application, self._sources.get(record.topic))


def _older(event: type[Event], reads: Sequence[type[Event]]) -> Iterator[tuple[type[Event], Sequence[_Upcast]]]:
    """Each version before this one that is not read as it is, with the steps from there to here."""
    steps: tuple[_Upcast, ...] = (event.upcast,)
    while (older := event.predecessor) is not None and older not in reads:
        yield older, steps
        event, steps = older, (older.upcast, *steps)


class Outgoing(NamedTuple):
    """One outbox row."""

    topic: str
    key: StandardUUID
    headers: str
    body: bytes


def pack_headers(  # one argument per attribute of the envelope, in its order
    event_id: StandardUUID,
    source: str,
    ce_type: str,
    time: datetime,
    subject: StandardUUID,
    causation: StandardUUID,
    correlation: StandardUUID,
    sequence: int,
    traceparent: str,
) -> str:
    """The values of `HEADER_NAMES`, newline-joined: one string instead of thirteen pairs per outbox row."""
    return (
        f"{SPEC_VERSION}\n{event_id}\n{source}\n{ce_type}\n{_written(time)}\n{subject}\n{SCHEMA_ROOT}{ce_type}\n"
        f"{causation}\n{correlation}\n{sequence:010d}\n{subject}\n{traceparent}\n{CONTENT_TYPE}"
    )


@lru_cache(maxsize=32)
def _written(time: datetime) -> str:
    """A batch has one instant, and writing it takes longer than all the ids together."""
    return time.isoformat()


def unpack_headers(packed: str) -> list[tuple[str, bytes]]:
    """Kafka headers from a packed string; empty values are left out."""
    values = zip(HEADER_NAMES, packed.encode().split(b"\n"), strict=True)
    return [pair for pair in values if pair[1]]


def write_body(event: Event) -> bytes:
    """The JSON body of an event, without the fields that are absent."""
    return event.__pydantic_serializer__.to_json(event, exclude_none=True)
