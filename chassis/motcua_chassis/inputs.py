"""What enters the path: deliveries from Kafka, commands from HTTP, answers from workers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from motcua_chassis.codec import Incoming, Poison, Record
from motcua_chassis.message import Refusal
from motcua_chassis.span import Span
from motcua_contracts import Event


class IdempotencyKey(NamedTuple):
    """Names one request of one principal; the hash tells a repetition from another request under the same key."""

    principal: str
    route: str
    key: str
    body_hash: bytes


@dataclass(slots=True)
class Outcome:
    """What became of an input: exactly one of events (possibly none), a refusal, a stored reply, a fault or stale."""

    events: Sequence[Event] = ()
    reply: bytes = b""
    refusal: Refusal | None = None
    fault: Exception | None = None
    stale: bool = False


@dataclass(slots=True, eq=False)
class Command:
    """An HTTP command, or a webhook, for one application."""

    application: UUID
    body: Any
    cause: UUID
    reply: Callable[[Any, Sequence[Event]], bytes] = lambda _state, _events: b""
    """Renders the answer from the state after the events; computed and stored in the same transaction."""
    idempotency: IdempotencyKey | None = None
    traceparent: str = ""
    request: Span | None = None
    """Of the HTTP request that brought it, where that is sampled."""
    outcome: Outcome | None = None
    span: Span | None = None

    @property
    def correlation(self) -> None:
        """A command joins the story of its application, or starts it."""


@dataclass(slots=True, eq=False)
class Answer:
    """An outside system's answer, a timer, or the news that the budget is used up; valid while its lease is."""

    application: UUID
    key: str
    lease: UUID
    body: Any
    cause: UUID
    traceparent: str = ""
    outcome: Outcome | None = None
    span: Span | None = None

    @property
    def correlation(self) -> None:
        """An answer belongs to the story of its application."""


@dataclass(slots=True, eq=False)
class Delivery:
    """One Kafka record and what the reader made of it."""

    record: Record
    reading: Incoming | Poison
    outcome: Outcome | None = None
    span: Span | None = None

    @property
    def application(self) -> UUID | None:
        """The application it is about; None where a poisoned record does not say."""
        reading = self.reading
        return reading.envelope.subject if isinstance(reading, Incoming) else reading.application

    @property
    def source(self) -> str | None:
        """Who published it."""
        reading = self.reading
        return reading.envelope.source if isinstance(reading, Incoming) else reading.source


Input = Command | Answer | Delivery
