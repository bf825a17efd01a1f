"""How the file of an application is shown to the officers who work on it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from motcua_chassis.reference_data import Name
from motcua_chassis.vietnam import LocalTime
from motcua_intake import vault
from motcua_intake.attachments import Attachment
from motcua_intake.reference import Procedure
from motcua_intake.views import ApplicationView


class ApplicantView(BaseModel):
    """Who applies."""

    personal_number: str = Field(examples=["079084000999"])
    full_name: str = Field(examples=["NGUYỄN VĂN AN"])
    date_of_birth: date = Field(examples=["1984-05-02"])
    email: str | None = Field(default=None, examples=["an@example.vn"])
    phone: str | None = Field(default=None, examples=["+84901234567"])


class RepresentativeView(BaseModel):
    """Who files for the applicant, as they say."""

    full_name: str = Field(examples=["TRẦN THỊ BÌNH"])
    personal_number: str = Field(examples=["001184000001"])
    relation: str = Field(examples=["parent"])
    phone: str | None = None


class FilledField(BaseModel):
    """A field of the procedure's form and what stands in it."""

    code: str = Field(examples=["purpose"])
    name: Name
    value: str | int = Field(examples=["Xin việc"])


class DocumentView(BaseModel):
    """A document; `GET .../documents/{upload}` fetches it."""

    upload: UUID
    item: str = Field(examples=["document.marriage"])
    name: Name
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes", examples=[183_214])
    uploaded_at: LocalTime
    supplement: int | None = Field(default=None, description="Which supplement brought it; absent: the submission")


class CaseFile(BaseModel):
    """Everything an officer needs to decide."""

    application: ApplicationView
    applicant: ApplicantView
    representative: RepresentativeView | None = None
    form: list[FilledField]
    documents: list[DocumentView] = Field(description="Oldest first: of two for one item the last is the valid one")


def case_file(
    application: ApplicationView, who: vault.Applicant, papers: Sequence[Attachment], procedure: Procedure | None
) -> CaseFile:
    """The file, its parts named as the procedure names them."""
    agent = who.representative
    return CaseFile(
        application=application,
        applicant=ApplicantView(
            personal_number=who.personal_number,
            full_name=who.full_name,
            date_of_birth=who.date_of_birth,
            email=who.email,
            phone=who.phone,
        ),
        representative=None
        if agent is None
        else RepresentativeView(
            full_name=agent.full_name,
            personal_number=agent.personal_number,
            relation=agent.relation,
            phone=agent.phone,
        ),
        form=[
            FilledField(code=code, name=_name(f"field.{code}", procedure), value=value)
            for code, value in who.form.items()
        ],
        documents=[_document(paper, procedure) for paper in papers],
    )


def _document(paper: Attachment, procedure: Procedure | None) -> DocumentView:
    return DocumentView(
        upload=paper.id,
        item=paper.item,
        name=_name(paper.item, procedure),
        content_type=paper.content_type,
        size=paper.size,
        uploaded_at=paper.uploaded_at,
        supplement=paper.supplement,
    )


def _name(item: str, procedure: Procedure | None) -> Name:
    return (procedure.item_name(item) if procedure else None) or Name(vi=item, en=item)
