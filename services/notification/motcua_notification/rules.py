"""All rules by which people are told: read from `reference/rules.yaml` and checked when the service starts.

Invariant: on any day each topic has at most one rule, and a rule once used stays in the file: messages name it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from motcua_contracts import Event, Medium, Topic
from motcua_notification.notice_rule import Rule

PACKAGED = files("motcua_notification") / "reference" / "rules.yaml"


class RuleDataError(ValueError):
    """The reference data is wrong; the text names the file, the rule and the fault."""


class Rules:
    """The rules in force and past. Immutable."""

    def __init__(self, rules: Iterable[Rule], file: str = "rules.yaml") -> None:
        self.all = tuple(rules)
        self._by_id = {rule.id: rule for rule in self.all}
        self._by_event: dict[type[Event], list[Rule]] = defaultdict(list)
        self._about: dict[Topic, list[Rule]] = defaultdict(list)
        for rule in self.all:
            self._by_event[rule.event].append(rule)
            self._about[rule.topic].append(rule)
        if len(self._by_id) < len(self.all):
            raise RuleDataError(f"{file}: two rules have the same id")
        for rules_about in self._about.values():
            for one, other in combinations(rules_about, 2):
                if one.overlaps(other):
                    raise RuleDataError(f"{file}: {one.id} and {other.id} are in force on one day for {one.topic}")

    @property
    def events(self) -> list[type[Event]]:
        """What has to be read for these rules."""
        return list(self._by_event)

    def asked_by(self, event: Event, day: date) -> list[Rule]:
        """The rules by which this event tells somebody something on this day."""
        return [rule for rule in self._by_event.get(type(event), ()) if rule.holds(day) and rule.concerns(event)]

    def about(self, topic: Topic, day: date) -> Rule | None:
        """The rule in force for a topic."""
        return next((rule for rule in self._about.get(topic, ()) if rule.holds(day)), None)

    def named(self, id_: str | None) -> Rule | None:
        """The rule a message names; None for one from before rules were data."""
        return self._by_id.get(id_) if id_ else None

    def mediums_of(self, id_: str | None) -> tuple[Medium, ...]:
        """The mediums that rule allows."""
        rule = self.named(id_)
        return rule.mediums if rule else (Medium.EMAIL,)

    def require_templates(self, templates: Collection[str]) -> None:
        """Raises `RuleDataError` where a rule names a template that nobody wrote."""
        for rule in self.all:
            if rule.template not in templates:
                raise RuleDataError(f"rule {rule.id}: there is no template {rule.template}")


def read_rules(path: Traversable | Path = PACKAGED) -> Rules:
    """The rules of a file. Raises `RuleDataError`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise RuleDataError(f"{path.name}: not readable as YAML: {fault}") from fault
    if not isinstance(content, dict) or set(content) != {"rules"} or not isinstance(content["rules"], list):
        raise RuleDataError(f"{path.name}: the top level must hold exactly the list `rules`")
    return Rules([_rule(raw, at, path.name) for at, raw in enumerate(content["rules"])], path.name)


def _rule(raw: Any, at: int, file: str) -> Rule:
    try:
        return Rule.model_validate(raw)
    except ValidationError as fault:
        label = raw["id"] if isinstance(raw, dict) and "id" in raw else f"number {at + 1}"
        raise RuleDataError(f"{file}: rule {label}: {_describe(fault)}") from fault


def _describe(fault: ValidationError) -> str:
    """Every fault of a rule in one line, each with the path of its field."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}" if error["loc"] else error["msg"]
        for error in fault.errors()
    )


RULES = read_rules()
"""The rules of this installation."""
