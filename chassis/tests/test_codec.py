import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.tests.toy import envelope, record, submitted
from chassis.tests.toy_path import ToyPath
from motcua_chassis.codec import Incoming, Poison, Reader, StoredRecord, pack_headers, unpack_headers, write_body
from motcua_contracts import (
    ApplicationSubmitted,
    Envelope,
    PaymentReceivedLate,
    PaymentUnapplied,
    UnappliedReason,
    write_headers,
)
from motcua_contracts.envelope import HEADER_NAMES

READER = Reader([ApplicationSubmitted])
APPLICATION = uuid4()
STAMP = envelope(APPLICATION)
GOOD = dict(write_headers(STAMP))
REQUIRED = [
    name for name in HEADER_NAMES if name not in {"ce_dataschema", "ce_partitionkey", "traceparent", "content-type"}
]
SECRET = "NGUYỄN VĂN AN"
BODY = json.loads(write_body(submitted()))

Pairs = Sequence[tuple[str, bytes | None]]


def with_header(name: str, value: bytes | None) -> Pairs:
    return list((GOOD | {name: value}).items())


def without(name: str) -> Pairs:
    return [(other, value) for other, value in GOOD.items() if other != name]


def of(**parts: Any) -> ConsumerRecord:
    return record(APPLICATION, stamp=STAMP, **parts)


def body_with(**fields: Any) -> bytes:
    return json.dumps(BODY | fields).encode()


def test_a_good_record_is_read_as_its_event_and_envelope() -> None:
    event = submitted()

    assert READER.read(of(event=event)) == Incoming(STAMP, event)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "no-body"),
        (b"{", "bad-json"),
        (b"\xff\xfe\x00", "bad-json"),
        (b"\xef\xbb\xbf" + body_with(), "bad-json"),
        (b'{"dossier": "\\ud800"}', "bad-json"),
        (b'{"dossier": "\xed\xa0\x80"}', "bad-json"),
        (b'{"dossier": "\x00"}', "bad-json"),
        (b"[" * 100_000, "bad-json"),
        (b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "bad-json"),
        (b"null", "bad-schema"),
        (b"[]", "bad-schema"),
        (b"{}", "bad-schema"),
        (b'{"dossier": {}, "fee_basis": {"submitted_on": "2026-11-22", "pages": 1e999}}', "bad-schema"),
        (b'{"dossier": {}, "fee_basis": {"submitted_on": "2026-11-22", "pages": ' + b"9" * 5000 + b"}}", "bad-json"),
        (b'{"dossier": {}, "fee_basis": {"submitted_on": "2026-11-22", "pages": NaN}}', "bad-schema"),
        (body_with(dossier=SECRET), "bad-schema"),
        (b" " * 1_000_001, "too-large"),
    ],
)
def test_a_body_that_cannot_be_used_is_told_by_its_reason(value: bytes, reason: str) -> None:
    found = READER.read(of(value=value))

    assert isinstance(found, Poison)
    assert (found.reason, found.application, found.source) == (reason, APPLICATION, "/motcua/intake")
    assert SECRET not in found.detail


def test_a_record_without_a_value_is_told_from_an_unreadable_one() -> None:
    tombstone = record(APPLICATION, stamp=STAMP)
    tombstone.value = None

    assert isinstance(found := READER.read(tombstone), Poison)
    assert found.reason == "no-body"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_header_is_named(name: str) -> None:
    assert isinstance(found := READER.read(of(headers=without(name))), Poison)
    assert found.reason == "missing-header"
    assert name in found.detail


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", SECRET.encode(), b"line\nbreak", b"\0"])
def test_a_header_that_cannot_be_read_is_named_and_not_quoted(name: str, value: bytes | None) -> None:
    assert isinstance(found := READER.read(of(headers=with_header(name, value))), Poison)
    assert found.reason == "bad-header"
    assert name in found.detail
    assert SECRET not in found.detail


