"""The CloudEvents 1.0 envelope in Kafka binary mode: attributes as `ce_*` headers, the event as the body.

Source: CloudEvents 1.0.2 and its Kafka Protocol Binding, section 3.2. The Kafka key is the application id and
equals `ce_subject` and `ce_partitionkey`; `ce_sequence` is the version of the aggregate in its service, zero-padded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
SCHEMA_ROOT = "urn:motcua:schema:"
SEQUENCE_DIGITS = 10

HEADER_NAMES = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_dataschema",
    "ce_causationid",
    "ce_correlationid",
    "ce_sequence",
    "ce_partitionkey",
    "traceparent",
    "content-type",
)
"""Header names in the fixed order in which we write them."""

Headers = Sequence[tuple[str, bytes]]


class Envelope(NamedTuple):
    """The attributes of one event as a reader needs them.

    `causation_id` is the message that led to this event, `correlation_id` the first message of the whole story.
    """

    id: UUID
    source: str
    type: str
    time: datetime
    subject: UUID
    causation_id: UUID
    correlation_id: UUID
    sequence: int
    traceparent: str | None = None


class EnvelopeError(ValueError):
    """A record whose headers are not one of our envelopes; `code` is stable, the text says what and where."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def write_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of an event, in the order of `HEADER_NAMES`; `traceparent` is left out where there is none."""
    subject = str(envelope.subject)
    values = (
        SPEC_VERSION,
        str(envelope.id),
        envelope.source,
        envelope.type,
        envelope.time.isoformat(),
        subject,
        SCHEMA_ROOT + envelope.type,
        str(envelope.causation_id),
        str(envelope.correlation_id),
        f"{envelope.sequence:0{SEQUENCE_DIGITS}d}",
        subject,
        envelope.traceparent,
        CONTENT_TYPE,
    )
    return [(name, value.encode()) for name, value in zip(HEADER_NAMES, values, strict=True) if value is not None]


def read_headers(headers: Iterable[tuple[str, bytes | None]], uuid: type[UUID] = UUID) -> Envelope:
    """Read an envelope; headers that are not ours are ignored. `uuid` may be a faster drop-in for `uuid.UUID`.

    Raises `EnvelopeError` with code `missing-header`, `bad-header`, `duplicate-header` or `unsupported-specversion`.
    """
    pairs = tuple(headers)
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse_duplicates(pairs)
    if found.get("ce_specversion") != _SPEC_VERSION:
        raise _fault(found, uuid)
    try:
        return Envelope(
            uuid(_text(found["ce_id"])),
            _word(found["ce_source"]),
            _word(found["ce_type"]),
            _time(_text(found["ce_time"])),
            uuid(_text(found["ce_subject"])),
            uuid(_text(found["ce_causationid"])),
            uuid(_text(found["ce_correlationid"])),
            _sequence(found["ce_sequence"]),
            _word(found["traceparent"]) if "traceparent" in found else None,
        )
    except (KeyError, ValueError):
        raise _fault(found, uuid) from None


_SPEC_VERSION = SPEC_VERSION.encode()


def _text(value: bytes | None) -> str:
    if not value:
        raise ValueError("null or empty")
    return value.decode("ascii")


def _word(value: bytes | None) -> str:
    text = _text(value)
    if not text.isprintable():  # a line break would split the header blobs that stores keep
        raise ValueError("control character")
    return text


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("time without offset")
    return time


def _sequence(value: bytes | None) -> int:
    text = _text(value)
    if not text.isdigit() or len(text) > SEQUENCE_DIGITS:
        raise ValueError("not a sequence number")
    return int(text)


def _refuse_duplicates(pairs: Sequence[tuple[str, bytes | None]]) -> None:
    names = [name for name, _ in pairs]
    for name in HEADER_NAMES:
        if names.count(name) > 1:
            raise EnvelopeError("duplicate-header", f"header {name} is there {names.count(name)} times")


def _fault(found: Mapping[str, bytes | None], uuid: type[UUID]) -> EnvelopeError:
    """Name the first header that `read_headers` could not read; off the fast path."""
    readers: dict[str, Callable[[bytes | None], object]] = {
        "ce_specversion": _word,
        "ce_id": lambda value: uuid(_text(value)),
        "ce_source": _word,
        "ce_type": _word,
        "ce_time": lambda value: _time(_text(value)),
        "ce_subject": lambda value: uuid(_text(value)),
        "ce_causationid": lambda value: uuid(_text(value)),
        "ce_correlationid": lambda value: uuid(_text(value)),
        "ce_sequence": _sequence,
    }
    for name, read in readers.items():
        if name not in found:
            return EnvelopeError("missing-header", f"header {name} is missing")
        try:
            read(found[name])
        except ValueError:
            return EnvelopeError("bad-header", f"header {name} cannot be read")
        if name == "ce_specversion" and found[name] != _SPEC_VERSION:
            return EnvelopeError("unsupported-specversion", f"header ce_specversion is not {SPEC_VERSION}")
    return EnvelopeError("bad-header", "header traceparent cannot be read")
