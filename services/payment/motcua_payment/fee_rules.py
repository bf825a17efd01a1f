"""Fee rules as data: what a rule may say, and reading them; a file that loads contains no contradiction in itself."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from motcua_chassis.legal_acts import Act, Citation, check_citations
from motcua_chassis.reference_data import Dated, Entry, Name, ReferenceDataError, indexed, read_entries, read_lists
from motcua_contracts import Beneficiary, Channel, Closing, FeeBasis, FeeCondition, FeeKind, WaiverReason
from motcua_contracts.vocabulary import ProcedureCode, RuleId
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


class FeeRule(Dated):
    """What is owed, or that nothing is, in the cases of its scope. A part of the scope left out means any."""

    id: RuleId
    name: Name
    kind: FeeKind
    procedure: ProcedureCode
    provinces: Annotated[frozenset[Province], Field(min_length=1)] | None = None
    channels: Annotated[frozenset[Channel], Field(min_length=1)] | None = None
    beneficiaries: Annotated[frozenset[Beneficiary], Field(min_length=1)] | None = None
    conditions: frozenset[FeeCondition] = frozenset()
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
            self.stands_on(basis.submitted_on)
            and (self.provinces is None or province in self.provinces)
            and (self.channels is None or channel in self.channels)
            and (self.beneficiaries is None or basis.beneficiary in self.beneficiaries)
            and (not self.conditions or self.conditions.issubset(basis.conditions))
        )

    def returned(self, closing: Closing) -> Returned:
        """What becomes of money paid under this rule when the application ends like that."""
        if self.refund is None:
            raise ReferenceDataError(f"rule {self.id} asks for no money, so none can go back")
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
            self.meets(other) is not None
            and _meet(self.provinces, other.provinces)
            and _meet(self.channels, other.channels)
            and _meet(self.beneficiaries, other.beneficiaries)
        )


def _meet(one: frozenset[Any] | None, other: frozenset[Any] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)


def read_rules(path: Traversable | Path = PACKAGED) -> tuple[dict[str, Act], list[FeeRule]]:
    """The acts by number and the rules of a file. Raises `ReferenceDataError`."""
    content = read_lists(path, "acts", "rules")
    acts = indexed(read_entries(Act, content["acts"], f"{path.name}: act", "number"), f"{path.name}: act", "number")
    rules = read_entries(FeeRule, content["rules"], f"{path.name}: rule")
    for rule in rules:
        check_citations(rule.citations(), acts, f"{path.name}: rule {rule.id}")
    return acts, rules
