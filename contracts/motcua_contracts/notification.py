"""Events of notification: who was to be told what, and whether the message left."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.identity import Attributes
from motcua_contracts.intake import Outcome
from motcua_contracts.vocabulary import Dossier, LegalAct, ProviderReference, ReceiptNumber, TemplateId, Vnd


class Medium(StrEnum):
    """What carries a message to a person."""

    EMAIL = "email"


class Topic(StrEnum):
    """What a message tells. A citizen hears about each at most once per application."""

    SUBMITTED = "submitted"
    IDENTITY_REJECTED = "identity-rejected"
    PAYMENT_REQUESTED = "payment-requested"
    PAYMENT_SETTLED = "payment-settled"
    PAYMENT_WAIVED = "payment-waived"
    PAYMENT_EXPIRED = "payment-expired"
    ACCEPTED = "accepted"
    DECIDED = "decided"
    RESULT_RETURNED = "result-returned"


class Failure(StrEnum):
    """Why a message did not (certainly) arrive."""

    REFUSED_BY_PROVIDER = "refused-by-provider"
    PROVIDER_UNAVAILABLE = "provider-unavailable"
    OUTCOME_UNKNOWN = "outcome-unknown"
    APPLICANT_ERASED = "applicant-erased"
    NO_ADDRESS = "no-address"


class Facts(Part):
    """What a template may mention besides the dossier; absent where it does not apply."""

    amount: Vnd | None = None
    expires_at: AwareDatetime | None = None
    receipt: ReceiptNumber | None = None
    act: LegalAct | None = None
    appointment: AwareDatetime | None = None
    outcome: Outcome | None = None
    attributes: Attributes | None = None


class NotificationRequested(Event, stream=Stream.NOTIFICATION, name="requested"):
    """One message to one person about one thing: event `because` -> rule -> template -> this."""

    dossier: Dossier
    topic: Topic
    medium: Medium
    template: TemplateId
    facts: Facts = Facts()
    because: UUID = Field(description="Id of the event that gave rise to this message.")


class NotificationSent(Event, stream=Stream.NOTIFICATION, name="sent"):
    """The provider took the message over."""

    topic: Topic
    medium: Medium
    reference: ProviderReference


class NotificationFailed(Event, stream=Stream.NOTIFICATION, name="failed"):
    """The message did not leave, or nobody can tell (`outcome-unknown`); only a person may send it again."""

    topic: Topic
    medium: Medium
    reason: Failure
