"""The procedure catalogue over HTTP: what can be filed, where, and how long it takes."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from motcua_chassis.http import Anyone
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Beneficiary, Channel, FeeCondition
from motcua_contracts.vocabulary import ProcedureCode
from motcua_intake.catalogue import catalogue, today
from motcua_intake.reference import Citation, Level, Name, OnlineLevel, Procedure

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
    effective_from: date
    effective_to: date | None = None
    citation: Citation


class Place(BaseModel):
    """An agency that takes the procedure."""

    code: str = Field(examples=["H29.25.12"])
    name: Name


class ProcedurePage(ProcedureView):
    """A procedure and where to file it."""

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
    agencies = [Place(code=agency.code, name=agency.name) for agency in known.agencies.taking(found)]
    return ProcedurePage(**_shown(found), agencies=agencies)


def _shown(procedure: Procedure) -> dict[str, object]:
    chosen = {name: getattr(procedure, name) for name in ProcedureView.model_fields}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in chosen.items()}
