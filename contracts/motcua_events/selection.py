"""Which events somebody wants to see."""

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from uuid import UUID

from motcua_contracts import Envelope, Stream


@dataclass(frozen=True)
class Selection:
    """Everything that is given must fit. Times are those of the events.

    A type is the whole CloudEvents type or a part of it, with `*`: `payment.settled`, `settled`, `payment.*`.
    """

    types: tuple[str, ...] = ()
    services: tuple[Stream, ...] = ()
    application: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    def takes(self, envelope: Envelope) -> bool:
        """Whether this event is wanted."""
        return (
            (self.application is None or envelope.subject == self.application)
            and (self.since is None or envelope.time >= self.since)
            and (self.until is None or envelope.time <= self.until)
            and (not self.services or any(envelope.source == each.source for each in self.services))
            and (not self.types or self._is_of_type(envelope.type))
        )

    @property
    def takes_all(self) -> bool:
        return not (self.types or self.services or self.application or self.since or self.until)

    def _is_of_type(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = any(fnmatchcase(form, each) for form in _forms(name) for each in self.types)
        return self._known[name]


def _forms(name: str) -> tuple[str, ...]:
    """`vn.motcua.payment.settled.v1`, `payment.settled.v1`, `payment.settled`, `settled`."""
    short = name.removeprefix("vn.motcua.")
    stem = short.rpartition(".v")[0] or short
    return name, short, stem, stem.rpartition(".")[2]
