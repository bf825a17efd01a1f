"""Rows of a field table, read from JSON Schema: what a field is, may hold and means.

Invariant: only the published schema speaks; every keyword of it is either shown or known to say nothing more.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.tools.schemas import schema_of

Schema = Mapping[str, Any]
_BOUNDS = {"minimum": "≥", "maximum": "≤", "minLength": "≥", "maxLength": "≤", "minItems": "≥", "maxItems": "≤"}
_SHOWN = frozenset(_BOUNDS) | {"type", "format", "pattern", "description", "default", "$ref", "items", "anyOf"}
_PLAIN = {"string": "text", "integer": "integer", "boolean": "boolean"}
_FORMATS = {"date-time": "moment", "uuid": "id", "date": "day"}


class Bound(NamedTuple):
    """A limit: of a number, of a text's length, or of a list's."""

    of: str
    sign: str
    limit: int


class Row(NamedTuple):
    """One field. `kind` is a word of the page (`id`, `moment` ...) or, where `linked`, the name of a part or enum."""

    owner: str
    name: str
    kind: str
    linked: bool
    many: bool
    required: bool
    nullable: bool
    default: Any
    pattern: str
    bounds: tuple[Bound, ...]
    text: str
    """What it holds, in English; empty where the model does not say."""


def rows_of(owner: str, node: Schema, definitions: Schema) -> list[Row]:
    """The fields of an event or part, in their order."""
    required = set(node.get("required", ()))
    return [_row(owner, name, field, name in required, definitions) for name, field in node["properties"].items()]


@cache
def schema(event: type[Event]) -> Schema:
    """The schema of an event; made once, for it takes long and every page asks."""
    return schema_of(event)


def definitions() -> dict[str, dict[str, Any]]:
    """Every part and enum of every event, by name. Raises `ValueError` where two events mean two things by one name."""
    found: dict[str, dict[str, Any]] = {}
    for event in CATALOGUE.values():
        for name, node in schema(event).get("$defs", {}).items():
            if found.setdefault(name, node) != node:
                raise ValueError(f"{name} has two meanings, one of them in {event.type}: give one of them another name")
    return dict(sorted(found.items()))


def users_of(name: str) -> list[str]:
    """Types of the events that hold this part or enum, however deep."""
    return [event.type for event in CATALOGUE.values() if name in schema(event).get("$defs", {})]


def _row(owner: str, name: str, field: Schema, required: bool, definitions: Schema) -> Row:  # noqa: FBT001
    nodes = list(_unwrapped(field))
    if strangers := {keyword for node in nodes for keyword in node} - _SHOWN:
        raise ValueError(f"{owner}.{name}: the catalogue cannot show {', '.join(sorted(strangers))} yet")
    node = nodes[-1]
    reference = node.get("$ref", "").removeprefix("#/$defs/")
    texts = [each["description"] for each in nodes if "description" in each]
    return Row(
        owner=owner,
        name=name,
        kind=reference or _kind(node),
        linked=bool(reference),
        many=any(each.get("type") == "array" for each in nodes),
        required=required,
        nullable=any({"type": "null"} in each.get("anyOf", ()) for each in nodes),
        default=field.get("default"),
        pattern=node.get("pattern", ""),
        bounds=tuple(bound for each in nodes for bound in _bounds(each)),
        text=(texts or [definitions.get(reference, {}).get("description", "")])[0],
    )


def _unwrapped(node: Schema) -> Iterator[Schema]:
    """The node, then what is inside it: beside null, and in a list."""
    yield node
    arms = [arm for arm in node.get("anyOf", ()) if arm != {"type": "null"}]
    inner = arms[0] if len(arms) == 1 else node.get("items")
    if len(arms) > 1:
        raise ValueError(f"the catalogue cannot show one of {len(arms)} kinds yet")
    if inner is not None:
        yield from _unwrapped(inner)


def _kind(node: Schema) -> str:
    return _FORMATS.get(node.get("format", "")) or _PLAIN[node["type"]]


def _bounds(node: Schema) -> Iterator[Bound]:
    of = {"string": "length", "array": "count"}.get(node.get("type", ""), "value")
    for keyword, sign in _BOUNDS.items():
        if keyword in node:
            yield Bound(of, sign, node[keyword])
