"""One step of a trace while it lasts: where it belongs, since when, and what is known of it."""

import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """OpenTelemetry's kinds of spans, by their names there."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


@dataclass(slots=True)
class Span:
    """A sampled step. Until it is written it may still move under another."""

    name: str
    kind: Kind
    trace_id: int
    parent_id: int | None
    attributes: dict[str, Any] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    """`traceparent` of what belongs to it and lies in another trace."""
    span_id: int = field(default_factory=lambda: random.getrandbits(64) or 1)  # unique, not secret
    started: int = field(default_factory=time.time_ns)
    joined: bool = False

    @property
    def traceparent(self) -> str:
        """What names it to those under it."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-01"

    @property
    def begun_elsewhere(self) -> bool:
        """Whether a caller of ours began its trace."""
        return self.parent_id is not None and not self.joined

    def join(self, other: "Span") -> None:
        """Move beside another, under the same parent."""
        self.trace_id, self.parent_id, self.joined = other.trace_id, other.parent_id, True


current: ContextVar[Span | None] = ContextVar("span", default=None)
"""The span of the request or the outside call that is being worked on, for commands and log lines."""
