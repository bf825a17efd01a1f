"""Events of intake: what happens to an application from its submission to the result in the citizen's hand."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Stream
from motcua_contracts.vocabulary import Dossier, FeeBasis, OfficerId, ResultCode


class Status(StrEnum):
    """Where an application stands, in the order it can advance; a returned result and the two after it are ends."""

    SUBMITTED = "submitted"
    IDENTITY_IN_REVIEW = "identity-in-review"
    IDENTITY_VERIFIED = "identity-verified"
    PAYMENT_REQUESTED = "payment-requested"
    FEE_SETTLED = "fee-settled"
    ACCEPTED = "accepted"
    DECIDED = "decided"
    RESULT_RETURNED = "result-returned"
    IDENTITY_REJECTED = "identity-rejected"
    PAYMENT_EXPIRED = "payment-expired"


class Outcome(StrEnum):
    """What the agency decided."""

    GRANTED = "granted"
    REFUSED = "refused"


class Handover(StrEnum):
    """How a result reaches the citizen."""

    ELECTRONIC = "electronic"
    AT_THE_COUNTER = "at-the-counter"
    POST = "post"


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


class ApplicationDecided(Event, stream=Stream.INTAKE, name="application-decided"):
    """An officer decided: the request is granted or refused."""

    dossier: Dossier
    outcome: Outcome
    decided_by: OfficerId
    result: ResultCode | None = Field(default=None, description="Kind of paper granted; absent on refusal.")


class ResultReturned(Event, stream=Stream.INTAKE, name="result-returned"):
    """The result, granted or refused, reached the citizen: the end of the road."""

    dossier: Dossier
    outcome: Outcome
    handover: Handover
    returned_by: OfficerId
