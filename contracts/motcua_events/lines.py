"""One Kafka record as one line of CloudEvents JSON, and back to the very same bytes.

A record as our services write it becomes a plain event with its Kafka coordinates as extension attributes and its body,
untouched, as the last member `data`. Any other record also carries its headers as they are (`kafkaheaders`) and its key
(`kafkakey`); one that is no CloudEvent is wrapped into one of the type `UNREADABLE`. Bodies that are not JSON on one
line are `data_base64`. Invariant: `read_line(write_line(record))` equals the record.
"""

import json
from base64 import b64decode, b64encode
from typing import Any

import msgspec

from motcua_contracts.envelope import HEADER_NAMES, EnvelopeError, read_headers
from motcua_events.forms import attribute_of, is_json, write_form
from motcua_events.moments import LATEST, read_milliseconds, write_milliseconds
from motcua_events.records import Header, Record, StoredRecord

UNREADABLE = "vn.motcua.recording.unreadable.v1"
_SOURCE = "urn:motcua:recording"
_TO_DATA = b',"data":'


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a line of an event as our services write it holds, and nothing else."""

    id: str
    source: str
    type: str
    time: str
    subject: str
    dataschema: str
    causationid: str
    correlationid: str
    sequence: str
    partitionkey: str
    datacontenttype: str
    kafkatopic: str
    kafkaoffset: str
    kafkatime: str
    kafkapartition: int
    data: msgspec.Raw
    specversion: str
    traceparent: str | None = None


_decode = msgspec.json.Decoder(_Line).decode
_record = StoredRecord._make


def write_line(record: Record) -> bytes:
    """The line without its line break."""
    return write_form(record) or _write_other(record)


def read_line(line: bytes) -> StoredRecord:
    """Raises `ValueError` with what is wrong; never quotes the line."""
    try:
        event = _decode(line)
    except ValueError:
        return _read_other(line)
    body = bytes(event.data)
    if not line.startswith(_TO_DATA, len(line) - len(body) - len(_TO_DATA) - 1):  # not last, or with space around it
        return _read_other(line)
    key = event.partitionkey.encode()
    headers: list[Header] = [
        ("ce_specversion", event.specversion.encode()),
        ("ce_id", event.id.encode()),
        ("ce_source", event.source.encode()),
        ("ce_type", event.type.encode()),
        ("ce_time", event.time.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_dataschema", event.dataschema.encode()),
        ("ce_causationid", event.causationid.encode()),
        ("ce_correlationid", event.correlationid.encode()),
        ("ce_sequence", event.sequence.encode()),
        ("ce_partitionkey", key),
        ("content-type", event.datacontenttype.encode()),
    ]
    if event.traceparent is not None:
        headers.insert(-1, ("traceparent", event.traceparent.encode()))
    at = read_milliseconds(event.kafkatime.encode())
    return _record((event.kafkatopic, event.kafkapartition, int(event.kafkaoffset), at, key, body, headers))


def _data(value: bytes | None) -> bytes:
    """The last member: the body as it is where that is JSON on one line, else in base64; nothing for a null."""
    if value is None:
        return b""
    if b"\n" not in value and is_json(value):
        return b',"data":' + value
    return b',"data_base64":"' + b64encode(value) + b'"'


def _write_other(record: Record) -> bytes:
    attributes = _attributes(record)
    attributes["kafkatopic"] = record.topic
    attributes["kafkaoffset"] = str(record.offset)
    if 0 <= record.timestamp <= LATEST:
        attributes["kafkatime"] = write_milliseconds(record.timestamp).decode()
    elif record.timestamp != -1:
        attributes["kafkatimestamp"] = str(record.timestamp)
    attributes["kafkapartition"] = record.partition
    if record.key is not None:
        attributes["kafkakey"] = b64encode(record.key).decode()
    encoded = [[name, None if value is None else b64encode(value).decode()] for name, value in record.headers]
    attributes["kafkaheaders"] = json.dumps(encoded)
    return json.dumps(attributes, separators=(",", ":")).encode()[:-1] + _data(record.value) + b"}"


def _attributes(record: Record) -> dict[str, Any]:
    """Those of the event where it is one of ours, else those of the wrapping."""
    try:
        read_headers(record.headers)
        found = {name: (value or b"").decode("ascii") for name, value in record.headers if name in HEADER_NAMES}
        return {attribute_of(name): found[name] for name in HEADER_NAMES if found.get(name)}
    except (EnvelopeError, ValueError):
        place = f"{record.topic}/{record.partition}/{record.offset}"
        return {"specversion": "1.0", "id": place, "source": _SOURCE, "type": UNREADABLE}


def _read_other(line: bytes) -> StoredRecord:
    try:
        found = json.loads(line)
        headers = _headers(found)
        key = found.get("kafkakey") if "kafkaheaders" in found else found["partitionkey"]
        return StoredRecord(
            str(found["kafkatopic"]),
            int(found["kafkapartition"]),
            int(found["kafkaoffset"]),
            _timestamp(found),
            None if key is None else b64decode(key, validate=True) if "kafkaheaders" in found else key.encode(),
            _body(line, found),
            headers,
        )
    except KeyError as error:
        raise ValueError(f"not a line of a recording: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise ValueError("not a line of a recording: its JSON, a time, a number or base64 cannot be read") from None


def _headers(found: dict[str, Any]) -> list[Header]:
    if "kafkaheaders" not in found:
        names = (
            HEADER_NAMES if "traceparent" in found else tuple(name for name in HEADER_NAMES if name != "traceparent")
        )
        return [(name, found[attribute_of(name)].encode()) for name in names]
    pairs = json.loads(found["kafkaheaders"])
    return [(str(name), None if value is None else b64decode(value, validate=True)) for name, value in pairs]


def _timestamp(found: dict[str, Any]) -> int:
    if "kafkatime" in found:
        return read_milliseconds(found["kafkatime"].encode())
    return int(found.get("kafkatimestamp", -1))


def _body(line: bytes, found: dict[str, Any]) -> bytes | None:
    if "data_base64" in found:
        return b64decode(found["data_base64"], validate=True)
    if "data" not in found:
        return None
    _, mark, body = line.rstrip().partition(b',"data":')
    return body[:-1] if mark else json.dumps(found["data"], separators=(",", ":"), ensure_ascii=False).encode()
