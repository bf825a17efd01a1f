"""The line of an event as our services write it: what all events of a type share is prepared once.

Most records are such events, and their lines are then made in half the time. Invariant: only what may stand in a line
as it is becomes a line here; everything else is left to who can write any record.
"""

from functools import lru_cache

import msgspec
from pydantic_core import from_json

from motcua_contracts.envelope import HEADER_NAMES, SPEC_VERSION
from motcua_events.moments import LATEST, write_milliseconds
from motcua_events.records import Header, Record

_SAME_IN_ALL = {"ce_specversion", "ce_source", "ce_type", "ce_dataschema", "content-type"}
"""Among the events of a type."""
_TRACE_PLACE = HEADER_NAMES.index("traceparent")
_NO_TRACE: Header = ("traceparent", b"")
_HARMLESS = bytes(code for code in range(0x20, 0x7F) if code not in b'"\\')
"""What may stand between quotation marks as it is."""
_LONG, _DEEP = 4_000, 100
"""Bodies beyond are few, and may hold what one reader of JSON takes and another refuses."""
_MOST_TYPES = 256
_skim = msgspec.json.Decoder(msgspec.Raw).decode
_NOUGHTS = bytes.maketrans(b"123456789", b"000000000")
_TIMES = {
    b"0000-00-00T00:00:00" + fraction + offset
    for fraction in (b"", b".000", b".000000")
    for offset in (b"Z", b"+00:00", b"-00:00")
}
"""What times look like with every digit a nought."""


def attribute_of(header: str) -> str:
    """What CloudEvents JSON calls it."""
    return "datacontenttype" if header == "content-type" else header.removeprefix("ce_")


def write_form(record: Record) -> bytes | None:
    """The line of a record that is an event as ours are; None for any other."""
    headers, body = tuple(record.headers), record.value
    traced = len(headers) == len(HEADER_NAMES)
    if len(headers) == len(HEADER_NAMES) - 1:
        headers = (*headers[:_TRACE_PLACE], _NO_TRACE, *headers[_TRACE_PLACE:])
    if len(headers) != len(HEADER_NAMES) or body is None or b"\n" in body:
        return None
    # fmt: off
    (
        (n0, spec), (n1, id_), (n2, source), (n3, type_), (n4, time), (n5, subject), (n6, schema), (n7, cause),
        (n8, story), (n9, number), (n10, key), (n11, trace), (n12, content),
    ) = headers
    # fmt: on
    if (n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12) != HEADER_NAMES:
        return None
    form = _form(spec, source, type_, schema, content, traced=traced)
    if form is None or not (id_ and time and subject and cause and story and number and key and (trace or not traced)):
        return None
    texts = (subject, cause, story, number, key, trace or b"") if traced else (subject, cause, story, number, key)
    if (
        (id_ + b"".join(texts)).translate(None, _HARMLESS)
        or key != record.key
        or time.translate(_NOUGHTS) not in _TIMES
        or not 0 <= record.timestamp <= LATEST
        or not _is_name(record.topic)
        or not is_json(body)
    ):
        return None
    place = (record.topic.encode(), record.offset, write_milliseconds(record.timestamp), record.partition, body)
    return form % (id_, time, *texts, *place)


@lru_cache(maxsize=_MOST_TYPES)
def _form(
    spec: bytes | None, source: bytes | None, type_: bytes | None, schema: bytes | None, content: bytes | None,
    *, traced: bool,
) -> bytes | None:  # fmt: skip
    """The line of all events that share these, with places for what they do not; None where they are not harmless."""
    shared = (spec, source, type_, schema, content)
    if spec != SPEC_VERSION.encode() or not all(shared) or b"".join(filter(None, shared)).translate(None, _HARMLESS):
        return None
    values = dict(zip((name for name in HEADER_NAMES if name in _SAME_IN_ALL), shared, strict=True))
    pairs = [
        b'"%b":"%b"'
        % (attribute_of(name).encode(), (values[name] or b"").replace(b"%", b"%%") if name in values else b"%b")
        for name in HEADER_NAMES
        if traced or name != "traceparent"
    ]
    kafka = b'"kafkatopic":"%b","kafkaoffset":"%d","kafkatime":"%b","kafkapartition":%d,"data":%b'
    return b"{" + b",".join([*pairs, kafka]) + b"}"


@lru_cache(maxsize=_MOST_TYPES)
def _is_name(topic: str) -> bool:
    return topic.isascii() and topic.replace(".", "").replace("-", "").replace("_", "").isalnum()


def is_json(value: bytes) -> bool:
    """Whether these bytes are JSON, as every reader of JSON understands it."""
    try:
        if len(value) > _LONG or value.count(b"{") + value.count(b"[") > _DEEP:
            from_json(value, allow_inf_nan=False)
        else:  # many times as fast; it leaves the encoding of strings to us
            if not value.isascii():
                value.decode()
            _skim(value)
    except ValueError:
        return False
    return True