@pytest.mark.parametrize("name", HEADER_NAMES)
def test_a_header_that_is_there_twice_is_refused(name: str) -> None:
    value = GOOD.get(name, b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    assert isinstance(found := READER.read(of(headers=[*with_header(name, value), (name, value)])), Poison)
    assert found.reason == "duplicate-header"


def test_another_version_of_the_specification_is_refused() -> None:
    assert isinstance(found := READER.read(of(headers=with_header("ce_specversion", b"2.0"))), Poison)
    assert found.reason == "unsupported-specversion"


def test_headers_of_others_are_ignored() -> None:
    assert isinstance(READER.read(of(headers=[*GOOD.items(), ("x", None), ("x", b"\xff")])), Incoming)


@pytest.mark.parametrize(
    "ce_type",
    [
        "vn.motcua.intake.application-decided.v1",
        "vn.motcua.payment.settled.v9",
        "vn.motcua.intake.application-submitted",
        "vn.motcua.intake.application-submitted.v",
        "vn.motcua.intake.application-submitted.v-1",
        "vn.motcua.intake.application-submitted.v1x",
        "anything",
    ],
)
def test_a_type_this_service_does_not_read_is_skipped(ce_type: str) -> None:
    assert READER.read(of(headers=with_header("ce_type", ce_type.encode()), value=b"not even JSON")) is None


@pytest.mark.parametrize("version", ["2", "0", "01", "9" * 5_000])
def test_an_unknown_version_of_a_type_it_reads_is_poison(version: str) -> None:
    ce_type = f"vn.motcua.intake.application-submitted.v{version}".encode()

    assert isinstance(found := READER.read(of(headers=with_header("ce_type", ce_type))), Poison)
    assert (found.reason, found.application, found.source) == ("unknown-version", APPLICATION, "/motcua/intake")


@pytest.mark.parametrize(
    "key",
    [b"", b"\xff", str(uuid4()).encode(), str(APPLICATION).upper().encode()],
    ids=["none", "no-text", "another", "capitals"],
)
def test_a_key_that_is_not_the_subject_is_refused(key: bytes) -> None:
    assert isinstance(found := READER.read(of(key=key)), Poison)
    assert found.reason == "misplaced"


def test_a_source_that_does_not_own_the_topic_is_refused() -> None:
    assert isinstance(found := READER.read(of(headers=with_header("ce_source", b"/motcua/payment"))), Poison)
    assert (found.reason, found.source) == ("misplaced", "/motcua/payment")


def test_an_unreadable_record_is_laid_to_the_application_of_its_key_and_the_owner_of_its_topic() -> None:
    found = READER.read(of(headers=with_header("ce_id", b"?")))

    assert isinstance(found, Poison)
    assert (found.application, found.source) == (APPLICATION, "/motcua/intake")


@pytest.mark.parametrize("key", [b"", b"\xff\xfe", b"079084000999"])
def test_an_unreadable_record_with_an_unreadable_key_belongs_to_no_application(key: bytes) -> None:
    assert isinstance(found := READER.read(of(key=key, headers=[])), Poison)
    assert found.application is None


REASONS = {
    "missing-header", "bad-header", "duplicate-header", "unsupported-specversion", "misplaced", "unknown-version",
    "no-body", "too-large", "bad-json", "bad-schema",
}  # fmt: skip
NAMES = st.sampled_from(HEADER_NAMES) | st.text(max_size=12)
VALUES = (
    st.none()
    | st.binary(max_size=40)
    | st.sampled_from(sorted(GOOD.values()))
    | st.text(max_size=20).map(_utf8 := lambda text: text.encode("utf-8", "surrogatepass"))
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(
    lambda extra: list((GOOD | dict(extra)).items()) + extra[:1]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=14) | HEADERS,
    st.none() | st.binary(max_size=60),
    st.binary(max_size=40),
)
def test_no_headers_no_key_and_no_body_make_the_reader_raise(headers: Any, value: bytes | None, key: bytes) -> None:
    found_in = of(headers=headers, key=key)
    found_in.value = value

    found = READER.read(found_in)

    assert found is None or isinstance(found, Incoming) or found.reason in REASONS


ANYTHING = st.recursive(
    st.just(SECRET) | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(SECRET) | st.just("code"), inner, max_size=2),
    max_leaves=6,
)
PLACES = [
    ("dossier",),
    ("fee_basis",),
    *(("dossier", k) for k in BODY["dossier"]),
    *(("fee_basis", k) for k in BODY["fee_basis"]),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), ANYTHING)
def test_no_detail_quotes_the_payload(place: tuple[str, ...], anything: Any) -> None:
    body = json.loads(json.dumps(BODY))
    parent = body if len(place) == 1 else body[place[0]]
    parent[place[-1]] = anything

    found = READER.read(of(value=json.dumps(body).encode()))

    assert not isinstance(found, Poison) or (found.reason in REASONS and SECRET not in found.detail)


