"""What a dossier owes: a pure function over the fee rules. Of the rules that hold, the most specific one wins.

"Most specific" is `FeeRule.rank`, worked out anew for the fee and for the charge of a procedure, which are owed side
by side. Two rules of equal rank that could hold for one case are refused when the rules are loaded, so that every
answer has one rule behind it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path

from motcua_chassis.legal_acts import Act
from motcua_chassis.reference_data import ReferenceDataError, indexed, lineage
from motcua_contracts import Closing, Dossier, FeeBasis, FeeKind, FeeLine, WaiverReason
from motcua_payment.fee_rules import PACKAGED, FeeRule, read_rules
from motcua_payment.refund_rules import Returned


class NoFeeRule(LookupError):  # noqa: N818  # reads as the fact it states
    """No rule says what this case costs, not even that it is free."""

    def __init__(self, procedure: str, agency: str, on: date) -> None:
        super().__init__(
            f"no fee rule for procedure {procedure} at agency {agency} on {on}: add one to reference/fees.yaml"
        )
        self.procedure = procedure
        self.agency = agency
        self.on = on


class NoRefundRule(LookupError):  # noqa: N818  # reads as the fact it states
    """The rule by which money was asked for is no longer on record, so nothing says what becomes of it."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"fee rule {rule} is gone from reference/fees.yaml: put it back, with its last day")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Owed:
    """At most one fee and one charge, each more than zero."""

    lines: tuple[FeeLine, ...]

    @property
    def total(self) -> int:
        """In đồng."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Waived:
    """Nothing is owed, by this rule and act."""

    reason: WaiverReason
    rule: str
    act: str


Assessment = Owed | Waived


class FeeSchedule:
    """The fee rules in force and past, indexed by procedure. Immutable."""

    def __init__(self, acts: Mapping[str, Act], rules: Iterable[FeeRule], file: str = "fees.yaml") -> None:
        self.acts = dict(acts)
        self.rules = indexed(rules, f"{file}: rule")
        self._tariffs = {
            code: _tariff(code, self.rules.values()) for code in {r.procedure for r in self.rules.values()}
        }
        _refuse_ties(self.rules.values(), file)

    def assess(self, dossier: Dossier, basis: FeeBasis) -> Assessment:
        """What is owed for this dossier as submitted. Raises `NoFeeRule` where the data is silent.

        Where a fee and a charge are both waived, the rule that waives the fee is the one named.
        """
        province = dossier.agency.partition(".")[0]
        winners = [
            winner
            for rules in self._tariff_of(dossier.procedure)
            if (winner := next((r for r in rules if r.holds(province, dossier.channel, basis)), None))
        ]
        if not winners:
            raise NoFeeRule(dossier.procedure, dossier.agency, basis.submitted_on)
        if lines := tuple(line for rule in winners if (line := _line(rule, basis))):
            return Owed(lines)
        first = winners[0]
        return Waived(first.waived or WaiverReason.FREE_OF_CHARGE, first.id, first.citation.act)

    def returned(self, line: FeeLine, closing: Closing) -> Returned:
        """What becomes of a paid line when its application ends like that. Raises `NoRefundRule`.

        The rule that asked for the money decides, whether or not it still holds for new applications.
        """
        rule = self.rules.get(line.rule)
        if rule is None or rule.refund is None:
            raise NoRefundRule(line.rule)
        return rule.returned(closing)

    def _tariff_of(self, procedure: str) -> tuple[tuple[FeeRule, ...], ...]:
        for code in lineage(procedure):
            if (tariff := self._tariffs.get(code)) is not None:
                return tariff
        return ()


def load_fees(path: Traversable | Path = PACKAGED) -> FeeSchedule:
    """The schedule of a file, by default the one in this package. Raises `ReferenceDataError`."""
    acts, rules = read_rules(path)
    return FeeSchedule(acts, rules, path.name)


def _tariff(procedure: str, rules: Iterable[FeeRule]) -> tuple[tuple[FeeRule, ...], ...]:
    """The rules of a procedure and of what it is a variant of: fees, then charges; the most specific first."""
    codes = set(lineage(procedure))
    mine = sorted((r for r in rules if r.procedure in codes), key=lambda r: (r.rank, r.id), reverse=True)
    return tuple(tuple(r for r in mine if r.kind is kind) for kind in FeeKind)


def _refuse_ties(rules: Iterable[FeeRule], file: str) -> None:
    peers: dict[object, list[FeeRule]] = defaultdict(list)
    for rule in rules:
        peers[rule.procedure, rule.kind, rule.rank].append(rule)
    for group in peers.values():
        for one, other in combinations(group, 2):
            if one.overlaps(other):
                raise ReferenceDataError(
                    f"{file}: rules {one.id} and {other.id} overlap and are equally specific: "
                    "part them by date or scope, or add a more specific rule"
                )


def _line(rule: FeeRule, basis: FeeBasis) -> FeeLine | None:
    amount = rule.pages.price_of(basis.pages, basis.copies) if rule.pages else rule.amount
    return FeeLine(kind=rule.kind, amount=amount, rule=rule.id, act=rule.citation.act) if amount else None
