"""Identity for tools: its rules on recorded events, and what led to those that no event of another service did.

Invariant: whatever an answer, a ruling or a timer led to, `recall` gives back a message that leads to it.
"""

from collections.abc import Sequence
from typing import Any

from motcua_chassis.message import Decider, Timer
from motcua_chassis.replayable import Given, Replayable
from motcua_contracts import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Event,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    ReviewReason,
    Stream,
    Verdict,
)
from motcua_identity import domain, store
from motcua_identity.domain import OUTAGE, ApplicantGone, Identity, RegistryAnswered, ResolveReview
from motcua_identity.review_rules import load_rules

READS = (ApplicationSubmitted, ApplicationWithdrawn)


def recall(_state: Identity, events: Sequence[Event]) -> Any:
    """The answer, ruling or timer that led to these events; None where another service's event did."""
    match events[0]:
        case IdentityVerified(verified_by=first) as verified:
            ruling = _ruling(Verdict.VERIFIED, first, verified.confirmed_by)
            return ruling or RegistryAnswered(verified.attributes)
        case IdentityRejected(rejected_by=first) as rejected:
            ruling = _ruling(Verdict.REJECTED, first, rejected.confirmed_by)
            return ruling or RegistryAnswered(rejected.attributes)
        case IdentityReviewRequired() as review:
            return _doubted(review)
        case IdentityReviewProposed() as proposal:
            return ResolveReview(proposal.proposed_by, proposal.verdict)
        case _:
            return None


def _ruling(verdict: Verdict, first: Any, second: Any) -> ResolveReview | None:
    """Of two officers it is the second whose word settled it."""
    officer = second or first
    return ResolveReview(officer, verdict) if officer is not None else None


def _doubted(review: IdentityReviewRequired) -> ApplicantGone | Timer | RegistryAnswered:
    match review.reason:
        case ReviewReason.APPLICANT_ERASED:
            return ApplicantGone()
        case ReviewReason.REGISTRY_UNAVAILABLE:  # a used-up budget leads to the same
            return Timer(OUTAGE, OUTAGE)
        case ReviewReason.PARTIAL_MATCH:  # our judgement on the attributes, not the registry's
            return RegistryAnswered(review.attributes)
        case doubt:
            return RegistryAnswered(review.attributes, doubt)


def _decider(given: Given) -> Decider[Identity]:
    reviews = given.file("reviews")
    return domain.decider(
        load_rules(reviews) if reviews else load_rules(), given.duration("registry-patience") or domain.PATIENCE
    )


REPLAYABLE = Replayable(
    stream=Stream.IDENTITY,
    reads=READS,
    decider=_decider,
    recall=recall,
    project=store.project,
    takes={
        "reviews": "a file in the place of reference/reviews.yaml",
        "registry-patience": "how long a check may go unanswered",
    },
)
