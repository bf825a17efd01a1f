"""Which reviews need two officers, as data with dates and citations; a file that loads does not contradict itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from motcua_contracts.vocabulary import LegalAct, ProcedureCode, RuleId

PACKAGED = files("motcua_identity") / "reference" / "reviews.yaml"

Text = Annotated[str, Field(min_length=1)]


class ReviewDataError(ValueError):
    """The reference data is wrong; the text names the file, the entry and the fault."""


class Entry(BaseModel):
    """A part of the file. Unknown keys are refused: a misspelt date must not become no date."""

    model_config = ConfigDict(frozen=True, extra="forbid")


E = TypeVar("E", bound=Entry)


class Name(Entry):
    """How people read it."""

    vi: Text
    en: Text


class Act(Entry):
    """A legal act."""

    number: LegalAct
    title: Name
    verified: bool


class Citation(Entry):
    """Where in which act a rule stands."""

    act: LegalAct
    article: Text


class FourEyes(Entry):
    """The demand that two officers agree before a doubtful identity of this procedure is settled."""

    id: RuleId
    name: Name
    procedure: ProcedureCode
    effective_from: date
    effective_to: date | None = Field(default=None, description="Last day on which the rule holds.")
    citation: Citation
    verified: bool

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError(f"effective_to {self.effective_to} is before effective_from {self.effective_from}")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether it is in force."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class ReviewRules:
    """The rules in force and past, by procedure. Immutable."""

    def __init__(self, rules: Iterable[FourEyes] = (), file: str = "reviews.yaml") -> None:
        self.by_id: dict[str, FourEyes] = {}
        self._by_procedure: dict[str, list[FourEyes]] = defaultdict(list)
        for rule in rules:
            if rule.id in self.by_id:
                raise ReviewDataError(f"{file}: rule {rule.id} is there twice")
            self.by_id[rule.id] = rule
            self._by_procedure[rule.procedure].append(rule)
        for one, other in (pair for each in self._by_procedure.values() for pair in combinations(each, 2)):
            common = max(one.effective_from, other.effective_from)
            if one.holds_on(common) and other.holds_on(common):
                raise ReviewDataError(f"{file}: rules {one.id} and {other.id} both hold on {common}")

    def four_eyes(self, procedure: str, filed_on: date) -> FourEyes | None:
        """The rule that demands a second officer for what was filed on this day (Asia/Ho_Chi_Minh), if one does."""
        for code in _lineage(procedure):
            for rule in self._by_procedure.get(code, ()):
                if rule.holds_on(filed_on):
                    return rule
        return None


def load_rules(path: Traversable | Path = PACKAGED) -> ReviewRules:
    """The rules of a file, by default the one in this package. Raises `ReviewDataError`."""
    content = _read(path)
    acts = [_entry(Act, raw, f"{path.name}: act {_label(raw, 'number', at)}") for at, raw in enumerate(content["acts"])]
    rules = [
        _entry(FourEyes, raw, f"{path.name}: rule {_label(raw, 'id', at)}") for at, raw in enumerate(content["rules"])
    ]
    by_number = {act.number: act for act in acts}
    for rule in rules:
        _check_citation(rule, by_number.get(rule.citation.act), path.name)
    return ReviewRules(rules, path.name)


def _lineage(procedure: str) -> Iterator[str]:
    """`1.000894.01` -> `1.000894.01`, `1.000894`: a variant follows the rules of its procedure."""
    parts = procedure.split(".")
    for length in range(len(parts), 1, -1):
        yield ".".join(parts[:length])


def _read(path: Traversable | Path) -> dict[str, list[Any]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise ReviewDataError(f"{path.name}: not readable as YAML: {fault}") from fault
    if not isinstance(content, dict) or set(content) != {"acts", "rules"}:
        raise ReviewDataError(f"{path.name}: the top level must hold exactly the lists `acts` and `rules`")
    if not all(isinstance(part, list) for part in content.values()):
        raise ReviewDataError(f"{path.name}: `acts` and `rules` must be lists")
    return content


def _label(raw: Any, key: str, at: int) -> str:
    return str(raw[key]) if isinstance(raw, dict) and key in raw else f"number {at + 1}"


def _entry(model: type[E], raw: Any, where: str) -> E:
    try:
        return model.model_validate(raw)
    except ValidationError as fault:
        told = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" if error["loc"] else error["msg"]
            for error in fault.errors()
        )
        raise ReviewDataError(f"{where}: {told}") from fault


def _check_citation(rule: FourEyes, act: Act | None, file: str) -> None:
    if act is None:
        raise ReviewDataError(f"{file}: rule {rule.id}: cites {rule.citation.act}, which is not among the acts")
    if rule.verified and not act.verified:
        raise ReviewDataError(f"{file}: rule {rule.id}: verified, but the act it cites, {act.number}, is not")
