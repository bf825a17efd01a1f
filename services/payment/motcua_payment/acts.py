"""Legal acts and where rules stand in them; what every part of the reference data is made of."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motcua_contracts.vocabulary import LegalAct

Text = Annotated[str, Field(min_length=1)]


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


def read_entry(model: type[E], raw: Any, where: str) -> E:
    """One entry of a file. Raises `FeeDataError` with all its faults in one line, each with the path of its field."""
    try:
        return model.model_validate(raw)
    except ValidationError as fault:
        raise FeeDataError(f"{where}: {_describe(fault)}") from fault


def _describe(fault: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}" if error["loc"] else error["msg"]
        for error in fault.errors()
    )
