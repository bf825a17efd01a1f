"""Fee rules as data: what a rule may say, and reading them; a file that loads contains no contradiction in itself."""

from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from motcua_contracts import Beneficiary, Channel, FeeBasis, FeeCondition, FeeKind, WaiverReason
from motcua_contracts.vocabulary import LegalAct, ProcedureCode, RuleId

PACKAGED = files("motcua_payment") / "reference" / "fees.yaml"

Amount = Annotated[int, Field(gt=0, le=10_000_000)]
"""In đồng; times the most copies a case can have it still fits an event's `Vnd`."""
Text = Annotated[str, Field(min_length=1)]
Province = Annotated[str, Field(pattern=r"^[GH][0-9]{2}$")]


class FeeDataError(ValueError):
    """The reference data is wrong; the text names the file, the entry and the fault."""


class Entry(BaseModel):
    """A part of the file. Unknown keys are refused: a misspelt limit must not become no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")


E = TypeVar("E", bound=Entry)


class Name(Entry):
    """How people read it."""

    vi: Text
    en: Text


class Act(Entry):
    """A legal act; `verified`: known from elsewhere too; it does not mean compared with the gazette."""

    number: LegalAct
    title: Name
    verified: bool


class Citation(Entry):
    """Where in which act a rule stands."""

    act: LegalAct
    article: Text


class PageTier(Entry):
    """So much a page, less from a certain page on, never more than the cap; for each copy."""

    first_pages: Annotated[int, Field(ge=1)]
    price: Amount
    then_price: Amount
    cap: Amount

    def price_of(self, pages: int, copies: int) -> int:
        """What `copies` copies of a document of `pages` pages cost, in đồng."""
        first = min(pages, self.first_pages)
        return min(first * self.price + (pages - first) * self.then_price, self.cap) * copies


class FeeRule(Entry):
    """What is owed, or that nothing is, in the cases of its scope. A part of the scope left out means any."""

    id: RuleId
    name: Name
    kind: FeeKind
    procedure: ProcedureCode
    provinces: Annotated[frozenset[Province], Field(min_length=1)] | None = None
    channels: Annotated[frozenset[Channel], Field(min_length=1)] | None = None
    beneficiaries: Annotated[frozenset[Beneficiary], Field(min_length=1)] | None = None
    conditions: frozenset[FeeCondition] = frozenset()
    effective_from: date
    effective_to: date | None = Field(default=None, description="Last day on which the rule holds.")
    amount: Amount | None = None
    pages: PageTier | None = None
    waived: WaiverReason | None = None
    citation: Citation
    verified: bool

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(says is not None for says in (self.amount, self.pages, self.waived)) != 1:
            raise ValueError("give exactly one of amount, pages, waived")
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError(f"effective_to {self.effective_to} is before effective_from {self.effective_from}")
        return self

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """How specific the rule is; of the rules that hold, the greatest rank wins.

        Compared in this order: a rule for a group of people beats one for everyone (an exemption survives a local
        tariff), then a fact of the case, the local variant of the procedure, the province, the channel.
        """
        return (
            int(self.beneficiaries is not None),
            len(self.conditions),
            self.procedure.count("."),
            int(self.provinces is not None),
            int(self.channels is not None),
        )

    def holds(self, province: str, channel: Channel, basis: FeeBasis) -> bool:
        """Whether this case is in the rule's scope on the day of submission."""
        return (
            self.effective_from <= basis.submitted_on
            and (self.effective_to is None or basis.submitted_on <= self.effective_to)
            and (self.provinces is None or province in self.provinces)
            and (self.channels is None or channel in self.channels)
            and (self.beneficiaries is None or basis.beneficiary in self.beneficiaries)
            and (not self.conditions or self.conditions.issubset(basis.conditions))
        )

    def overlaps(self, other: "FeeRule") -> bool:
        """Whether a case exists in which both hold. Conditions never part two rules: a case may meet both."""
        return (
            self.effective_from <= (other.effective_to or date.max)
            and other.effective_from <= (self.effective_to or date.max)
            and _meet(self.provinces, other.provinces)
            and _meet(self.channels, other.channels)
            and _meet(self.beneficiaries, other.beneficiaries)
        )


def _meet(one: frozenset[Any] | None, other: frozenset[Any] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)


def read_rules(path: Traversable | Path = PACKAGED) -> tuple[dict[str, Act], list[FeeRule]]:
    """The acts by number and the rules of a file. Raises `FeeDataError`."""
    content = _read(path)
    acts = [_entry(Act, raw, f"{path.name}: act {_label(raw, 'number', at)}") for at, raw in enumerate(content["acts"])]
    rules = [
        _entry(FeeRule, raw, f"{path.name}: rule {_label(raw, 'id', at)}") for at, raw in enumerate(content["rules"])
    ]
    by_number = {act.number: act for act in acts}
    for rule in rules:
        _check_citation(rule, by_number.get(rule.citation.act), path.name)
    return by_number, rules


def _read(path: Traversable | Path) -> dict[str, list[Any]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise FeeDataError(f"{path.name}: not readable as YAML: {fault}") from fault
    expected = {"acts", "rules"}
    if not isinstance(content, dict) or set(content) != expected:
        raise FeeDataError(f"{path.name}: the top level must hold exactly the lists `acts` and `rules`")
    if not all(isinstance(part, list) for part in content.values()):
        raise FeeDataError(f"{path.name}: `acts` and `rules` must be lists")
    return content


def _label(raw: Any, key: str, at: int) -> str:
    return str(raw[key]) if isinstance(raw, dict) and key in raw else f"number {at + 1}"


def _entry(model: type[E], raw: Any, where: str) -> E:
    try:
        return model.model_validate(raw)
    except ValidationError as fault:
        raise FeeDataError(f"{where}: {_describe(fault)}") from fault


def _describe(fault: ValidationError) -> str:
    """Every fault of an entry in one line, each with the path of its field."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}" if error["loc"] else error["msg"]
        for error in fault.errors()
    )


def _check_citation(rule: FeeRule, act: Act | None, file: str) -> None:
    if act is None:
        raise FeeDataError(f"{file}: rule {rule.id}: cites {rule.citation.act}, which is not among the acts")
    if rule.verified and not act.verified:
        raise FeeDataError(f"{file}: rule {rule.id}: verified, but the act it cites, {act.number}, is not")
