"""What is written is read back; what is not our envelope is refused by a stable code that names the header."""

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from asyncpg.pgproto import pgproto  # the C UUIDs the services read with
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from motcua_contracts import CATALOGUE, Envelope, EnvelopeError, read_headers, write_headers
from motcua_contracts.envelope import HEADER_NAMES
from motcua_contracts.tools.examples import story
from motcua_contracts.tools.telling import Example

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TRACES = st.from_regex(r"\A00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\Z")
ENVELOPES = st.builds(
    Envelope,
    id=st.uuids(),
    source=st.sampled_from(["/motcua/intake", "/motcua/payment"]),
    type=st.sampled_from(sorted(CATALOGUE)),
    time=st.datetimes(timezones=OFFSETS),
    subject=st.uuids(),
    causation_id=st.uuids(),
    correlation_id=st.uuids(),
    sequence=st.integers(0, 10**10 - 1),
    traceparent=st.none() | TRACES,
)
EXAMPLE = story()[0]
GOOD = write_headers(EXAMPLE.envelope)
MANDATORY = [
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_causationid",
    "ce_correlationid",
    "ce_sequence",
]
IDS = ["ce_id", "ce_subject", "ce_causationid", "ce_correlationid"]


def _with(name: str, value: bytes | None) -> list[tuple[str, bytes | None]]:
    return [(header, value if header == name else found) for header, found in GOOD]


def _code(headers: list[tuple[str, bytes | None]], name: str) -> str:
    with pytest.raises(EnvelopeError, match=rf"\bheader {name}\b") as standard:
        read_headers(headers)
    with pytest.raises(EnvelopeError) as fast:
        read_headers(headers, pgproto.UUID)
    assert (fast.value.code, str(fast.value)) == (standard.value.code, str(standard.value))
    return standard.value.code


@given(ENVELOPES)
def test_an_envelope_survives_writing_and_reading(envelope: Envelope) -> None:
    assert read_headers(write_headers(envelope)) == envelope
    assert read_headers(write_headers(envelope), pgproto.UUID) == envelope


@given(ENVELOPES)
def test_headers_are_written_in_fixed_order_and_without_empty_ones(envelope: Envelope) -> None:
    names = [name for name, _ in write_headers(envelope)]
    assert names == [name for name in HEADER_NAMES if name != "traceparent" or envelope.traceparent]


def test_sequences_sort_as_text() -> None:
    written = [
        dict(write_headers(EXAMPLE.envelope._replace(sequence=n)))["ce_sequence"] for n in (2, 10, 9_999_999_999)
    ]
    assert written == sorted(written)


def test_headers_of_others_are_ignored_even_when_repeated() -> None:
    foreign = [("x-proxy", b"\xff"), ("x-proxy", None), *GOOD]
    assert read_headers(foreign) == EXAMPLE.envelope


def test_headers_may_come_in_any_order_and_from_an_iterator() -> None:
    assert read_headers(iter(reversed(GOOD))) == EXAMPLE.envelope


@pytest.mark.parametrize("name", MANDATORY)
def test_a_missing_header_is_named(name: str) -> None:
    assert _code([pair for pair in GOOD if pair[0] != name], name) == "missing-header"


def test_no_header_at_all_is_a_missing_one() -> None:
    assert _code([], "ce_specversion") == "missing-header"


@pytest.mark.parametrize("name", [*MANDATORY, "traceparent"])
@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\xfe", b"Nguy\xe1\xbb\x85n"], ids=["null", "empty", "not-utf8", "not-ascii"]
)
def test_a_header_that_is_no_text_is_named(name: str, value: bytes | None) -> None:
    assert _code(_with(name, value), name) == "bad-header"


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize(
    "value", [b"7", b"01a12dbf-8e7f-7eb8-a7ff-7e9c4db46e9", b"01a12dbf-8e7f-7eb8-a7ff-7e9c4db46e9g"]
)
def test_a_bad_uuid_is_named(name: str, value: bytes) -> None:
    assert _code(_with(name, value), name) == "bad-header"


