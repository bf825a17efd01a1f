"""Events of intake: what happens to an application from its submission to the result in the citizen's hand."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.vocabulary import Dossier, FeeBasis, FormItem, LegalAct, NoteId, OfficerId, ResultCode


class Status(StrEnum):
    """Where an application stands; the last six, and nothing else, are ends."""

    SUBMITTED = "submitted"
    IDENTITY_IN_REVIEW = "identity-in-review"
    IDENTITY_VERIFIED = "identity-verified"
    PAYMENT_REQUESTED = "payment-requested"
    FEE_SETTLED = "fee-settled"
    SUPPLEMENT_REQUESTED = "supplement-requested"
    ACCEPTED = "accepted"
    IN_PROCESS = "in-process"
    DECIDED = "decided"
    RESULT_RETURNED = "result-returned"
    IDENTITY_REJECTED = "identity-rejected"
    PAYMENT_EXPIRED = "payment-expired"
    DECLINED = "declined"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What the agency decided."""

    GRANTED = "granted"
    REFUSED = "refused"


class Handover(StrEnum):
    """How a result reaches the citizen."""

    ELECTRONIC = "electronic"
    AT_THE_COUNTER = "at-the-counter"
    POST = "post"


class SupplementReason(StrEnum):
    """What is wrong with a marked place."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    WRONG = "wrong"
    OUTDATED = "outdated"
    INCONSISTENT = "inconsistent"


class SupplementItem(Part):
    """One place an officer marked."""

    item: FormItem
    reason: SupplementReason
    note: NoteId | None = None


class RefusalGround(StrEnum):
    """Why an agency does not take an application in, or refuses it."""

    NOT_COMPETENT = "not-competent"
    INCOMPLETE = "incomplete"
    CONDITIONS_NOT_MET = "conditions-not-met"
    FALSE_INFORMATION = "false-information"
    DUPLICATE = "duplicate"


class ExtensionGround(StrEnum):
    """Why a result comes later than promised."""

    VERIFICATION_PENDING = "verification-pending"
    OTHER_AGENCY_LATE = "other-agency-late"
    WORKLOAD = "workload"
    FORCE_MAJEURE = "force-majeure"


class StopReason(StrEnum):
    """Why processing stopped for good."""

    SUPPLEMENT_OVERDUE = "supplement-overdue"


class ApplicationSubmitted(Event, stream=Stream.INTAKE, name="application-submitted"):
    """A citizen filed a complete application; it has a dossier code from now on."""

    dossier: Dossier
    fee_basis: FeeBasis


class ApplicationStatusChanged(Event, stream=Stream.INTAKE, name="application-status-changed"):
    """Another service's event moved the application."""

    status: Status
    previous: Status


class ApplicationAccepted(Event, stream=Stream.INTAKE, name="application-accepted"):
    """An officer took the dossier in and gave the appointment date (form 01 of Circular 03/2025/TT-VPCP)."""

    dossier: Dossier
    accepted_by: OfficerId
    appointment: AwareDatetime = Field(description="When the result is due, Asia/Ho_Chi_Minh working time.")
    working_days: int = Field(ge=0, le=365, description="Time limit of the procedure; 0 means the same day.")
    accepted_at: AwareDatetime | None = Field(default=None, description="The moment from which the time limit counts.")


class ApplicationDeclined(Event, stream=Stream.INTAKE, name="application-declined"):
    """An officer did not take the dossier in (form 03 of Circular 03/2025/TT-VPCP): it ends here."""

    dossier: Dossier
    ground: RefusalGround
    declined_by: OfficerId
    note: NoteId | None = None


class SupplementRequested(Event, stream=Stream.INTAKE, name="supplement-requested"):
    """An officer marked what is missing or wrong (form 02 of Circular 03/2025/TT-VPCP); the time limit pauses."""

    dossier: Dossier
    number: int = Field(ge=1, description="1 for the first request of the application, 2 for the second.")
    items: tuple[SupplementItem, ...] = Field(min_length=1, max_length=50)
    requested_by: OfficerId
    requested_at: AwareDatetime
    respond_by: AwareDatetime = Field(description="Without an answer by then the application stops.")
    act: LegalAct | None = Field(default=None, description="The act that sets the time to answer.")


class ApplicationSupplemented(Event, stream=Stream.INTAKE, name="application-supplemented"):
    """Everything that was marked has been supplied; the time limit goes on."""

    dossier: Dossier
    number: int = Field(ge=1, description="The request this answers.")
    items: tuple[FormItem, ...] = Field(min_length=1, max_length=50)
    supplied_at: AwareDatetime
    supplied_by: UUID = Field(description="The account that supplied it, by the id in its token.")
    appointment: AwareDatetime | None = Field(default=None, description="The moved date; null before acceptance.")
    paused_working_days: int = Field(default=0, ge=0, description="By how many working days this pause moved it.")
    status: Status | None = Field(default=None, description="The status it goes back to: the one before the request.")


class ProcessingStarted(Event, stream=Stream.INTAKE, name="processing-started"):
    """An officer began to work on the accepted dossier."""

    dossier: Dossier
    started_by: OfficerId


class AppointmentExtended(Event, stream=Stream.INTAKE, name="appointment-extended"):
    """The agency apologises and gives a later date, once (form 04 of Circular 03/2025/TT-VPCP)."""

    dossier: Dossier
    previous: AwareDatetime
    appointment: AwareDatetime
    working_days: int = Field(ge=1, le=365, description="Working days added to the time limit.")
    ground: ExtensionGround
    extended_by: OfficerId
    note: NoteId | None = None
    act: LegalAct | None = Field(default=None, description="The act that allows it.")
    extended_at: AwareDatetime | None = Field(
        default=None, description="From when it counts where the previous date had passed too long ago."
    )


class ApplicationStopped(Event, stream=Stream.INTAKE, name="application-stopped"):
    """Processing stopped for good (form 05 of Circular 03/2025/TT-VPCP)."""

    dossier: Dossier
    reason: StopReason
    act: LegalAct | None = Field(default=None, description="The act that demands it.")


class ApplicationWithdrawn(Event, stream=Stream.INTAKE, name="application-withdrawn"):
    """The applicant, or who filed for them, took the application back before it was decided."""

    dossier: Dossier
    previous: Status
    withdrawn_by: UUID = Field(description="The account that withdrew it, by the id in its token.")


class ApplicationDecided(Event, stream=Stream.INTAKE, name="application-decided"):
    """An officer decided: the request is granted or refused."""

    dossier: Dossier
    outcome: Outcome
    decided_by: OfficerId
    result: ResultCode | None = Field(default=None, description="Kind of paper granted; absent on refusal.")
    ground: RefusalGround | None = Field(default=None, description="Why it was refused; absent where it was granted.")
    appointment: AwareDatetime | None = Field(default=None, description="The date it was due: on time, or late.")
    note: NoteId | None = None


class ResultReturned(Event, stream=Stream.INTAKE, name="result-returned"):
    """The result, granted or refused, reached the citizen: the end of the road."""

    dossier: Dossier
    outcome: Outcome
    handover: Handover
    returned_by: OfficerId
