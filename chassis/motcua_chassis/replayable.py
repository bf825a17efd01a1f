"""What a service lends to tools that fold or ask again its recorded events: its pure functions, nothing that runs.

A service registers its `Replayable` under its name in the entry-point group `motcua.replayable`; only there is the
chassis told of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from motcua_chassis.batch import Projector, project_nothing
from motcua_chassis.codec import Reader
from motcua_chassis.message import Decider
from motcua_chassis.rehearsal import Recall
from motcua_chassis.settings import Duration
from motcua_contracts import CATALOGUE, Event, Stream

GROUP = "motcua.replayable"

S = TypeVar("S")
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


class NotGivenError(ValueError):
    """What was given for a decider cannot be used; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Given:
    """Rules and settings put in the place of the packaged ones, by name: `fees=PATH`, `payment-window=PT90S`."""

    values: Mapping[str, str] = field(default_factory=dict)

    def file(self, name: str) -> Path | None:
        """The file given under this name; None where the packaged one stays. Raises `NotGivenError`."""
        if (value := self.values.get(name)) is None:
            return None
        if not (path := Path(value)).is_file():
            raise NotGivenError(f"{name}: there is no file {value}")
        return path

    def duration(self, name: str) -> timedelta | None:
        """The duration given under this name. Raises `NotGivenError`."""
        if (value := self.values.get(name)) is None:
            return None
        try:
            return _DURATION.validate_python(value)
        except ValidationError as fault:
            raise NotGivenError(f"{name}: {value}: {fault.errors()[0]['msg']}") from None


@dataclass(frozen=True)
class Replayable(Generic[S]):
    """One service as its recorded events see it."""

    stream: Stream
    reads: Sequence[type[Event]]
    decider: Callable[[Given], Decider[S]]
    """Raises `NotGivenError`, or `ReferenceDataError` where a file that was given is wrong."""
    recall: Recall
    project: Projector = project_nothing
    takes: Mapping[str, str] = field(default_factory=dict)
    """What `decider` can be given, and what that is."""

    def own_events(self) -> Reader:
        """Reads what this service published, whenever it did."""
        return own_events(self.stream)

    def given(self, values: Mapping[str, str]) -> Given:
        """Raises `NotGivenError` for a name that this service does not take."""
        for name in values:
            if name not in self.takes:
                known = "; ".join(f"{each}: {what}" for each, what in self.takes.items()) or "nothing"
                raise NotGivenError(f"{self.stream.value} takes no {name}; it takes {known}")
        return Given(values)


def own_events(stream: Stream) -> Reader:
    """A reader of a service's own topic: every event comes out in its newest version, the one the service publishes."""
    return Reader(event for event in CATALOGUE.values() if event.stream is stream and event.successor is None)


def find(service: str) -> Replayable[Any]:
    """The installed service of this name. Raises `LookupError` with the names that are there."""
    installed = {each.name: each for each in entry_points(group=GROUP)}
    if service not in installed:
        raise LookupError(f"no service {service} is installed here; there are {', '.join(sorted(installed)) or 'none'}")
    found: Replayable[Any] = installed[service].load()
    return found
