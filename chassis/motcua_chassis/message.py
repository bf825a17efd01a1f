"""The shapes that pass along the one path: a message in, events or a refusal out, and the work that follows.

A service's `domain.py` is written against this module alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from motcua_contracts import Event

S = TypeVar("S")

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""`Work.at` of what should happen without delay."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What `decide` sees: a Kafka event, a command, a timer or an outside answer, about one application."""

    body: Any
    application: UUID
    now: datetime
    """Stamped once per batch and never earlier than the application's last event."""
    cause: UUID
    """Id of the event, command or answer: the `causationid` of what follows."""
    number: int | None = None
    """The next number of the counter this message named; consumed if events result."""


class Timer(msgspec.Struct, frozen=True):
    """A work row without an outside system fell due."""

    key: str
    kind: str


class Exhausted(msgspec.Struct, frozen=True):
    """An outside call used up its retry budget, or (`uncertain`) nobody can tell whether it took effect."""

    key: str
    kind: str
    uncertain: bool


class Refusal(msgspec.Struct, frozen=True):
    """A command cannot be followed; `code` is stable, `params` fill the sentence people read. Only for HTTP."""

    code: str
    params: Mapping[str, str] = {}
    status: int = 409


class Work(msgspec.Struct, frozen=True):
    """What must happen outside (`kind` has an adapter) or later (it has none: a timer)."""

    kind: str
    at: datetime = AT_ONCE


Decision = Sequence[Event] | Refusal


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """A service's business as pure functions over its state, a frozen `msgspec.Struct` with defaults for all fields."""

    initial: S
    decide: Callable[[S, Message], Decision]
    evolve: Callable[[S, Any], S]
    due: Callable[[S], Mapping[str, Work]]
    counter: Callable[[S, Message], str | None] | None = None
    """Names the counter whose next number this message will use, exactly when `decide` will use it."""
    numbered: Callable[[Any], tuple[str, int] | None] | None = None
    """The counter and the number that an event of this service carries: a rebuilt service goes on from there."""
