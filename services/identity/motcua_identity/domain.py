"""What identity decides: whether the applicant is who they say they are, and when one officer or two must look.

Pure: no I/O, no clock. An application is checked once; only a full match verifies without an officer, only an unknown
number or a record of somebody else rejects without one, and a withdrawn application is not looked up any more. No
message holds an attribute, only how it compared.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Decider, Decision, Exhausted, Message, Refusal, Timer, Work
from motcua_contracts import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Attributes,
    Dossier,
    Event,
    IdentityCheckCancelled,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
    Verdict,
)
from motcua_identity.review_rules import ReviewRules

REGISTRY = "registry"
OUTAGE = "registry-outage"
"""The timer after which an officer looks instead of the registry."""
PATIENCE = timedelta(minutes=15)
NOTHING_CHECKED = Attributes(
    personal_number=Match.NOT_CHECKED, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED
)
EVERYTHING_MATCHES = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)


class Phase(StrEnum):
    """Where the check of one applicant stands; the last three are ends."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    IN_REVIEW = "in-review"
    VERIFIED = "verified"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Proposal(msgspec.Struct, frozen=True):
    """What one officer found where two must agree."""

    officer: UUID
    verdict: Verdict


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The check of one application: the fold of its events."""

    phase: Phase = Phase.UNKNOWN
    request: IdentityCheckRequested | None = None
    attributes: Attributes | None = None
    review: ReviewReason | None = None
    """Why an officer had to look; stays after they have."""
    four_eyes: str | None = None
    """The rule that demanded a second officer when the review opened: a later rule does not touch it."""
    proposal: Proposal | None = None
    officers: tuple[UUID, ...] = ()
    """Whose verdict it was, one or two; none where the registry sufficed."""
    cancelled: Dossier | None = None
    """What was withdrawn, perhaps before anybody asked for its check."""

    @property
    def dossier(self) -> Dossier | None:
        """What the check is about, as soon as anything is known of it."""
        return self.request.dossier if self.request is not None else self.cancelled


class RegistryAnswered(msgspec.Struct, frozen=True):
    """An answer: how each attribute compared. The attributes themselves stay in the adapter."""

    attributes: Attributes
    doubt: ReviewReason | None = None
    """Why the answer cannot be trusted, whatever the attributes say."""


class ApplicantGone(msgspec.Struct, frozen=True):
    """An answer: the applicant's data were erased before they could be checked."""


class ResolveReview(msgspec.Struct, frozen=True):
    """A command: an officer says what they find."""

    officer: UUID
    verdict: Verdict


def decider(rules: ReviewRules, patience: timedelta = PATIENCE) -> Decider[Identity]:
    """Identity's business under these rules; the registry has this long to answer before an officer looks."""

    def decide(state: Identity, message: Message) -> Decision:
        match message.body:
            case ApplicationSubmitted() as submitted:
                return _request(state, submitted, message.now)
            case ApplicationWithdrawn(dossier=dossier):
                return _cancel(state, dossier)
            case RegistryAnswered() as answer:
                return _judge(state, answer, rules)
            case ApplicantGone():
                return _ask_officer(state, ReviewReason.APPLICANT_ERASED, NOTHING_CHECKED, rules)
            case Exhausted(kind="registry") | Timer(kind="registry-outage"):
                return _ask_officer(state, ReviewReason.REGISTRY_UNAVAILABLE, NOTHING_CHECKED, rules)
            case ResolveReview() as found:
                return _resolve(state, found)
            case other:
                raise TypeError(f"identity has no decision for {type(other).__name__}")

    def due(state: Identity) -> dict[str, Work]:
        """While a check is requested the registry is to be asked, within our patience."""
        if state.phase is not Phase.REQUESTED or state.request is None:
            return {}
        asked_at = state.request.requested_at
        # Requests of the first version do not say when they were made: only the retry budget ends those.
        waits = {} if asked_at is None else {OUTAGE: Work(OUTAGE, asked_at + patience)}
        return {REGISTRY: Work(REGISTRY), **waits}

    return Decider(Identity(), decide, evolve, due)


def _request(state: Identity, submitted: ApplicationSubmitted, now: datetime) -> list[Event]:
    if state.phase is not Phase.UNKNOWN:
        return []
    return [IdentityCheckRequested(dossier=submitted.dossier, fee_basis=submitted.fee_basis, requested_at=now)]


