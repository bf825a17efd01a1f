"""Fee rules as data: what a rule may say, and reading them; a file that loads contains no contradiction in itself."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, model_validator

from motcua_contracts import Beneficiary, Channel, Closing, FeeBasis, FeeCondition, FeeKind, WaiverReason
from motcua_contracts.vocabulary import ProcedureCode, RuleId
from motcua_payment.acts import Act, Citation, Entry, FeeDataError, Name, read_entry
from motcua_payment.refund_rules import RefundTerms, Returned, Share

PACKAGED = files("motcua_payment") / "reference" / "fees.yaml"

Amount = Annotated[int, Field(gt=0, le=10_000_000)]
"""In đồng; times the most copies a case can have it still fits an event's `Vnd`."""
Province = Annotated[str, Field(pattern=r"^[GH][0-9]{2}$")]


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
    refund: RefundTerms | None = Field(
        default=None, description="What becomes of the money; for every rule that asks any."
    )
    citation: Citation
    verified: bool

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(says is not None for says in (self.amount, self.pages, self.waived)) != 1:
            raise ValueError("give exactly one of amount, pages, waived")
        if self.waived is None and self.refund is None:
            raise ValueError(
                "say in `refund` what goes back when the application is withdrawn, declined, refused, stopped"
            )
        if self.waived is not None and self.refund is not None:
            raise ValueError("nothing is paid under a waiver: leave `refund` out")
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

    def returned(self, closing: Closing) -> Returned:
        """What becomes of money paid under this rule when the application ends like that."""
        if self.refund is None:
            raise FeeDataError(f"rule {self.id} asks for no money, so none can go back")
        term = self.refund.of(closing)
        citation = term.citation or self.refund.citation or self.citation
        return Returned(term.share is Share.FULL, self.id, citation.act)

    def citations(self) -> Iterator[tuple[Citation, bool]]:
        """Every citation, with whether what it supports counts as verified."""
        yield self.citation, self.verified
        if self.refund is not None:
            for citation in self.refund.citations():
                yield citation, self.refund.verified

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
    acts = [
        read_entry(Act, raw, f"{path.name}: act {_label(raw, 'number', at)}") for at, raw in enumerate(content["acts"])
    ]
    rules = [
        read_entry(FeeRule, raw, f"{path.name}: rule {_label(raw, 'id', at)}")
        for at, raw in enumerate(content["rules"])
    ]
    by_number = {act.number: act for act in acts}
    for rule in rules:
        _check_citations(rule, by_number, path.name)
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


def _check_citations(rule: FeeRule, acts: dict[str, Act], file: str) -> None:
    for citation, verified in rule.citations():
        act = acts.get(citation.act)
        if act is None:
            raise FeeDataError(f"{file}: rule {rule.id}: cites {citation.act}, which is not among the acts")
        if verified and not act.verified:
            raise FeeDataError(f"{file}: rule {rule.id}: verified, but the act it cites, {act.number}, is not")
