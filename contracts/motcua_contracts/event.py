"""The base of every event: a frozen fact with a type, a version and a stream, unable to hold free text.

Invariant: every string inside an event is an enum, a pattern-bound code or an id. A bare `str` raises
`TypeError` while the class is being defined, so personal data cannot slip into the log.
"""

from enum import StrEnum
from typing import Any, ClassVar, Self, TypeAlias

from pydantic import BaseModel, ConfigDict

from motcua_contracts.closed_types import is_closed


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
        if not cls.model_config.get("frozen") or cls.model_config.get("extra") != "ignore":
            raise TypeError(f"{cls.__name__} must stay frozen and ignore unknown fields: remove its model_config")
        for name, field in cls.model_fields.items():
            if not is_closed(field.annotation, field.metadata, part=Part):
                raise TypeError(
                    f"{cls.__name__}.{name} can hold free text or a time without offset. Make it an enum, an id, "
                    "a number, an AwareDatetime, a Part, a string whose pattern refuses words (see vocabulary.py), "
                    "or a tuple of these. Words people write stay in the vault and travel as an id."
                )


class Event(Part):
    """A past-tense fact. Subclasses name themselves: `class PaymentSettled(Event, stream=..., name="settled")`.

    `type` is the CloudEvents type, e.g. `vn.motcua.payment.settled.v1`. A name keeps every version it ever had: the
    next one says `version=2, upcasts=<the class before>` and defines `upcast`. Only the newest is published.
    """

    stream: ClassVar[Stream]
    name: ClassVar[str]
    version: ClassVar[int]
    type: ClassVar[str]
    predecessor: ClassVar["EventClass | None"] = None
    successor: ClassVar["EventClass | None"] = None

    def __init_subclass__(
        cls, *, stream: Stream, name: str, version: int = 1, upcasts: "EventClass | None" = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.stream, cls.name, cls.version = stream, name, version
        cls.type = f"vn.motcua.{stream.value}.{name}.v{version}"
        cls.predecessor, cls.successor = upcasts, None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        super().__pydantic_init_subclass__()
        _check_predecessor(cls, cls.predecessor)
        known = CATALOGUE.setdefault(cls.type, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(
                f"{cls.type} is already {known.__qualname__}: give {cls.__qualname__} a new name or version"
            )
        if cls.predecessor is not None:
            cls.predecessor.successor = cls

    @classmethod
    def upcast(cls, older: Any) -> Self:
        """An event of the version before, said in this one. Pure and total; every version above the first has one."""
        raise NotImplementedError(f"{cls.__name__} is a first version")


EventClass: TypeAlias = type[Event]

CATALOGUE: dict[str, EventClass] = {}
"""Every event class by CloudEvents type: all versions, the superseded ones included."""


def upcast(event: Event) -> Event:
    """The same fact in its newest version."""
    while (newer := type(event).successor) is not None:
        event = newer.upcast(event)
    return event


def _check_predecessor(event: type[Event], predecessor: type[Event] | None) -> None:
    expected = f"vn.motcua.{event.stream.value}.{event.name}.v{event.version - 1}"
    if event.version == 1 and predecessor is None:
        return
    if predecessor is None or predecessor.type != expected or "upcast" not in vars(event):
        raise TypeError(
            f"{event.__name__} is version {event.version} of {event.name}: give it upcasts=<the class of {expected}> "
            "and an upcast(), so that what was recorded stays readable"
        )
