"""Events of notification: who was to be told what, and whether the message left."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.identity import Attributes, ReviewReason
from motcua_contracts.intake import ExtensionGround, Outcome, RefusalGround, SupplementItem
from motcua_contracts.payment import Closing, RefundReason
from motcua_contracts.vocabulary import (
    Dossier,
    LegalAct,
    Medium,
    NoteId,
    OfficerId,
    ProviderCode,
    ProviderReference,
    ReceiptNumber,
    RuleId,
    TemplateId,
    Vnd,
)

Occasion = Annotated[int, Field(ge=1, description="1 for the first time this topic arises in an application, then 2.")]
Attempt = Annotated[int, Field(ge=1, description="1, or one more for each order of an officer to send it again.")]


class Topic(StrEnum):
    """What a message tells. A citizen hears at most once about each occasion of it."""

    SUBMITTED = "submitted"
    IDENTITY_IN_REVIEW = "identity-in-review"
    IDENTITY_REJECTED = "identity-rejected"
    PAYMENT_REQUESTED = "payment-requested"
    PAYMENT_SETTLED = "payment-settled"
    PAYMENT_WAIVED = "payment-waived"
    PAYMENT_EXPIRED = "payment-expired"
    ACCEPTED = "accepted"
    DECIDED = "decided"
    RESULT_RETURNED = "result-returned"
    SUPPLEMENT_REQUESTED = "supplement-requested"
    SUPPLEMENT_RECEIVED = "supplement-received"
    APPOINTMENT_EXTENDED = "appointment-extended"
    DECLINED = "declined"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    REFUND_REQUESTED = "refund-requested"
    PAYMENT_REFUNDED = "payment-refunded"
    REFUND_FAILED = "refund-failed"
    REFUND_DECLINED = "refund-declined"


class Failure(StrEnum):
    """Why a message did not (certainly) arrive."""

    REFUSED_BY_PROVIDER = "refused-by-provider"
    PROVIDER_UNAVAILABLE = "provider-unavailable"
    OUTCOME_UNKNOWN = "outcome-unknown"
    APPLICANT_ERASED = "applicant-erased"
    NO_ADDRESS = "no-address"
    NOT_REACHABLE = "not-reachable"
    OPTED_OUT = "opted-out"


class Facts(Part):
    """What a template may mention besides the dossier; absent where it does not apply."""

    amount: Vnd | None = None
    expires_at: AwareDatetime | None = None
    receipt: ReceiptNumber | None = None
    act: LegalAct | None = None
    appointment: AwareDatetime | None = None
    outcome: Outcome | None = None
    attributes: Attributes | None = None
    review: ReviewReason | None = None
    items: tuple[SupplementItem, ...] | None = None
    respond_by: AwareDatetime | None = None
    previous: AwareDatetime | None = None
    paused_working_days: int | None = None
    ground: RefusalGround | None = None
    extension: ExtensionGround | None = None
    note: NoteId | None = None
    refund: RefundReason | None = None
    closing: Closing | None = None


class NotificationRequested(Event, stream=Stream.NOTIFICATION, name="requested"):
    """One message to one person about one thing: event `because` -> rule -> template -> this."""

    dossier: Dossier
    topic: Topic
    number: Occasion = 1
    medium: Medium
    template: TemplateId
    rule: RuleId | None = Field(default=None, description="The notification rule that asks for it.")
    facts: Facts = Facts()
    because: UUID = Field(description="Id of the event that gave rise to this message.")
    instead_of: Medium | None = Field(default=None, description="The medium that failed for certain before this one.")
    attempt: Attempt = 1
    requested_by: OfficerId | None = Field(default=None, description="The officer who ordered it to be sent again.")
    required: bool = Field(default=False, description="The law requires it: by e-mail even to who opted out of e-mail.")


class NotificationSent(Event, stream=Stream.NOTIFICATION, name="sent"):
    """The provider took the message over."""

    topic: Topic
    number: Occasion = 1
    medium: Medium
    reference: ProviderReference
    provider: ProviderCode | None = Field(default=None, description="Which provider, where a medium has several.")
    attempt: Attempt = 1


class NotificationFailed(Event, stream=Stream.NOTIFICATION, name="failed"):
    """The message did not leave, or nobody can tell (`outcome-unknown`: then only a person may send it again)."""

    topic: Topic
    number: Occasion = 1
    medium: Medium
    reason: Failure
    attempt: Attempt = 1
