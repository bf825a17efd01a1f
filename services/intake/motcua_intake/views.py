"""How intake shows an application: each view adds to the one before."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from motcua_chassis.reference_data import Name
from motcua_chassis.vietnam import LocalTime
from motcua_contracts import Capacity, Channel, Language, Outcome, Status, SupplementReason
from motcua_intake import wording
from motcua_intake.application import Application
from motcua_intake.portal_status import PortalStatus, portal_status
from motcua_intake.reference import Procedure
from motcua_intake.store import Row, Step
from motcua_intake.supplement_rows import Marked, Supplement

DOSSIER_EXAMPLE = "H29.25.12-261122-0001"


class Receipt(BaseModel):
    """What a citizen gets for a submission."""

    application_id: UUID
    dossier_code: str = Field(examples=[DOSSIER_EXAMPLE])
    status: Status


class Standing(Receipt):
    """Where an application stands."""

    portal_status: PortalStatus
    appointment: LocalTime | None = Field(
        default=None, description="When the result is due; absent while the time limit stands still"
    )
    respond_by: LocalTime | None = Field(default=None, description="By when what was marked must be supplied")
    outcome: Outcome | None = None

    @classmethod
    def of(cls, application_id: UUID, state: Application) -> Self:
        """From the state, inside the transaction of a command."""
        status = state.status or Status.SUBMITTED
        return cls(
            application_id=application_id,
            dossier_code=state.dossier.code if state.dossier else "",
            status=status,
            portal_status=portal_status(status),
            appointment=state.appointment,
            respond_by=state.request.respond_by if state.request else None,
            outcome=state.outcome,
        )


class QueueItem(Standing):
    """A line of the officer's queue."""

    procedure: str = Field(examples=["2.000815"])
    agency: str = Field(examples=["H29.25.12"])
    channel: Channel
    language: Language
    submitted_at: LocalTime
    filed_by: Capacity | None = Field(default=None, description="In what capacity somebody else filed it")


class Queue(BaseModel):
    """A page of the queue, oldest first."""

    items: list[QueueItem]
    next: UUID | None = Field(default=None, description="`after` of the next page; absent on the last")


class Said(BaseModel):
    """A sentence for people."""

    vi: str = Field(examples=["Hồ sơ đang chờ nộp phí, lệ phí."])
    en: str = Field(examples=["The application is waiting for payment."])


class TimelineEntry(BaseModel):
    """What happened, the status it left, and where there is one the ground, with what the officer wrote about it."""

    at: LocalTime
    event: str = Field(examples=["application-submitted"])
    words: Said
    status: Status
    ground: str | None = Field(default=None, examples=["conditions-not-met"])
    ground_words: Said | None = None
    note: str | None = Field(default=None, description="The officer's words; for the applicant and in the file")


class MarkedView(BaseModel):
    """One place an officer marked."""

    item: str = Field(examples=["document.marriage"])
    name: Name
    reason: SupplementReason
    reason_words: Said
    note: str | None = Field(default=None, description="The officer's words; for the applicant and in the file")


class SupplementView(BaseModel):
    """What an officer asked for, and whether it came."""

    number: int = Field(examples=[1])
    items: list[MarkedView]
    requested_at: LocalTime
    respond_by: LocalTime
    supplied_at: LocalTime | None = None
    paused_working_days: int | None = Field(
        default=None, description="By how many working days the answer moved the appointment"
    )


class ApplicationView(QueueItem):
    """An application with its story."""

    words: Said
    timeline: list[TimelineEntry]
    supplements: list[SupplementView]


def queue_item(row: Row) -> QueueItem:
    """A row as the desk sees it."""
    return QueueItem(**_shown(row))


def application(
    row: Row,
    steps: Sequence[Step],
    supplements: Sequence[Supplement],
    notes: Mapping[UUID, str],
    procedure: Procedure | None,
) -> ApplicationView:
    """A row and its story as citizen and desk see them; `notes` are the words this reader may read."""
    said = wording.standing(row.status, row.appointment, row.outcome, row.respond_by)
    return ApplicationView(
        **_shown(row),
        words=_said(said),
        timeline=[_entry(step, notes) for step in steps],
        supplements=[_supplement(each, notes, procedure) for each in supplements],
    )


def _entry(step: Step, notes: Mapping[UUID, str]) -> TimelineEntry:
    return TimelineEntry(
        at=step.at,
        event=step.event,
        words=_said(wording.EVENT[step.event]),
        status=step.status,
        ground=step.ground,
        ground_words=None if step.ground is None else _said(wording.GROUND[step.ground]),
        note=None if step.note is None else notes.get(step.note),
    )


def _supplement(each: Supplement, notes: Mapping[UUID, str], procedure: Procedure | None) -> SupplementView:
    return SupplementView(
        number=each.number,
        items=[_marked(marked, notes, procedure) for marked in each.items],
        requested_at=each.requested_at,
        respond_by=each.respond_by,
        supplied_at=each.supplied_at,
        paused_working_days=each.paused_days,
    )


def _marked(marked: Marked, notes: Mapping[UUID, str], procedure: Procedure | None) -> MarkedView:
    name = procedure.item_name(marked.item) if procedure else None
    return MarkedView(
        item=marked.item,
        name=name or Name(vi=marked.item, en=marked.item),
        reason=marked.reason,
        reason_words=_said(wording.SUPPLEMENT_REASON[marked.reason]),
        note=None if marked.note is None else notes.get(marked.note),
    )


def _said(words: wording.Words) -> Said:
    return Said(vi=words.vi, en=words.en)


_HIDDEN = {"applicant_id", "filed_by", "filer_capacity"}


def _shown(row: Row) -> dict[str, Any]:
    shown = {name: value for name, value in row._asdict().items() if name not in _HIDDEN}
    return {**shown, "filed_by": row.filer_capacity, "portal_status": portal_status(row.status)}
