"""What identity says in the story: the registry's answers, and what officers make of its doubts."""

from datetime import datetime
from uuid import UUID

from motcua_contracts.identity import (
    Attributes,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
    Verdict,
)
from motcua_contracts.intake import Status
from motcua_contracts.notification import Facts, Topic
from motcua_contracts.tools.examples.herald import notify
from motcua_contracts.tools.telling import Telling

MATCHED = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
NAME_DIFFERS = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.MATCH)
NOBODY = Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED)


def verify(
    it: Telling,
    time: datetime,
    attributes: Attributes = MATCHED,
    verified_by: UUID | None = None,
    confirmed_by: UUID | None = None,
) -> UUID:
    """The applicant is who they say they are: the registry says so, or officers do."""
    event = IdentityVerified(
        dossier=it.dossier,
        fee_basis=it.basis,
        attributes=attributes,
        verified_by=verified_by,
        confirmed_by=confirmed_by,
    )
    verified = it.tell(time, event, it.outside(time, "verdict" if verified_by else "registry answered"))
    it.move(Status.IDENTITY_VERIFIED, verified)
    return verified


def reject(it: Telling, time: datetime, attributes: Attributes) -> None:
    """The registry knows no such person: the application ends."""
    event = IdentityRejected(dossier=it.dossier, attributes=attributes)
    rejected = it.tell(time, event, it.outside(time, "registry answered"))
    it.move(Status.IDENTITY_REJECTED, rejected)
    notify(it, Topic.IDENTITY_REJECTED, rejected, Facts(attributes=attributes))


def doubt(
    it: Telling, time: datetime, attributes: Attributes, reason: ReviewReason, four_eyes: str | None = None
) -> None:
    """The registry's answer does not settle it."""
    event = IdentityReviewRequired(dossier=it.dossier, attributes=attributes, reason=reason, four_eyes=four_eyes)
    doubted = it.tell(time, event, it.outside(time, "registry answered"))
    it.move(Status.IDENTITY_IN_REVIEW, doubted)
    notify(it, Topic.IDENTITY_IN_REVIEW, doubted, Facts(review=reason))


def propose(it: Telling, time: datetime, verdict: Verdict, officer: UUID, replaces: UUID | None = None) -> None:
    """One of two officers has a verdict."""
    event = IdentityReviewProposed(dossier=it.dossier, verdict=verdict, proposed_by=officer, replaces=replaces)
    it.tell(time, event, it.outside(time, "verdict"))