@pytest.mark.parametrize("value", [b"2026-10-12T08:30:05", b"2026-10-12", b"12/10/2026", b"2026-13-01T00:00:00+07:00"])
def test_a_time_without_offset_or_sense_is_named(value: bytes) -> None:
    assert _code(_with("ce_time", value), "ce_time") == "bad-header"


@pytest.mark.parametrize("value", [b"-1", b"+1", b"1_0", b" 1", b"0x1", b"1.0", b"one", b"10000000000"])
def test_a_sequence_that_is_not_ten_digits_at_most_is_named(value: bytes) -> None:
    assert _code(_with("ce_sequence", value), "ce_sequence") == "bad-header"


@pytest.mark.parametrize("name", ["ce_source", "ce_type", "traceparent"])
@pytest.mark.parametrize("value", [b"a\nb", b"a\x00b", b"\t"])
def test_a_control_character_is_named(name: str, value: bytes) -> None:
    assert _code(_with(name, value), name) == "bad-header"


@pytest.mark.parametrize("name", [*MANDATORY, "traceparent", "ce_partitionkey", "content-type"])
def test_a_repeated_header_is_named(name: str) -> None:
    repeated = [*GOOD, (name, dict(GOOD)[name])]
    assert _code(list(repeated), name) == "duplicate-header"


@pytest.mark.parametrize("value", [b"0.3", b"1", b"1.0 ", b"2.0"])
def test_another_specversion_is_unsupported(value: bytes) -> None:
    assert _code(_with("ce_specversion", value), "ce_specversion") == "unsupported-specversion"


@given(st.lists(st.tuples(st.sampled_from(HEADER_NAMES), st.none() | st.binary(max_size=40)), max_size=14))
def test_whatever_the_headers_are_only_an_envelope_error_comes_out(headers: list[tuple[str, bytes | None]]) -> None:
    merged = list({**dict(GOOD), **dict(headers)}.items())
    for given_headers in (headers, merged):
        with suppress(EnvelopeError):
            read_headers(given_headers)


def test_an_error_never_quotes_the_value() -> None:
    with pytest.raises(EnvelopeError) as fault:
        read_headers(_with("ce_id", b"079084000999"))
    assert "079084000999" not in str(fault.value)


@pytest.mark.parametrize("example", story(), ids=lambda e: f"{e.envelope.type}-{e.envelope.sequence}")
def test_the_cloudevents_sdk_reads_the_same_from_our_bytes(example: Example) -> None:
    ours, headers = example.envelope, dict(write_headers(example.envelope))
    message = KafkaMessage(headers=headers, key=str(ours.subject).encode(), value=example.body())
    theirs = from_binary(message, JSONFormat())
    assert theirs.get_specversion() == "1.0"
    assert UUID(theirs.get_id()) == ours.id
    assert (theirs.get_source(), theirs.get_type(), theirs.get_time()) == (ours.source, ours.type, ours.time)
    assert theirs.get_subject() == str(ours.subject) == theirs.get_extension("partitionkey")
    assert theirs.get_dataschema() == f"urn:motcua:schema:{ours.type}"
    assert theirs.get_datacontenttype() == "application/json"
    assert UUID(theirs.get_extension("causationid")) == ours.causation_id
    assert UUID(theirs.get_extension("correlationid")) == ours.correlation_id
    assert int(theirs.get_extension("sequence")) == ours.sequence
    assert type(example.event).model_validate(theirs.get_data()) == example.event


def test_time_keeps_its_offset() -> None:
    local = datetime.fromisoformat("2026-10-12T08:30:05.214+07:00")
    assert dict(write_headers(EXAMPLE.envelope._replace(time=local)))["ce_time"] == b"2026-10-12T08:30:05.214000+07:00"
