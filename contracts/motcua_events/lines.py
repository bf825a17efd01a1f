"""One Kafka record as one line of CloudEvents JSON, and back to the very same bytes.

A record as our services write it becomes a plain event with its Kafka coordinates as extension attributes and its body,
untouched, as the last member `data`. Any other record also carries its headers as they are (`kafkaheaders`) and its key
(`kafkakey`); one that is no CloudEvent is wrapped into one of the type `UNREADABLE`. Bodies that are not JSON on one
line are `data_base64`. Invariant: `read_line(write_line(record))` equals the record.
"""

import json
import re
from base64 import b64decode, b64encode
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from motcua_contracts.envelope import HEADER_NAMES, EnvelopeError, read_headers
from motcua_events.moments import from_milliseconds, milliseconds
from motcua_events.records import Header, Record, StoredRecord

UNREADABLE = "vn.motcua.recording.unreadable.v1"
_SOURCE = "urn:motcua:recording"
_LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999: what lies beyond has no written form."""

_UNTRACED = tuple(name for name in HEADER_NAMES if name != "traceparent")
_KAFKA = ("kafkatopic", "kafkaoffset", "kafkatime", "kafkapartition")
_HARMLESS = bytes(code for code in range(0x20, 0x7F) if code not in b'"\\')
"""What may stand between quotation marks as it is."""
_is_time = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)").fullmatch


def _attribute(header: str) -> str:
    return "datacontenttype" if header == "content-type" else header.removeprefix("ce_")


def _layout(names: tuple[str, ...]) -> tuple[bytes, list[bytes]]:
    """The line of an event with these headers, and the names in it."""
    attributes = [*map(_attribute, names), *_KAFKA]
    pairs = [f'"{name}":"%b"' for name in attributes[:-1]]
    line = "{" + ",".join([*pairs, '"kafkapartition":%d']) + "%b}"
    return line.encode(), [name.encode() for name in attributes]


_LAYOUTS = {names: _layout(names) for names in (HEADER_NAMES, _UNTRACED)}
_NAMES = {tuple(layout[1]): names for names, layout in _LAYOUTS.items()}
_TIME_PLACE, _KEY_PLACE = _UNTRACED.index("ce_time"), _UNTRACED.index("ce_partitionkey")


def write_line(record: Record) -> bytes:
    """The line without its line break."""
    names, values = zip(*record.headers, strict=True) if record.headers else ((), ())
    layout = _LAYOUTS.get(names)
    if layout is None or not _is_plain(record, values):
        return _write_other(record)
    time, topic = _written(record.timestamp), record.topic.encode()
    return layout[0] % (*values, topic, b"%d" % record.offset, time, record.partition, _data(record.value))


def read_line(line: bytes) -> StoredRecord:
    """Raises `ValueError` with what is wrong; never quotes the line."""
    head, mark, body = line.partition(b',"data":')
    parts = head.split(b'"')
    names = _NAMES.get(tuple(parts[1::4]))
    if names is None or not mark or b"\\" in head or not body.endswith(b"}"):
        return _read_other(line)
    values = parts[3::4]
    count = len(names)
    return StoredRecord(
        values[count].decode(),
        int(parts[-1][1:]),
        int(values[count + 1]),
        _read_time(values[count + 2]),
        values[_KEY_PLACE],
        body[:-1],
        list(zip(names, values, strict=False)),
    )


def _is_plain(record: Record, values: tuple[bytes | None, ...]) -> bool:
    """Whether everything may stand in the line as it is, and the key need not be told."""
    return (
        all(values)
        and not b"".join(values).translate(None, _HARMLESS)  # type: ignore[arg-type]  # none is None
        and values[0] == b"1.0"
        and _is_time(values[_TIME_PLACE]) is not None  # type: ignore[arg-type]
        and values[_KEY_PLACE] == record.key
        and 0 <= record.timestamp <= _LATEST
        and _is_name(record.topic)
    )


@lru_cache(maxsize=256)
def _is_name(topic: str) -> bool:
    return topic.isascii() and topic.replace(".", "").replace("-", "").replace("_", "").isalnum()


@lru_cache(maxsize=4096)
def _written(timestamp: int) -> bytes:
    return from_milliseconds(timestamp).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


@lru_cache(maxsize=4096)
def _read_time(value: bytes) -> int:
    return milliseconds(datetime.fromisoformat(value.decode()))


def _data(value: bytes | None) -> bytes:
    """The last member: the body as it is where that is JSON on one line, else in base64; nothing for a null."""
    if value is None:
        return b""
    if b"\n" not in value:
        try:
            from_json(value, allow_inf_nan=False)
        except ValueError:
            pass
        else:
            return b',"data":' + value
    return b',"data_base64":"' + b64encode(value) + b'"'


def _write_other(record: Record) -> bytes:
    attributes = _attributes(record)
    attributes["kafkatopic"] = record.topic
    attributes["kafkaoffset"] = str(record.offset)
    if 0 <= record.timestamp <= _LATEST:
        attributes["kafkatime"] = _written(record.timestamp).decode()
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
        return {_attribute(name): found[name] for name in HEADER_NAMES if found.get(name)}
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
        names = HEADER_NAMES if "traceparent" in found else _UNTRACED
        return [(name, found[_attribute(name)].encode()) for name in names]
    pairs = json.loads(found["kafkaheaders"])
    return [(str(name), None if value is None else b64decode(value, validate=True)) for name, value in pairs]


def _timestamp(found: dict[str, Any]) -> int:
    if "kafkatime" in found:
        return _read_time(found["kafkatime"].encode())
    return int(found.get("kafkatimestamp", -1))


def _body(line: bytes, found: dict[str, Any]) -> bytes | None:
    if "data_base64" in found:
        return b64decode(found["data_base64"], validate=True)
    if "data" not in found:
        return None
    _, mark, body = line.rstrip().partition(b',"data":')
    return body[:-1] if mark else json.dumps(found["data"], separators=(",", ":"), ensure_ascii=False).encode()
