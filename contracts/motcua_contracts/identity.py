"""Events of identity: is the applicant who they say they are, attribute by attribute, without the attributes."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from motcua_contracts.event import Event, Part, Stream
from motcua_contracts.vocabulary import Dossier, FeeBasis, OfficerId, RuleId


class Match(StrEnum):
    """How one attribute compared with the population registry."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_FOUND = "not-found"
    NOT_CHECKED = "not-checked"


class Attributes(Part):
    """The comparison of each attribute; never the attribute itself."""

    personal_number: Match
    full_name: Match
    date_of_birth: Match


class ReviewReason(StrEnum):
    """Why the registry alone could not settle it."""

    PARTIAL_MATCH = "partial-match"
    TWO_CANDIDATES = "two-candidates"
    CONTRADICTORY_ANSWER = "contradictory-answer"
    APPLICANT_ERASED = "applicant-erased"
    REGISTRY_UNAVAILABLE = "registry-unavailable"


class Verdict(StrEnum):
    """What an officer finds in a review."""

    VERIFIED = "verified"
    REJECTED = "rejected"


class IdentityCheckRequested(Event, stream=Stream.IDENTITY, name="check-requested"):
    """The applicant of this dossier will be looked up in the population registry."""

    dossier: Dossier
    fee_basis: FeeBasis
    requested_at: AwareDatetime | None = Field(
        default=None, description="From when the registry has time to answer, before an officer looks."
    )


class IdentityVerified(Event, stream=Stream.IDENTITY, name="verified"):
    """The applicant exists and matches. Carries what payment needs to know what is owed."""

    dossier: Dossier
    fee_basis: FeeBasis
    attributes: Attributes
    verified_by: OfficerId | None = Field(
        default=None, description="The officer who decided a review; null when the registry alone sufficed."
    )
    confirmed_by: OfficerId | None = Field(
        default=None, description="The second pair of eyes, where a rule demands it."
    )


class IdentityRejected(Event, stream=Stream.IDENTITY, name="rejected"):
    """The applicant does not exist or does not match; the attributes say why."""

    dossier: Dossier
    attributes: Attributes
    rejected_by: OfficerId | None = Field(
        default=None, description="The officer who decided a review; null when the registry alone sufficed."
    )
    confirmed_by: OfficerId | None = Field(
        default=None, description="The second pair of eyes, where a rule demands it."
    )


class IdentityReviewRequired(Event, stream=Stream.IDENTITY, name="review-required"):
    """The registry's answer leaves a doubt that an officer must settle."""

    dossier: Dossier
    attributes: Attributes
    reason: ReviewReason
    four_eyes: RuleId | None = Field(
        default=None, description="The rule that demands a second officer; null: one will do."
    )


class IdentityReviewProposed(Event, stream=Stream.IDENTITY, name="review-proposed"):
    """An officer found this; another one must confirm it. Where the other finds otherwise, that is the new proposal."""

    dossier: Dossier
    verdict: Verdict
    proposed_by: OfficerId
    replaces: OfficerId | None = Field(default=None, description="Whose proposal this one contradicts.")


class IdentityCheckCancelled(Event, stream=Stream.IDENTITY, name="check-cancelled"):
    """The application was withdrawn before its applicant was verified: nobody will be looked up any more."""

    dossier: Dossier
