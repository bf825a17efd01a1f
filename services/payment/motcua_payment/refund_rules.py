"""What becomes of a fee when its application ends before the result: part of the fee rule, with its own citation.

The terms hold exactly as long as their rule: money goes back by the rule by which it was asked for.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator

from motcua_chassis.legal_acts import Citation
from motcua_chassis.reference_data import Entry
from motcua_contracts import Closing


class Share(StrEnum):
    """How much goes back."""

    FULL = "full"
    NONE = "none"


class Term(Entry):
    """What happens in one case; without a citation, that of the terms holds."""

    share: Share
    citation: Citation | None = None


def _short_form(said: Any) -> Any:
    return {"share": said} if isinstance(said, str) else said


EitherForm = Annotated[Term, BeforeValidator(_short_form)]
"""`full`, or `{share: full, citation: ...}`."""


class RefundTerms(Entry):
    """For each way an application can end: `full` or `none`, or a mapping that adds where it is written.

    Without a citation of its own, the terms stand where their fee rule stands.
    """

    withdrawn: EitherForm
    declined: EitherForm
    refused: EitherForm
    stopped: EitherForm
    citation: Citation | None = None
    verified: bool

    def of(self, closing: Closing) -> Term:
        """The term for this end."""
        term: Term = getattr(self, closing.value)
        return term

    def citations(self) -> Iterator[Citation]:
        """Everything these terms cite themselves."""
        own = [self.citation, *(self.of(closing).citation for closing in Closing)]
        yield from (citation for citation in own if citation is not None)


class Returned(NamedTuple):
    """What becomes of one fee line: whether it goes back, by which rule and act."""

    back: bool
    rule: str
    act: str
