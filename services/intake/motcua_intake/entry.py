"""What every reference file is made of: entries that refuse what they do not know, and how a file is read."""

from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motcua_contracts.vocabulary import LegalAct

PACKAGED = files("motcua_intake") / "reference"

Text = Annotated[str, Field(min_length=1)]


class ReferenceDataError(ValueError):
    """The reference data is wrong; the text names the file, the entry and the fault."""


class Entry(BaseModel):
    """A part of a file. Unknown keys are refused: a misspelt limit must not become no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")


E = TypeVar("E", bound=Entry)


class Name(Entry):
    """How people read it."""

    vi: Text
    en: Text


class Citation(Entry):
    """The act a limit, a rule or a paper comes from."""

    act: LegalAct
    title: Name
    article: Text


class Standing(Entry):
    """What stands between two days, the last included."""

    effective_from: date
    effective_to: date | None = None

    def stands_on(self, day: date) -> bool:
        """Whether it is in force."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


def read_yaml(path: Traversable | Path) -> Any:
    """The content of a file. Raises `ReferenceDataError`."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise ReferenceDataError(f"{path.name}: not readable as YAML: {fault}") from fault


def read_entries(model: type[E], content: Any, key: str, file: str) -> list[E]:
    """Each item of a list as an entry. Raises `ReferenceDataError` naming the item by `key` or by its place."""
    if not isinstance(content, list):
        raise ReferenceDataError(f"{file}: must be a list")
    labels = [raw.get(key, f"number {at + 1}") if isinstance(raw, dict) else at + 1 for at, raw in enumerate(content)]
    return [read_entry(model, raw, f"{file}: {label}") for raw, label in zip(content, labels, strict=True)]


def read_entry(model: type[E], raw: Any, where: str) -> E:
    """One entry. Raises `ReferenceDataError` with every fault in one line."""
    try:
        return model.model_validate(raw)
    except ValidationError as fault:
        faults = (f"{'.'.join(map(str, error['loc']))}: {error['msg']}".lstrip(": ") for error in fault.errors())
        raise ReferenceDataError(f"{where}: {'; '.join(faults)}") from fault
