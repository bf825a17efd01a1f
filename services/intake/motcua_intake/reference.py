"""The procedures and agencies we know, as data with dates and citations; what loads is consistent in itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from motcua_chassis.reference_data import (
    Dated,
    Entry,
    Name,
    ReferenceDataError,
    clash,
    indexed,
    lineage,
    read_entries,
    read_list,
)
from motcua_contracts import Beneficiary, Channel, FeeCondition
from motcua_contracts.vocabulary import AgencyCode, ProcedureCode, ResultCode
from motcua_intake.form import CONTACTS, DocumentType, FormField
from motcua_intake.sources import PACKAGED, Citation
from motcua_intake.time_rules import ExtensionRule, SupplementRule, TimeRules, load_time_rules

Days = Annotated[int, Field(ge=0, le=365)]
Province = Annotated[str, Field(pattern=r"^H[0-9]{2}$")]


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


class ProcedureEntry(Dated):
    """A procedure as its file has it. `working_days` 0 means the same day."""

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
    citation: Citation
    form: tuple[FormField, ...] = ()
    documents: tuple[DocumentType, ...] = ()
    dossier_citation: Citation | None = Field(default=None, description="What form and documents come from.")
    verified: bool

    @model_validator(mode="after")
    def _names_each_item_once_and_cites_it(self) -> Self:
        items = [*(f"field.{field.code}" for field in self.form), *(f"document.{doc.code}" for doc in self.documents)]
        if twice := {item for item in items if items.count(item) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))}: there twice")
        if items and self.dossier_citation is None:
            raise ValueError("a form or documents, but no dossier_citation")
        return self


class Procedure(ProcedureEntry):
    """A procedure between two dates, with the rules on time that apply between them."""

    supplements: SupplementRule
    extension: ExtensionRule

    def has_item(self, form_item: str) -> bool:
        """Whether an application has this place: `field.<code>`, `document.<code>` or one of the contacts."""
        return self.item_name(form_item) is not None

    def item_name(self, form_item: str) -> Name | None:
        """How people read a place in the application; None where there is no such place."""
        kind, _, code = form_item.partition(".")
        places: tuple[FormField, ...] | tuple[DocumentType, ...] = ()
        if kind in {"field", "document"}:
            places = self.form if kind == "field" else self.documents
        return next((place.name for place in places if place.code == code), CONTACTS.get(form_item))

    def required_items(self) -> frozenset[str]:
        """The places that may not stay empty."""
        fields = {f"field.{field.code}" for field in self.form if field.required}
        return frozenset(fields | {f"document.{document.code}" for document in self.documents if document.required})


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
            if (found := clash(versions)) is not None:
                raise ReferenceDataError(f"{file}: procedure {code}: two versions stand on {found[2]}")

    def __iter__(self) -> Iterator[Procedure]:
        return (version for versions in self._versions.values() for version in versions)

    def find(self, code: str, day: date) -> Procedure | None:
        """The version in force; a sub-service or local variant not listed itself is its procedure."""
        for known in lineage(code):
            if (versions := self._versions.get(known)) is not None:
                return next((version for version in versions if version.stands_on(day)), None)
        return None


class Agencies:
    """The agencies by code. Immutable."""

    def __init__(self, agencies: Iterable[Agency], file: str = "agencies.yaml") -> None:
        self._by_code = indexed(agencies, f"{file}: agency", "code")
        for agency in self:
            self._check_parent(agency, file)

    def __iter__(self) -> Iterator[Agency]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Agency | None:
        """The agency with this code, if we know it."""
        return self._by_code.get(code)

    def taking(self, procedure: ProcedureEntry) -> tuple[Agency, ...]:
        """Where a procedure can be filed."""
        return tuple(agency for agency in self if agency.level is procedure.level)

    def _check_parent(self, agency: Agency, file: str) -> None:
        if agency.parent is None:
            return
        if agency.parent not in self._by_code:
            raise ReferenceDataError(f"{file}: agency {agency.code}: its parent {agency.parent} is not in the file")
        if not agency.code.startswith(f"{agency.parent}."):
            raise ReferenceDataError(f"{file}: agency {agency.code}: its code does not begin with its parent's")


def load_procedures(
    path: Traversable | Path = PACKAGED / "procedures.yaml", rules: TimeRules | None = None
) -> Procedures:
    """Each procedure of the file, cut where its rules on time change. Raises `ReferenceDataError`."""
    rules = rules or load_time_rules()
    entries = read_entries(ProcedureEntry, read_list(path), f"{path.name}: procedure", "code")
    return Procedures([version for entry in entries for version in _versions(entry, rules)], path.name)


def _versions(entry: ProcedureEntry, rules: TimeRules) -> Iterator[Procedure]:
    for span in rules.spans(entry.code, entry.effective_from, entry.effective_to):
        yield Procedure.model_validate({**dict(entry), **span._asdict()})


def load_agencies(path: Traversable | Path = PACKAGED / "agencies.yaml") -> Agencies:
    """Raises `ReferenceDataError`."""
    return Agencies(read_entries(Agency, read_list(path), f"{path.name}: agency", "code"), path.name)
