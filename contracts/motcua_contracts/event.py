"""The base of every event: a frozen fact with a type, a version and a stream, unable to hold free text.

Invariant: every string inside an event is an enum, a pattern-bound code or an id. A bare `str` raises
`TypeError` while the class is being defined, so personal data cannot slip into the log.
"""

from collections.abc import Iterator
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from pydantic.types import StringConstraints


class Stream(StrEnum):
    """The service that owns an event; its topic is `motcua.<stream>.events`."""

    INTAKE = "intake"
    IDENTITY = "identity"
    PAYMENT = "payment"
    NOTIFICATION = "notification"

    @property
    def topic(self) -> str:
        return f"motcua.{self.value}.events"

    @property
    def source(self) -> str:
        """The CloudEvents `source` of everything this service publishes."""
        return f"/motcua/{self.value}"


class Part(BaseModel):
    """A value inside an event. Frozen; unknown fields are dropped, so that a newer minor version stays readable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for name, field in cls.model_fields.items():
            if _holds_free_text(field.annotation, field):
                raise TypeError(
                    f"{cls.__name__}.{name} can hold free text. Bind it to an enum, an id or a pattern "
                    "(motcua_contracts.vocabulary); words people write stay in the vault and travel as an id."
                )


class Event(Part):
    """A past-tense fact. Subclasses name themselves: `class PaymentSettled(Event, stream=..., name="settled")`.

    `type` is the CloudEvents type, e.g. `vn.motcua.payment.settled.v1`.
    """

    stream: ClassVar[Stream]
    name: ClassVar[str]
    version: ClassVar[int]
    type: ClassVar[str]

    def __init_subclass__(cls, *, stream: Stream, name: str, version: int = 1, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.stream, cls.name, cls.version = stream, name, version
        cls.type = f"vn.motcua.{stream.value}.{name}.v{version}"
        if (known := CATALOGUE.get(cls.type)) is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.type} is already {known.__qualname__}; give {cls.__qualname__} another name or version")
        CATALOGUE[cls.type] = cls


CATALOGUE: dict[str, type[Event]] = {}
"""Every event class by CloudEvents type."""


def split_type(ce_type: str) -> tuple[str, int] | None:
    """`vn.motcua.payment.settled.v1` -> (`vn.motcua.payment.settled`, 1); None where it has no version."""
    stem, _, version = ce_type.rpartition(".v")
    return (stem, int(version)) if stem and version.isascii() and version.isdigit() else None


def _holds_free_text(annotation: Any, field: FieldInfo | None = None) -> bool:
    metadata = tuple(field.metadata) if field else ()
    return any(kind in _FREE and not bound for kind, bound in _leaves(annotation, bound=_is_bound(metadata)))


_FREE = (str, bytes, Any, object, dict, list, tuple, set, frozenset)


def _leaves(annotation: Any, *, bound: bool) -> Iterator[tuple[Any, bool]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        yield from _leaves(inner, bound=bound or _is_bound(tuple(metadata)))
    elif origin in (Union, UnionType):
        for arm in get_args(annotation):
            yield from _leaves(arm, bound=bound)
    elif origin is not None:
        for arm in get_args(annotation):
            yield from _leaves(arm, bound=False)
    else:
        yield annotation, bound


def _is_bound(metadata: tuple[Any, ...]) -> bool:
    return any(
        (isinstance(m, StringConstraints) and m.pattern is not None)
        or (isinstance(m, FieldInfo) and _is_bound(tuple(m.metadata)))
        or (not isinstance(m, annotated_types.BaseMetadata) and getattr(m, "pattern", None) is not None)
        for m in metadata
    )
