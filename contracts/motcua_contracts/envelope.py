"""The CloudEvents 1.0 envelope in Kafka binary mode: attributes as `ce_*` headers, the event as the body.

Source: CloudEvents 1.0.2 and its Kafka Protocol Binding, section 3.2. The Kafka key is the application id and
equals `ce_subject` and `ce_partitionkey`; `ce_sequence` is the version of the aggregate in its service, zero-padded.
"""

from collections.abc import Iterable, Sequence
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
    """Read an envelope. `uuid` may be a faster drop-in for `uuid.UUID`.

    Raises `EnvelopeError` with code `missing-header`, `bad-header` or `unsupported-specversion`.
    """
    found = dict(headers)
    try:
        if found["ce_specversion"] != b"1.0":
            raise EnvelopeError("unsupported-specversion", f"ce_specversion is {found['ce_specversion']!r}, expected b'1.0'")
        traceparent = found.get("traceparent")
        return Envelope(
            uuid(_text(found["ce_id"])),
            _text(found["ce_source"]),
            _text(found["ce_type"]),
            _time(_text(found["ce_time"])),
            uuid(_text(found["ce_subject"])),
            uuid(_text(found["ce_causationid"])),
            uuid(_text(found["ce_correlationid"])),
            int(_text(found["ce_sequence"])),
            _text(traceparent) if traceparent else None,
        )
    except KeyError as missing:
        raise EnvelopeError("missing-header", f"header {missing.args[0]} is missing") from None
    except EnvelopeError:
        raise
    except (ValueError, AttributeError, TypeError):
        raise EnvelopeError("bad-header", f"header {_first_bad(found, uuid)} cannot be read") from None


def _text(value: bytes | None) -> str:
    return value.decode("ascii")  # type: ignore[union-attr]  # None raises AttributeError, reported as bad-header


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("time without offset")
    return time


def _first_bad(found: dict[str, bytes | None], uuid: type[UUID]) -> str:
    readers = {
        "ce_id": uuid,
        "ce_source": str,
        "ce_type": str,
        "ce_time": _time,
        "ce_subject": uuid,
        "ce_causationid": uuid,
        "ce_correlationid": uuid,
        "ce_sequence": int,
        "traceparent": str,
    }
    for name, read in readers.items():
        try:
            value = found.get(name)
            if value is not None or name != "traceparent":
                read(_text(value))
        except (ValueError, AttributeError, TypeError):
            return name
    return "ce_*"
