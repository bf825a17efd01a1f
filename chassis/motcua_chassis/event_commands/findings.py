"""What a rehearsal found, counted whole and kept in part: memory does not grow with the number of differences."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from motcua_chassis.differences import Difference, Kind
from motcua_chassis.rehearsal import Tally

_MOST_KEPT = 5_000


class Found(NamedTuple):
    """A difference and the dossier code people know its application by."""

    difference: Difference
    dossier: str | None

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        told = self.difference
        return {
            "application": str(told.application), "dossier": self.dossier, "kind": told.kind.value, "event": told.event,
            "occurrence": told.occurrence, "cause": str(told.cause), "field": told.field, "recorded": told.recorded,
            "rehearsed": told.rehearsed,
        }  # fmt: skip


class Unread(NamedTuple):
    """A record that could not be used, and where it lies."""

    place: str
    reason: str


@dataclass
class Findings:
    """The sum of a rehearsal."""

    service: str
    tally: Tally = field(default_factory=Tally)
    kinds: Counter[Kind] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often an event differs in a field; '' where it differs as a whole."""
    applications: int = 0
    """With a difference."""
    kept: list[Found] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    own_unread: int = 0
    first_unread: list[Unread] = field(default_factory=list)

    def add(self, differences: Iterable[Difference], dossier: str | None) -> list[Found]:
        """Take in those of one application; gives them back with its dossier code."""
        found = [Found(each, dossier) for each in differences]
        self.kinds.update(each.difference.kind for each in found)
        told = [each.difference for each in found if each.difference.kind is not Kind.NOT_REHEARSED]
        self.places.update((each.event, each.field or "") for each in told)
        self.applications += bool(told)
        self.kept += found[: max(0, _MOST_KEPT - len(self.kept))]
        return found

    def pass_over(self, place: str, reason: str, *, own: bool) -> None:
        """Note a record that could not be used; where it is the service's own, nobody can say "the same"."""
        self.unread[reason] += 1
        self.own_unread += own
        if len(self.first_unread) < 20:
            self.first_unread.append(Unread(place, reason))

    @property
    def differs(self) -> bool:
        """Whether anything that could be asked again would come out otherwise."""
        return any(kind is not Kind.NOT_REHEARSED for kind in self.kinds)

    @property
    def total(self) -> int:
        """All differences, and what could not be rehearsed."""
        return self.kinds.total()

    def summary(self) -> dict[str, Any]:
        """As JSON has it."""
        tally, same = self.tally, not self.differs and not self.own_unread
        return {
            "service": self.service, "same": same, "applications": tally.applications,
            "differing_applications": self.applications, "decisions": tally.decisions, "events": tally.events,
            "silent": tally.silent, "not_rehearsed": tally.not_rehearsed, "unheard": tally.unheard,
            "unreadable": dict(self.unread), "own_unreadable": self.own_unread,
            "differences": {kind.value: self.kinds[kind] for kind in self.kinds},
        }  # fmt: skip
