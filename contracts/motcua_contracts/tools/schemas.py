"""JSON Schema 2020-12 of every event version. Invariant: the same models give the same bytes."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from motcua_contracts.envelope import SCHEMA_ROOT
from motcua_contracts.event import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutFieldTitles(GenerateJsonSchema):
    """A title made from a field's name tells nothing; those of types stay."""

    def field_title_should_be_set(self, _: Any) -> bool:
        return False


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The schema a reader validates the body of this event with; unknown fields are allowed, by intent."""
    body = event.model_json_schema(schema_generator=_WithoutFieldTitles, mode="validation")
    head = {"$schema": DIALECT, "$id": SCHEMA_ROOT + event.type, "title": event.__name__}
    keys = ("description", "type", "properties", "required", "$defs")
    return head | {key: body[key] for key in keys if key in body}
