"""How often a supplement may be asked for and by how much an appointment may be moved: rules as data, chosen by day.

A rule that names procedures wins over one that holds for all; on every day exactly one of a kind applies.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import Field

from motcua_chassis.reference_data import Dated, Entry, ReferenceDataError, read_entry, read_yaml
from motcua_contracts.vocabulary import ProcedureCode, RuleId
from motcua_intake.sources import PACKAGED, Citation


class TimeRule(Dated):
    """A rule for the procedures it names, or for all where it names none."""

    id: RuleId
    procedures: tuple[ProcedureCode, ...] = ()
    citation: Citation
    verified: bool

    def concerns(self, code: str) -> bool:
        """Whether it is about this procedure at all."""
        return not self.procedures or code in self.procedures


class SupplementRule(TimeRule):
    """Requests per application at most, and how many working days the citizen has for each answer."""

    at_most: Annotated[int, Field(ge=0, le=9)]
    respond_working_days: Annotated[int, Field(ge=1, le=365)]


class ExtensionRule(TimeRule):
    """Working days by which the one later appointment may move; 0 where there may be none."""

    at_most_days: Annotated[int, Field(ge=0, le=365)]


class RuleFile(Entry):
    """The file."""

    supplements: tuple[SupplementRule, ...]
    extensions: tuple[ExtensionRule, ...]


class Span(NamedTuple):
    """Days on which the same rules apply, the last included; None where no end is known."""

    effective_from: date
    effective_to: date | None
    supplements: SupplementRule
    extension: ExtensionRule


R = TypeVar("R", bound=TimeRule)


class TimeRules:
    """The rules by procedure and day. Immutable."""

    def __init__(self, data: RuleFile, file: str = "time_rules.yaml") -> None:
        self._supplements, self._extensions, self._file = data.supplements, data.extensions, file

    def spans(self, code: str, effective_from: date, effective_to: date | None) -> Iterator[Span]:
        """The rules of a procedure between two days. Raises `ReferenceDataError` where a day has none or two."""
        rules = [rule for rule in (*self._supplements, *self._extensions) if rule.concerns(code)]
        starts = [effective_from, *_changes(rules, effective_from, effective_to)]
        ends = [*(start - timedelta(days=1) for start in starts[1:]), effective_to]
        for start, end in zip(starts, ends, strict=True):
            yield Span(
                start, end, self._only(self._supplements, code, start), self._only(self._extensions, code, start)
            )

    def _only(self, rules: Sequence[R], code: str, day: date) -> R:
        standing = [rule for rule in rules if rule.concerns(code) and rule.stands_on(day)]
        best = [rule for rule in standing if rule.procedures] or standing
        if len(best) != 1:
            found = ", ".join(rule.id for rule in best) or "none"
            raise ReferenceDataError(f"{self._file}: {code}: one rule must apply on {day}, found {found}")
        return best[0]


def load_time_rules(path: Traversable | Path = PACKAGED / "time_rules.yaml") -> TimeRules:
    """Raises `ReferenceDataError`."""
    return TimeRules(read_entry(RuleFile, read_yaml(path), path.name), path.name)


def _changes(rules: Iterable[TimeRule], after: date, until: date | None) -> list[date]:
    """The days after the first on which the rules are others than the day before."""
    days = {rule.effective_from for rule in rules}
    days |= {rule.effective_to + timedelta(days=1) for rule in rules if rule.effective_to is not None}
    return sorted(day for day in days if after < day and (until is None or day <= until))
