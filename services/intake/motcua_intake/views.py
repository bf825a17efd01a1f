"""How intake shows an application: each view adds to the one before."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from motcua_contracts import Channel, Language, Outcome, Status
from motcua_intake import wording
from motcua_intake.domain import Application
from motcua_intake.store import Row, Step
from motcua_intake.working_calendar import VIETNAM

DOSSIER_EXAMPLE = "H29.25.12-261122-0001"

LocalTime = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(VIETNAM))]
"""Shown with Vietnam's offset."""


class Receipt(BaseModel):
    """What a citizen gets for a submission."""

    application_id: UUID
    dossier_code: str = Field(examples=[DOSSIER_EXAMPLE])
    status: Status


class Standing(Receipt):
    """Where an application stands."""

    appointment: LocalTime | None = Field(default=None, description="When the result is due")
    outcome: Outcome | None = None

    @classmethod
    def of(cls, application_id: UUID, state: Application) -> Self:
        """From the state, inside the transaction of a command."""
        return cls(
            application_id=application_id,
            dossier_code=state.dossier.code if state.dossier else "",
            status=state.status or Status.SUBMITTED,
            appointment=state.appointment,
            outcome=state.outcome,
        )


class QueueItem(Standing):
    """A line of the officer's queue."""

    procedure: str = Field(examples=["2.000815"])
    agency: str = Field(examples=["H29.25.12"])
    channel: Channel
    language: Language
    submitted_at: LocalTime


class Queue(BaseModel):
    """A page of the queue, oldest first."""

    items: list[QueueItem]
    next: UUID | None = Field(default=None, description="`after` of the next page; absent on the last")


class Said(BaseModel):
    """A sentence for people."""

    vi: str = Field(examples=["Hồ sơ đang chờ nộp phí, lệ phí."])
    en: str = Field(examples=["The application is waiting for payment."])


class TimelineEntry(BaseModel):
    """What happened, and the status it left."""

    at: LocalTime
    event: str = Field(examples=["application-submitted"])
    status: Status


class ApplicationView(QueueItem):
    """An application with its story."""

    words: Said
    timeline: list[TimelineEntry]


def queue_item(row: Row) -> QueueItem:
    """A row as the desk sees it."""
    return QueueItem(**_shown(row))


def application(row: Row, steps: list[Step]) -> ApplicationView:
    """A row and its timeline as citizen and desk see them."""
    said = wording.standing(row.status, row.appointment, row.outcome)
    timeline = [TimelineEntry(at=step.at, event=step.event, status=step.status) for step in steps]
    return ApplicationView(**_shown(row), words=Said(vi=said.vi, en=said.en), timeline=timeline)


def _shown(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "applicant_id"}
