"""Every event is frozen, tolerant of newer fields, and without anything that looks like personal data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.tools.examples import story
from motcua_contracts.tools.schemas import schema_of
from motcua_contracts.tools.telling import Example

PERSONAL = {
    "address",
    "birth",
    "cccd",
    "citizen",
    "comment",
    "email",
    "full_name",
    "message",
    "name",
    "note",
    "personal_number",
    "phone",
    "reason_text",
    "remark",
    "text",
}
"""Field names that would hold a person or their words; allowed only where the value is a Match or a NoteId."""

EXAMPLES = pytest.mark.parametrize("example", story(), ids=lambda e: f"{e.envelope.type}-{e.envelope.sequence}")
EVENTS = pytest.mark.parametrize("event", CATALOGUE.values(), ids=str)


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for inner in schema.values():
            yield from _properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _properties(inner)


def _strings(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield schema
        for inner in schema.values():
            yield from _strings(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _strings(inner)


@EXAMPLES
def test_an_event_cannot_be_changed(example: Example) -> None:
    field = next(iter(type(example.event).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(example.event, field, None)


@EXAMPLES
def test_a_field_of_a_newer_version_is_dropped_and_never_kept(example: Example) -> None:
    newer = json.loads(example.body())
    for part in (newer, *(value for value in newer.values() if isinstance(value, dict))):
        part["added_later"] = "Nguyễn Văn An"
    read = type(example.event).model_validate_json(json.dumps(newer))
    assert read == example.event
    assert "Nguyễn" not in read.model_dump_json()


@EXAMPLES
def test_an_event_survives_its_own_json(example: Example) -> None:
    assert type(example.event).model_validate_json(example.body()) == example.event
    assert hash(example.event) == hash(type(example.event).model_validate_json(example.body()))


def _says_nothing(field: Any) -> bool:
    """Only whether something matched, or where words lie."""
    arms = [arm for arm in field.get("anyOf", [field]) if arm != {"type": "null"}]
    return all(arm.get("$ref") == "#/$defs/Match" or arm.get("format") == "uuid" for arm in arms)


@EVENTS
def test_no_field_named_like_personal_data_holds_any(event: type[Event]) -> None:
    suspects = [
        (name, field)
        for name, field in _properties(schema_of(event))
        if name in PERSONAL or PERSONAL & set(name.split("_"))
    ]
    assert [name for name, field in suspects if not _says_nothing(field)] == []


@EVENTS
def test_every_string_in_a_schema_is_bound(event: type[Event]) -> None:
    for string in _strings(schema_of(event)):
        assert {"enum", "const", "pattern", "format"} & set(string), string


@EVENTS
def test_an_event_explains_itself_and_names_its_type(event: type[Event]) -> None:
    assert event.__doc__
    assert event.type == f"vn.motcua.{event.stream}.{event.name}.v{event.version}"
