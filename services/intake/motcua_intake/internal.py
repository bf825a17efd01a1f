"""Intake for the other services: who an applicant is, told for a stated purpose and recorded."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from motcua_chassis.claim_check import LARGEST_BATCH, MOST_NOTES
from motcua_chassis.http import AnotherService, AtDesk
from motcua_chassis.problems import documented
from motcua_intake.vault import Purpose, Vault

router = APIRouter(prefix="/internal", tags=["internal"])


class Enquiry(BaseModel):
    """Whom a service asks for, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose
    applications: Annotated[list[UUID], Field(min_length=1, max_length=LARGEST_BATCH)]
    notes: Annotated[
        list[UUID],
        Field(
            max_length=MOST_NOTES,
            description="For notification: of which of these applications' notes it needs the words",
        ),
    ] = []


class Told(BaseModel):
    """The fields one purpose allows."""

    personal_number: str | None = Field(default=None, description="For identity-check", examples=["079084000999"])
    full_name: str | None = Field(default=None, examples=["NGUYỄN VĂN AN"])
    date_of_birth: date | None = Field(default=None, description="For identity-check", examples=["1984-05-02"])
    email: str | None = Field(default=None, description="For notification", examples=["an@example.vn"])
    phone: str | None = Field(default=None, description="For notification", examples=["+84901234567"])
    notes: dict[UUID, str] | None = Field(
        default=None,
        description="For notification: the officers' words it asked for, by the id events call them by",
        examples=[{"0b9cf6a4-5b0d-4f0e-9a51-0d6c2f6b9b11": "Ảnh chụp mờ, không đọc được số giấy."}],
    )


class Applicants(BaseModel):
    """Applicants by application id; erased and unknown ones are absent."""

    applicants: dict[UUID, Told]


@router.post(
    "/applicants:batch",
    summary="Look up applicants",
    responses=documented(),
    response_model_exclude_none=True,
)
async def look_up(enquiry: Enquiry, desk: AtDesk, service: AnotherService, request: Request) -> Applicants:
    """Only the fields the purpose needs; every answer leaves a record of reader and purpose."""
    vault: Vault = request.app.state.service
    told = await vault.tell(desk.pool, enquiry.applications, service.subject, enquiry.purpose, enquiry.notes)
    return Applicants(applicants={id_: Told.model_validate(fields) for id_, fields in told.items()})
