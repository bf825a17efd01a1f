"""All rules by which people are told: read from `reference/rules.yaml` and checked when the service starts.

Invariant: on any day each topic has at most one rule, and a rule once used stays in the file: messages name it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motcua_chassis.reference_data import ReferenceDataError, clash, indexed, read_entries, read_lists
from motcua_contracts import Event, Medium, Topic
from motcua_notification.notice_rule import Rule

PACKAGED = files("motcua_notification") / "reference" / "rules.yaml"


class Rules:
    """The rules in force and past. Immutable."""

    def __init__(self, rules: Iterable[Rule], file: str = "rules.yaml") -> None:
        self._by_id = indexed(rules, f"{file}: rule")
        self.all = tuple(self._by_id.values())
        self._by_event: dict[type[Event], list[Rule]] = defaultdict(list)
        self._about: dict[Topic, list[Rule]] = defaultdict(list)
        for rule in self.all:
            self._by_event[rule.event].append(rule)
            self._about[rule.topic].append(rule)
        for topic, rules_about in self._about.items():
            if (found := clash(rules_about)) is not None:
                one, other, day = found
                raise ReferenceDataError(f"{file}: rules {one.id} and {other.id} both stand on {day} for {topic}")

    @property
    def events(self) -> list[type[Event]]:
        """What has to be read for these rules."""
        return list(self._by_event)

    def asked_by(self, event: Event, day: date) -> list[Rule]:
        """The rules by which this event tells somebody something on this day."""
        return [rule for rule in self._by_event.get(type(event), ()) if rule.stands_on(day) and rule.concerns(event)]

    def about(self, topic: Topic, day: date) -> Rule | None:
        """The rule in force for a topic."""
        return next((rule for rule in self._about.get(topic, ()) if rule.stands_on(day)), None)

    def named(self, id_: str | None) -> Rule | None:
        """The rule a message names; None for one from before rules were data."""
        return self._by_id.get(id_) if id_ else None

    def mediums_of(self, id_: str | None) -> tuple[Medium, ...]:
        """The mediums that rule allows."""
        rule = self.named(id_)
        return rule.mediums if rule else (Medium.EMAIL,)

    def require_templates(self, templates: Collection[str]) -> None:
        """Raises `ReferenceDataError` where a rule names a template that nobody wrote."""
        for rule in self.all:
            if rule.template not in templates:
                raise ReferenceDataError(f"rule {rule.id}: there is no template {rule.template}")


def read_rules(path: Traversable | Path = PACKAGED) -> Rules:
    """The rules of a file. Raises `ReferenceDataError`."""
    return Rules(read_entries(Rule, read_lists(path, "rules")["rules"], f"{path.name}: rule"), path.name)


RULES = read_rules()
"""The rules of this installation."""