def _cancel(state: Identity, withdrawn: Dossier) -> list[Event]:
    if state.phase not in {Phase.UNKNOWN, Phase.REQUESTED, Phase.IN_REVIEW}:
        return []
    return [IdentityCheckCancelled(dossier=withdrawn)]


def _judge(state: Identity, answer: RegistryAnswered, rules: ReviewRules) -> list[Event]:
    asked, found = state.request, answer.attributes
    if state.phase is not Phase.REQUESTED or asked is None:
        return []
    if answer.doubt is not None:
        return _ask_officer(state, answer.doubt, found, rules)
    if found == EVERYTHING_MATCHES:
        return [IdentityVerified(dossier=asked.dossier, fee_basis=asked.fee_basis, attributes=found)]
    if found.personal_number is Match.NOT_FOUND or found.full_name is found.date_of_birth is Match.MISMATCH:
        return [IdentityRejected(dossier=asked.dossier, attributes=found)]
    return _ask_officer(state, ReviewReason.PARTIAL_MATCH, found, rules)


def _ask_officer(state: Identity, reason: ReviewReason, found: Attributes, rules: ReviewRules) -> list[Event]:
    asked = state.request
    if state.phase is not Phase.REQUESTED or asked is None:
        return []
    rule = rules.four_eyes(asked.dossier.procedure, asked.fee_basis.submitted_on)
    review = IdentityReviewRequired(
        dossier=asked.dossier, attributes=found, reason=reason, four_eyes=None if rule is None else rule.id
    )
    return [review]


def _resolve(state: Identity, found: ResolveReview) -> list[Event] | Refusal:
    asked, attributes = state.request, state.attributes
    if state.phase is Phase.CANCELLED:
        return Refusal("application-withdrawn")
    if state.phase is not Phase.IN_REVIEW or asked is None or attributes is None:
        return Refusal("not-in-review")
    if asked.dossier.filed_by is not None and asked.dossier.filed_by.id == found.officer:
        return Refusal("filer-may-not-review")
    if state.four_eyes is None:
        return [_verdict(asked, attributes, found.verdict, found.officer)]
    return _of_two(asked, attributes, state.proposal, found)


def _of_two(
    asked: IdentityCheckRequested, attributes: Attributes, first: Proposal | None, found: ResolveReview
) -> list[Event] | Refusal:
    if first is not None and first.officer == found.officer:
        return Refusal("second-officer-needed")
    if first is not None and first.verdict is found.verdict:
        return [_verdict(asked, attributes, found.verdict, first.officer, found.officer)]
    proposal = IdentityReviewProposed(
        dossier=asked.dossier,
        verdict=found.verdict,
        proposed_by=found.officer,
        replaces=None if first is None else first.officer,
    )
    return [proposal]


def _verdict(
    asked: IdentityCheckRequested, found: Attributes, verdict: Verdict, officer: UUID, second: UUID | None = None
) -> Event:
    if verdict is Verdict.REJECTED:
        return IdentityRejected(dossier=asked.dossier, attributes=found, rejected_by=officer, confirmed_by=second)
    return IdentityVerified(
        dossier=asked.dossier, fee_basis=asked.fee_basis, attributes=found, verified_by=officer, confirmed_by=second
    )


def evolve(state: Identity, event: Any) -> Identity:
    """The state after one of identity's own events."""
    match event:
        case IdentityCheckRequested():
            return replace(state, phase=Phase.REQUESTED, request=event)
        case IdentityReviewRequired(attributes=found, reason=reason, four_eyes=rule):
            return replace(state, phase=Phase.IN_REVIEW, attributes=found, review=reason, four_eyes=rule)
        case IdentityReviewProposed():
            return replace(state, proposal=Proposal(event.proposed_by, event.verdict))
        case IdentityVerified() | IdentityRejected():
            return _settled(state, event)
        case IdentityCheckCancelled():
            return replace(state, phase=Phase.CANCELLED, proposal=None, cancelled=event.dossier)
        case _:
            return state


def _settled(state: Identity, event: IdentityVerified | IdentityRejected) -> Identity:
    if isinstance(event, IdentityVerified):
        phase, first = Phase.VERIFIED, event.verified_by
    else:
        phase, first = Phase.REJECTED, event.rejected_by
    officers = tuple(officer for officer in (first, event.confirmed_by) if officer is not None)
    return replace(state, phase=phase, attributes=event.attributes, proposal=None, officers=officers)
