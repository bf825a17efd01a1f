"""What officers send: each form is one step's."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from motcua_contracts import ExtensionGround, Handover, Outcome, RefusalGround, SupplementReason
from motcua_contracts.vocabulary import FormItem
from motcua_intake.fault_sentences import SENTENCES
from motcua_intake.notes import Text


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Acceptance(_Form):
    """Whether the longer time limit applies."""

    verification: Annotated[
        bool,
        Field(strict=True, description="Facts must be verified elsewhere: the procedure's verification days count"),
    ] = False


class Start(_Form):
    """Nothing to say."""


class DeclineForm(_Form):
    """Why the dossier is not taken in."""

    ground: RefusalGround
    words: Text | None = None


class ExtensionForm(_Form):
    """How many working days more, and why."""

    ground: ExtensionGround
    working_days: Annotated[int, Field(ge=1, le=365, strict=True, examples=[2])]
    words: Text | None = None


class DecisionForm(_Form):
    """The agency's decision; a refusal, and only a refusal, has a ground."""

    outcome: Outcome
    ground: RefusalGround | None = None
    words: Text | None = None

    @model_validator(mode="after")
    def _has_its_ground(self) -> Self:
        if self.outcome is Outcome.REFUSED and self.ground is None:
            raise _fault("ground-missing")
        if self.outcome is Outcome.GRANTED and self.ground is not None:
            raise _fault("ground-not-applicable")
        return self


class ReturnForm(_Form):
    """How the result was handed over."""

    handover: Handover


class MarkForm(_Form):
    """One place that is missing or wrong."""

    item: Annotated[FormItem, Field(examples=["document.marriage"])]
    reason: SupplementReason
    words: Text | None = None


class SupplementRequestForm(_Form):
    """Everything that is missing or wrong, at once."""

    items: Annotated[tuple[MarkForm, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _marks_each_place_once(self) -> Self:
        if len({mark.item for mark in self.items}) < len(self.items):
            raise _fault("item-twice")
        return self


def _fault(code: str) -> PydanticCustomError:
    vi, en = SENTENCES[code]
    return PydanticCustomError(code, en, {"vi": vi})
