"""Makes records from published JSON Schemas alone, so that models and validators are judged by something neither wrote.

Invariant: the same seed makes the same bytes. Edges are frequent: bounds, absent fields, the longest repetitions.
"""

import json
import re._constants as code
import re._parser as parser
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from motcua_contracts import CATALOGUE, Envelope, Event, write_headers

CONTRACTS = Path(__file__).parents[1]
_MOST = 4
"""How often what may be repeated without end is repeated, and how long a list gets."""
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class Made(NamedTuple):
    """One record as Kafka would hold it."""

    type: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


def records(count: int, seed: int = 2026) -> Iterator[Made]:
    """So many of each event version."""
    for event in CATALOGUE.values():
        schema = json.loads((CONTRACTS / f"schemas/{event.type}.json").read_text("utf-8"))
        random = Random(f"{seed} {event.type}")
        yield from (_record(event, _value(schema, schema, random), random) for _ in range(count))


def _record(event: type[Event], data: dict[str, Any], random: Random) -> Made:
    body = event.model_validate_json(json.dumps(data)).model_dump_json(exclude_none=True).encode()
    envelope = Envelope(
        id=_uuid(random),
        source=event.stream.source,
        type=event.type,
        time=_time(random),
        subject=_uuid(random),
        causation_id=_uuid(random),
        correlation_id=_uuid(random),
        sequence=random.choice((1, 9_999_999_999, random.randrange(1, 10_000))),
        traceparent=random.choice((None, f"00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01")),
    )
    return Made(event.type, str(envelope.subject).encode(), write_headers(envelope), body)


def _value(schema: Any, root: Any, random: Random) -> Any:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in schema:
        return _value(random.choice(schema["anyOf"]), root, random)
    if "enum" in schema or "const" in schema:
        return random.choice(schema.get("enum") or [schema["const"]])
    return _KINDS[schema["type"]](schema, root, random)


def _object(schema: Any, root: Any, random: Random) -> dict[str, Any]:
    required = schema.get("required", ())
    present = {n: field for n, field in schema["properties"].items() if n in required or random.random() < 0.6}
    return {name: _value(field, root, random) for name, field in present.items()}


def _array(schema: Any, root: Any, random: Random) -> list[Any]:
    length = random.randint(schema.get("minItems", 0), min(schema.get("maxItems", _MOST), _MOST))
    return [_value(schema["items"], root, random) for _ in range(length)]


def _integer(schema: Any, _: Any, random: Random) -> int:
    least, most = schema.get("minimum", -1000), schema.get("maximum", 1_000_000)
    return random.choice((least, most, random.randint(least, most)))


_KINDS: dict[str, Callable[[Any, Any, Random], Any]] = {
    "object": _object,
    "array": _array,
    "integer": _integer,
    "boolean": lambda _, __, random: random.random() < 0.5,
    "string": lambda schema, _, random: _text(schema, random),
    "null": lambda _, __, ___: None,
}


def _text(schema: Any, random: Random) -> str:
    match schema.get("format"):
        case "uuid":
            return str(_uuid(random))
        case "date-time":
            return _time(random).isoformat()
        case "date":
            return date.fromordinal(_EPOCH.toordinal() + random.randrange(9_000)).isoformat()
    return random.choice(_matches(schema["pattern"], schema.get("maxLength", 10_000)))


@cache
def _matches(pattern: str, longest: int) -> list[str]:
    """Drawn once and reused: to draw each anew takes ten times as long."""
    tree, random = parser.parse(pattern), Random(pattern)
    drawn = (_match(tree, random) for _ in range(1_000))
    return [text for text in drawn if len(text) <= longest]


def _match(tree: Any, random: Random) -> str:
    return "".join(_one(operator, argument, random) for operator, argument in tree)


def _one(operator: Any, argument: Any, random: Random) -> str:
    if operator is code.AT:
        return ""
    if operator is code.LITERAL:
        return chr(argument)
    if operator is code.IN:
        ranges = [inner if kind is code.RANGE else (inner, inner) for kind, inner in argument]
        return chr(random.randint(*random.choice(ranges)))
    if operator is code.SUBPATTERN:
        return _match(argument[-1], random)
    if operator is code.BRANCH:
        return _match(random.choice(argument[1]), random)
    if operator is code.MAX_REPEAT:
        least, most, inner = argument
        most = min(most, least + _MOST) if most > 100 else most
        times = random.choice((least, most, random.randint(least, most)))
        return "".join(_match(inner, random) for _ in range(times))
    raise NotImplementedError(f"{operator} in a pattern: teach it here")


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _time(random: Random) -> datetime:
    zone = random.choice((UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9, minutes=-30))))
    since = timedelta(seconds=random.randrange(500_000_000), microseconds=random.choice((0, 1, 214_000)))
    return (_EPOCH + since).astimezone(zone)