TIMES = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC) | st.just(timezone(timedelta(hours=7))))  # noqa: DTZ001


@given(st.uuids(), TIMES, st.integers(1, 9_999_999_999), st.none() | st.just("00-" + "a" * 32 + "-" + "b" * 16 + "-01"))
def test_packed_headers_are_those_of_the_contracts_byte_for_byte(
    id_: UUID, time: datetime, sequence: int, traceparent: str | None
) -> None:
    stamp = Envelope(
        id_,
        "/motcua/identity",
        "vn.motcua.identity.verified.v1",
        time,
        uuid4(),
        uuid4(),
        uuid4(),
        sequence,
        traceparent,
    )
    packed = pack_headers(*stamp[:8], traceparent or "")

    assert unpack_headers(packed) == write_headers(stamp)


async def test_the_cloudevents_sdk_reads_what_the_outbox_will_send(path: ToyPath) -> None:
    application = uuid4()
    await path.deliver(record(application))
    [row] = await path.pool.fetch("SELECT topic, key, headers, body FROM outbox")
    message = KafkaMessage(dict(unpack_headers(row["headers"])), str(row["key"]), row["body"])

    found: Any = from_binary(message, JSONFormat())

    assert row["topic"] == "motcua.identity.events"
    assert (found.get_type(), found.get_source()) == ("vn.motcua.identity.check-requested.v1", "/motcua/identity")
    assert (found.get_specversion(), found.get_subject()) == ("1.0", str(application))
    assert found.get_dataschema() == "urn:motcua:schema:vn.motcua.identity.check-requested.v1"
    assert found.get_datacontenttype() == "application/json"
    assert (found.get_extension("sequence"), found.get_extension("partitionkey")) == ("0000000001", str(application))
    assert found.get_time().tzinfo is not None
    assert found.get_data()["dossier"]["procedure"] == "2.000815"


RECORDED = json.loads(
    (Path(__file__).parents[2] / "contracts/examples/vn.motcua.payment.received-late.v1.json").read_text("utf-8")
)


def recorded(ce_type: str = "vn.motcua.payment.received-late.v1", **fields: Any) -> StoredRecord:
    """What version 1 wrote, byte for byte, as the contracts keep it."""
    attributes = dict(RECORDED[0])
    body = json.dumps(attributes.pop("data") | fields, separators=(",", ":")).encode()
    headers = {f"ce_{name}": value.encode() for name, value in (attributes | {"type": ce_type}).items()}
    headers["content-type"] = headers.pop("ce_datacontenttype")
    headers["traceparent"] = headers.pop("ce_traceparent")
    return StoredRecord("motcua.payment.events", 0, 0, attributes["subject"].encode(), body, tuple(headers.items()))


def test_a_recorded_version_1_reaches_who_reads_version_2_as_version_2() -> None:
    found = Reader([PaymentUnapplied]).read(recorded())

    assert isinstance(found, Incoming)
    assert isinstance(found.event, PaymentUnapplied)
    assert found.event.reason is UnappliedReason.EXPIRED
    assert found.envelope.type == "vn.motcua.payment.received-late.v1"


def test_who_still_reads_version_1_gets_it_as_it_is_and_parks_version_2() -> None:
    reader = Reader([PaymentReceivedLate])

    assert isinstance(found := reader.read(recorded()), Incoming)
    assert isinstance(found.event, PaymentReceivedLate)
    assert isinstance(newer := reader.read(recorded("vn.motcua.payment.received-late.v2")), Poison)
    assert newer.reason == "unknown-version"


def test_who_reads_both_versions_gets_each_as_it_is() -> None:
    found = Reader([PaymentUnapplied, PaymentReceivedLate]).read(recorded())

    assert isinstance(found, Incoming)
    assert isinstance(found.event, PaymentReceivedLate)


def test_a_faulty_old_version_is_told_by_its_own_fields_and_not_quoted() -> None:
    found = Reader([PaymentUnapplied]).read(recorded(reason=SECRET))

    assert isinstance(found, Poison)
    assert (found.reason, found.detail) == ("bad-schema", "reason: enum")


def test_an_upcaster_that_raises_parks_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(_: Any) -> Any:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(PaymentUnapplied, "upcast", raises)
    found = Reader([PaymentUnapplied]).read(recorded())

    assert isinstance(found, Poison)
    assert (found.reason, found.detail) == ("bad-json", "decoding raised ZeroDivisionError")
