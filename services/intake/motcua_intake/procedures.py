"""The procedure catalogue over HTTP: what can be filed, where, with what papers, and how long it takes."""

from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone
from motcua_chassis.problems import ProblemError, documented
from motcua_chassis.reference_data import Name
from motcua_chassis.vietnam import today
from motcua_contracts import Beneficiary, Channel, FeeCondition
from motcua_contracts.vocabulary import ProcedureCode
from motcua_intake.catalogue import catalogue
from motcua_intake.form import Choice, DocumentType, FieldKind, FormField
from motcua_intake.reference import Agency, Level, OnlineLevel, Procedure
from motcua_intake.sources import Citation

router = APIRouter(prefix="/procedures", tags=["procedures"])


class ProcedureView(BaseModel):
    """A procedure in force."""

    code: str = Field(examples=["2.000815"])
    name: Name
    level: Level
    online: OnlineLevel
    working_days: int = Field(description="Time limit; 0 means the same day", examples=[0])
    verification_days: int = Field(description="Added where facts must be verified elsewhere", examples=[5])
    channels: list[Channel]
    beneficiaries: list[Beneficiary] = Field(description="Whom the fee spares")
    conditions: list[FeeCondition]
    effective_from: date = Field(description="Since when the procedure stands with these limits and rules")
    effective_to: date | None = None
    citation: Citation


class Place(BaseModel):
    """An agency that takes the procedure."""

    code: str = Field(examples=["H29.25.12"])
    name: Name


class FieldView(BaseModel):
    """A field of the form; only the limits of its kind are there."""

    item: str = Field(description="What supplement requests call it", examples=["field.child-name"])
    code: str = Field(examples=["child-name"])
    name: Name
    kind: FieldKind
    required: bool
    longest: int | None = Field(default=None, description="Characters of a text at most", examples=[100])
    minimum: int | None = None
    maximum: int | None = None
    earliest: date | None = None
    latest: date | None = None
    choices: list[Choice] | None = None

    @classmethod
    def of(cls, field: FormField) -> Self:
        """A field as people fill it in."""
        limits = {name: getattr(field, name) for name in _LIMITS[field.kind]}
        return cls(
            item=f"field.{field.code}",
            code=field.code,
            name=field.name,
            kind=field.kind,
            required=field.required,
            **limits,
        )


_LIMITS: dict[FieldKind, tuple[str, ...]] = {
    FieldKind.TEXT: ("longest",),
    FieldKind.NUMBER: ("minimum", "maximum"),
    FieldKind.DATE: ("earliest", "latest"),
    FieldKind.CHOICE: ("choices",),
}


class DocumentView(BaseModel):
    """A document that goes with the application."""

    item: str = Field(description="What supplement requests call it", examples=["document.original"])
    code: str = Field(examples=["original"])
    name: Name
    required: bool
    note: Name | None = None

    @classmethod
    def of(cls, document: DocumentType) -> Self:
        """A document as people bring it."""
        return cls(item=f"document.{document.code}", **dict(document))


class SupplementsView(BaseModel):
    """How often an officer may ask for a supplement."""

    at_most: int = Field(description="Requests per application", examples=[2])
    respond_working_days: int = Field(description="Without an answer by then the application stops", examples=[10])
    citation: Citation


class ExtensionView(BaseModel):
    """By how much the appointment may be moved, once."""

    at_most_days: int = Field(description="Working days", examples=[5])
    citation: Citation


class ProcedurePage(ProcedureView):
    """A procedure with its papers and rules, and where to file it."""

    form: list[FieldView]
    documents: list[DocumentView]
    dossier_citation: Citation | None = Field(default=None, description="What form and documents come from")
    supplements: SupplementsView
    extension: ExtensionView
    verified: bool = Field(description="Whether all of it was compared with the national procedure database")
    agencies: list[Place]


@router.get("", summary="What can be filed", responses=documented(), response_model_exclude_none=True)
async def list_procedures(_principal: Anyone) -> list[ProcedureView]:
    """The procedures in force today."""
    day = today()
    return [ProcedureView(**_shown(found)) for found in catalogue().procedures if found.stands_on(day)]


@router.get("/{code}", summary="One procedure", responses=documented(404), response_model_exclude_none=True)
async def show_procedure(
    code: Annotated[ProcedureCode, Path(examples=["2.000815"])], _principal: Anyone
) -> ProcedurePage:
    """The version in force today; a sub-service or local variant not listed itself is its procedure."""
    known = catalogue()
    found = known.procedures.find(code, today())
    if found is None:
        raise ProblemError("procedure-not-found", 404)
    return page(found, known.agencies.taking(found))


def page(procedure: Procedure, agencies: tuple[Agency, ...]) -> ProcedurePage:
    """All there is to say about a procedure."""
    supplements, extension = procedure.supplements, procedure.extension
    return ProcedurePage(
        **_shown(procedure),
        form=[FieldView.of(field) for field in procedure.form],
        documents=[DocumentView.of(document) for document in procedure.documents],
        dossier_citation=procedure.dossier_citation,
        supplements=SupplementsView(
            at_most=supplements.at_most,
            respond_working_days=supplements.respond_working_days,
            citation=supplements.citation,
        ),
        extension=ExtensionView(at_most_days=extension.at_most_days, citation=extension.citation),
        verified=procedure.verified and supplements.verified and extension.verified,
        agencies=[Place(code=agency.code, name=agency.name) for agency in agencies],
    )


def _shown(procedure: Procedure) -> dict[str, Any]:
    chosen = {name: getattr(procedure, name) for name in ProcedureView.model_fields}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in chosen.items()}
