"""Which reviews need two officers, as data with dates and citations; a file that loads does not contradict itself."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motcua_chassis.legal_acts import Act, Citation, check_citations
from motcua_chassis.reference_data import (
    Dated,
    Name,
    ReferenceDataError,
    clash,
    indexed,
    lineage,
    read_entries,
    read_lists,
)
from motcua_contracts.vocabulary import ProcedureCode, RuleId

PACKAGED = files("motcua_identity") / "reference" / "reviews.yaml"


class FourEyes(Dated):
    """The demand that two officers agree before a doubtful identity of this procedure is settled."""

    id: RuleId
    name: Name
    procedure: ProcedureCode
    citation: Citation
    verified: bool


class ReviewRules:
    """The rules in force and past, by procedure. Immutable."""

    def __init__(self, rules: Iterable[FourEyes] = (), file: str = "reviews.yaml") -> None:
        self.by_id = indexed(rules, f"{file}: rule")
        self._by_procedure: dict[str, list[FourEyes]] = defaultdict(list)
        for rule in self.by_id.values():
            self._by_procedure[rule.procedure].append(rule)
        for versions in self._by_procedure.values():
            if (found := clash(versions)) is not None:
                one, other, day = found
                raise ReferenceDataError(f"{file}: rules {one.id} and {other.id} both hold on {day}")

    def four_eyes(self, procedure: str, filed_on: date) -> FourEyes | None:
        """The rule that demands a second officer for what was filed on this day (Asia/Ho_Chi_Minh), if one does."""
        for code in lineage(procedure):
            for rule in self._by_procedure.get(code, ()):
                if rule.stands_on(filed_on):
                    return rule
        return None


def load_rules(path: Traversable | Path = PACKAGED) -> ReviewRules:
    """The rules of a file, by default the one in this package. Raises `ReferenceDataError`."""
    content = read_lists(path, "acts", "rules")
    acts = indexed(read_entries(Act, content["acts"], f"{path.name}: act", "number"), f"{path.name}: act", "number")
    rules = read_entries(FourEyes, content["rules"], f"{path.name}: rule")
    for rule in rules:
        check_citations([(rule.citation, rule.verified)], acts, f"{path.name}: rule {rule.id}")
    return ReviewRules(rules, path.name)
