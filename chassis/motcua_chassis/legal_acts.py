"""Legal acts in reference data, and the citations that stand on them: nothing is verified that cites what is not."""

from collections.abc import Iterable, Mapping

from motcua_chassis.reference_data import Entry, Name, ReferenceDataError, Text
from motcua_contracts.vocabulary import LegalAct


class Act(Entry):
    """A legal act; `verified`: known from elsewhere too; it does not mean compared with the gazette."""

    number: LegalAct
    title: Name
    verified: bool


class Citation(Entry):
    """Where in which act a rule stands."""

    act: LegalAct
    article: Text


def check_citations(citations: Iterable[tuple[Citation, bool]], acts: Mapping[str, Act], where: str) -> None:
    """Each citation with whether what it supports counts as verified. Raises `ReferenceDataError`."""
    for citation, verified in citations:
        act = acts.get(citation.act)
        if act is None:
            raise ReferenceDataError(f"{where}: cites {citation.act}, which is not among the acts")
        if verified and not act.verified:
            raise ReferenceDataError(f"{where}: verified, but the act it cites, {act.number}, is not")
