"""Reads one value out of a body that may be wrong elsewhere, so that every fault can be told at once."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError


def readable(given: Any, kind: Any, *path: str, default: Any = None) -> Any:
    """The value at `path` if it is one of `kind`; `default` where the body does not have it, else None."""
    for name in path:
        if not isinstance(given, dict):
            return None
        if name not in given:
            return default
        given = given[name]
    try:
        return _adapter(kind).validate_python(given)
    except ValidationError:
        return None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
