"""Tells whether a type is closed: it can hold neither words a person wrote nor a time without an offset.

Invariant: what is not known to be closed counts as open.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import Enum
from types import EllipsisType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

_CLOSED: tuple[Any, ...] = (Enum, UUID, int, date, AwareDatetime, NoneType)

_PERSONAL = ("Nguyễn Văn An", "Nguyễn", "an.nguyen@example.vn", "+84 901 234 567", "12 Lê Lợi, Quận 1", "two\nlines")
"""A pattern that lets one of these through binds nothing."""


def is_closed(annotation: Any, metadata: Iterable[Any], part: type) -> bool:
    """`metadata` is what pydantic keeps beside the annotation; subclasses of `part` were checked on their own."""
    if annotation is str:
        return any(_refuses_words(pattern) for pattern in _patterns(metadata))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return is_closed(arguments[0], (*metadata, *arguments[1:]), part)
    if origin in (Union, UnionType):
        return all(is_closed(arm, metadata, part) for arm in arguments)
    if origin is tuple:
        return all(is_closed(arm, (), part) for arm in arguments)
    if origin is Literal or isinstance(annotation, EllipsisType):
        return True
    return isinstance(annotation, type) and annotation is not datetime and issubclass(annotation, (*_CLOSED, part))


def _patterns(metadata: Iterable[Any]) -> Iterator[str | re.Pattern[str]]:
    for constraint in metadata:
        if isinstance(constraint, FieldInfo):
            yield from _patterns(constraint.metadata)
        elif pattern := getattr(constraint, "pattern", None):
            yield pattern


def _refuses_words(pattern: str | re.Pattern[str]) -> bool:
    return not any(re.search(pattern, words) for words in _PERSONAL)
