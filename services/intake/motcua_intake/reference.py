"""The procedures and agencies we know, as data with dates and citations; what loads is consistent in itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motcua_contracts import Beneficiary, Channel, FeeCondition
from motcua_contracts.vocabulary import AgencyCode, LegalAct, ProcedureCode, ResultCode

PACKAGED = files("motcua_intake") / "reference"

Text = Annotated[str, Field(min_length=1)]
Days = Annotated[int, Field(ge=0, le=365)]
Province = Annotated[str, Field(pattern=r"^H[0-9]{2}$")]


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
    """The act a limit comes from."""

    act: LegalAct
    title: Name
    article: Text


class Level(StrEnum):
    """Which body does the work; a procedure is filed at an agency of its level."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    COMMUNE = "commune"
    PROVINCIAL_POLICE = "provincial-police"
    COMMUNE_POLICE = "commune-police"


class OnlineLevel(StrEnum):
    """How far a procedure goes online: all the way (toàn trình) or with a visit (một phần)."""

    FULL = "full"
    PARTIAL = "partial"


class Procedure(Entry):
    """A procedure as it stands between two dates. `working_days` 0 means the same day."""

    code: ProcedureCode
    name: Name
    level: Level
    working_days: Days
    verification_days: Days = Field(default=0, description="Added where facts must be verified elsewhere.")
    online: OnlineLevel
    result: ResultCode
    channels: Annotated[frozenset[Channel], Field(min_length=1)]
    beneficiaries: frozenset[Beneficiary] = Field(default=frozenset(), description="Besides none: whom the fee spares.")
    conditions: frozenset[FeeCondition] = frozenset()
    effective_from: date
    effective_to: date | None = None
    citation: Citation
    verified: bool

    def stands_on(self, day: date) -> bool:
        """Whether this version is the one in force."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class Agency(Entry):
    """A body of the state. `province` is where it sits, which its code does not tell for the police."""

    code: AgencyCode
    name: Name
    level: Level
    parent: AgencyCode | None = None
    province: Province | None = None
    verified: bool


class Procedures:
    """The catalogue. Immutable."""

    def __init__(self, procedures: Iterable[Procedure], file: str = "procedures.yaml") -> None:
        self._versions: dict[str, list[Procedure]] = defaultdict(list)
        for procedure in procedures:
            self._versions[procedure.code].append(procedure)
        for code, versions in self._versions.items():
            for one, other in combinations(versions, 2):
                first_common = max(one.effective_from, other.effective_from)
                if one.stands_on(first_common) and other.stands_on(first_common):
                    raise ReferenceDataError(f"{file}: {code}: two versions stand on {first_common}")

    def __iter__(self) -> Iterator[Procedure]:
        return (version for versions in self._versions.values() for version in versions)

    def find(self, code: str, day: date) -> Procedure | None:
        """The version in force; a sub-service or local variant not listed itself is its procedure."""
        parts = code.split(".")
        for length in range(len(parts), 1, -1):
            if (versions := self._versions.get(".".join(parts[:length]))) is not None:
                return next((version for version in versions if version.stands_on(day)), None)
        return None


class Agencies:
    """The agencies by code. Immutable."""

    def __init__(self, agencies: Iterable[Agency], file: str = "agencies.yaml") -> None:
        self._by_code: dict[str, Agency] = {}
        for agency in agencies:
            if agency.code in self._by_code:
                raise ReferenceDataError(f"{file}: {agency.code} is there twice")
            self._by_code[agency.code] = agency
        for agency in self:
            self._check_parent(agency, file)

    def __iter__(self) -> Iterator[Agency]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Agency | None:
        """The agency with this code, if we know it."""
        return self._by_code.get(code)

    def taking(self, procedure: Procedure) -> tuple[Agency, ...]:
        """Where a procedure can be filed."""
        return tuple(agency for agency in self if agency.level is procedure.level)

    def _check_parent(self, agency: Agency, file: str) -> None:
        if agency.parent is None:
            return
        if agency.parent not in self._by_code:
            raise ReferenceDataError(f"{file}: {agency.code}: its parent {agency.parent} is not in the file")
        if not agency.code.startswith(f"{agency.parent}."):
            raise ReferenceDataError(f"{file}: {agency.code}: its code does not begin with its parent's")


def load_procedures(path: Traversable | Path = PACKAGED / "procedures.yaml") -> Procedures:
    """Raises `ReferenceDataError`."""
    return Procedures(read_entries(Procedure, read_yaml(path), "code", path.name), path.name)


def load_agencies(path: Traversable | Path = PACKAGED / "agencies.yaml") -> Agencies:
    """Raises `ReferenceDataError`."""
    return Agencies(read_entries(Agency, read_yaml(path), "code", path.name), path.name)


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
