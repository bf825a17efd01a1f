"""The example applications as chronicles: what happened in which order, what led to it and what it led to."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from motcua_contracts import ApplicationSubmitted, Event
from motcua_contracts.tools.examples import TALES
from motcua_contracts.tools.telling import Example


class Moment(NamedTuple):
    """One event of one application, and the one that led to it where that was an event."""

    example: Example
    cause: Example | None

    @property
    def type(self) -> str:
        return self.example.envelope.type

    @property
    def anchor(self) -> str:
        """Where it stands on the page of its application: unique there."""
        return f"{self.example.event.stream.value}-{self.example.envelope.sequence}"


class Chronicle:
    """One example application."""

    def __init__(self, about: str, examples: Iterable[Example]) -> None:
        told = list(examples)
        by_id: dict[UUID, Example] = {example.envelope.id: example for example in told}
        self.about = about
        self.moments = [Moment(example, by_id.get(example.envelope.causation_id)) for example in told]

    @cached_property
    def submitted(self) -> ApplicationSubmitted:
        event = self.moments[0].example.event
        assert isinstance(event, ApplicationSubmitted)  # noqa: S101  # every tale begins so
        return event

    @property
    def code(self) -> str:
        return self.submitted.dossier.code

    def has(self, event: type[Event]) -> bool:
        return any(moment.type == event.type for moment in self.moments)


class Neighbours(NamedTuple):
    """Types that led to an event in the story, and types it led to. `outside`: a command, an answer or a timer did."""

    before: list[str]
    after: list[str]
    outside: bool


def chronicles() -> list[Chronicle]:
    """All example applications, in the order of the story."""
    return [Chronicle(tale.__doc__ or "", tale()) for tale in TALES]


def neighbours(event: type[Event], told: Iterable[Chronicle]) -> Neighbours:
    """What stands before and after an event, over all applications."""
    moments = [moment for chronicle in told for moment in chronicle.moments]
    own = [moment for moment in moments if moment.type == event.type]
    before = {moment.cause.envelope.type for moment in own if moment.cause}
    after = {moment.type for moment in moments if moment.cause and moment.cause.envelope.type == event.type}
    return Neighbours(sorted(before), sorted(after), any(moment.cause is None for moment in own))
