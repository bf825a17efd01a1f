"""Rules and catalogues as YAML files: read once, refused whole if anything in them is wrong, never changed afterwards.

Every fault is a `ReferenceDataError` that names the file, the entry and the field.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Text = Annotated[str, Field(min_length=1)]


class ReferenceDataError(ValueError):
    """The reference data is wrong; the text names the file, the entry and the fault."""


class Entry(BaseModel):
    """A part of a file. Unknown keys are refused: a misspelt limit must not become no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(Entry):
    """How people read it."""

    vi: Text
    en: Text


class Dated(Entry):
    """What stands between two days, the last included; without a last day it stands until further notice."""

    effective_from: date
    effective_to: date | None = Field(default=None, description="Last day on which it stands.")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError(f"effective_to {self.effective_to} is before effective_from {self.effective_from}")
        return self

    def stands_on(self, day: date) -> bool:
        """Whether it is in force."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def meets(self, other: "Dated") -> date | None:
        """The first day on which both stand, if there is one."""
        first = max(self.effective_from, other.effective_from)
        return first if self.stands_on(first) and other.stands_on(first) else None


E = TypeVar("E", bound=Entry)
D = TypeVar("D", bound=Dated)


def read_yaml(path: Traversable | Path) -> Any:
    """The content of a file. Raises `ReferenceDataError`."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise ReferenceDataError(f"{path.name}: not readable as YAML: {fault}") from fault


def read_list(path: Traversable | Path) -> list[Any]:
    """The content of a file that is one list. Raises `ReferenceDataError`."""
    content = read_yaml(path)
    if not isinstance(content, list):
        raise ReferenceDataError(f"{path.name}: must be a list")
    return content


def read_lists(path: Traversable | Path, *names: str) -> dict[str, list[Any]]:
    """The lists of a file that holds exactly these. Raises `ReferenceDataError`."""
    content = read_yaml(path)
    if not isinstance(content, dict) or set(content) != set(names):
        told = " and ".join(f"`{name}`" for name in names)
        raise ReferenceDataError(f"{path.name}: the top level must hold exactly the list{'s'[: len(names) - 1]} {told}")
    for name, part in content.items():
        if not isinstance(part, list):
            raise ReferenceDataError(f"{path.name}: `{name}` must be a list")
    return content


def read_entries(model: type[E], raws: Iterable[Any], where: str, key: str = "id") -> list[E]:
    """Each item of a list as an entry; `where` is such as `fees.yaml: rule`, and `key` or the place names the item.

    Raises `ReferenceDataError`.
    """
    return [read_entry(model, raw, f"{where} {_label(raw, key, at)}") for at, raw in enumerate(raws, start=1)]


def read_entry(model: type[E], raw: Any, where: str) -> E:
    """One entry. Raises `ReferenceDataError` with all its faults in one line, each with the path of its field."""
    try:
        return model.model_validate(raw)
    except ValidationError as fault:
        raise ReferenceDataError(f"{where}: {_describe(fault)}") from fault


def indexed(entries: Iterable[E], where: str, key: str = "id") -> dict[str, E]:
    """The entries by their key. Raises `ReferenceDataError` for one that is there twice."""
    found: dict[str, E] = {}
    for entry in entries:
        name = str(getattr(entry, key))
        if name in found:
            raise ReferenceDataError(f"{where} {name} is there twice")
        found[name] = entry
    return found


def clash(entries: Iterable[D]) -> tuple[D, D, date] | None:
    """Two entries that stand on one day, and the first such day; None where each has its own time."""
    for one, other in combinations(entries, 2):
        if (day := one.meets(other)) is not None:
            return one, other, day
    return None


def lineage(procedure: str) -> Iterator[str]:
    """`1.000894.01` -> `1.000894.01`, `1.000894`: a sub-service or local variant follows its procedure."""
    parts = procedure.split(".")
    for length in range(len(parts), 1, -1):
        yield ".".join(parts[:length])


def _label(raw: Any, key: str, at: int) -> str:
    return str(raw[key]) if isinstance(raw, dict) and key in raw else f"number {at}"


def _describe(fault: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}" if error["loc"] else error["msg"]
        for error in fault.errors()
    )
