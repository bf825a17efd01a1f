"""What identity decides: whether the applicant is who they say they are, and when an officer must look.

Pure: no I/O, no clock. An application is checked once; only a full match verifies without an officer, and only an
unknown number or a record of somebody else rejects without one. No message holds an attribute, only how it compared.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Decider, Decision, Exhausted, Message, Refusal, Work
from motcua_contracts import (
    ApplicationSubmitted,
    Attributes,
    Event,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
)

REGISTRY = "registry"
NOTHING_CHECKED = Attributes(
    personal_number=Match.NOT_CHECKED, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED
)
EVERYTHING_MATCHES = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)


class Phase(StrEnum):
    """Where the check of one applicant stands."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    IN_REVIEW = "in-review"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Identity(msgspec.Struct, frozen=True):
    """The check of one application: the fold of its events."""

    phase: Phase = Phase.UNKNOWN
    request: IdentityCheckRequested | None = None
    attributes: Attributes | None = None
    review: ReviewReason | None = None
    """Why an officer had to look; stays after they have."""


class RegistryAnswered(msgspec.Struct, frozen=True):
    """An answer: how each attribute compared. The attributes themselves stay in the adapter."""

    attributes: Attributes


class ApplicantGone(msgspec.Struct, frozen=True):
    """An answer: the applicant's data were erased before they could be checked."""


class ResolveReview(msgspec.Struct, frozen=True):
    """A command: an officer settles the doubt."""

    officer: UUID
    verified: bool


def decide(state: Identity, message: Message) -> Decision:
    """What follows from a message, in any phase."""
    match message.body:
        case ApplicationSubmitted() as submitted:
            return _request(state, submitted)
        case RegistryAnswered(attributes):
            return _judge(state, attributes)
        case ApplicantGone():
            return _ask_officer(state, ReviewReason.APPLICANT_ERASED, NOTHING_CHECKED)
        case Exhausted(kind="registry"):
            return _ask_officer(state, ReviewReason.REGISTRY_UNAVAILABLE, NOTHING_CHECKED)
        case ResolveReview() as verdict:
            return _resolve(state, verdict)
        case other:
            raise TypeError(f"identity has no decision for {type(other).__name__}")


def _request(state: Identity, submitted: ApplicationSubmitted) -> list[Event]:
    if state.phase is not Phase.UNKNOWN:
        return []
    return [IdentityCheckRequested(dossier=submitted.dossier, fee_basis=submitted.fee_basis)]


def _judge(state: Identity, found: Attributes) -> list[Event]:
    asked = state.request
    if state.phase is not Phase.REQUESTED or asked is None:
        return []
    if found == EVERYTHING_MATCHES:
        return [IdentityVerified(dossier=asked.dossier, fee_basis=asked.fee_basis, attributes=found)]
    if found.personal_number is Match.NOT_FOUND or found.full_name is found.date_of_birth is Match.MISMATCH:
        return [IdentityRejected(dossier=asked.dossier, attributes=found)]
    return _ask_officer(state, ReviewReason.PARTIAL_MATCH, found)


def _ask_officer(state: Identity, reason: ReviewReason, found: Attributes) -> list[Event]:
    if state.phase is not Phase.REQUESTED or state.request is None:
        return []
    return [IdentityReviewRequired(dossier=state.request.dossier, attributes=found, reason=reason)]


def _resolve(state: Identity, verdict: ResolveReview) -> list[Event] | Refusal:
    asked, found = state.request, state.attributes
    if state.phase is not Phase.IN_REVIEW or asked is None or found is None:
        return Refusal("not-in-review")
    if verdict.verified:
        verified = IdentityVerified(
            dossier=asked.dossier, fee_basis=asked.fee_basis, attributes=found, verified_by=verdict.officer
        )
        return [verified]
    return [IdentityRejected(dossier=asked.dossier, attributes=found, rejected_by=verdict.officer)]


def evolve(state: Identity, event: Any) -> Identity:
    """The state after one of identity's own events."""
    match event:
        case IdentityCheckRequested():
            return replace(state, phase=Phase.REQUESTED, request=event)
        case IdentityReviewRequired():
            return replace(state, phase=Phase.IN_REVIEW, attributes=event.attributes, review=event.reason)
        case IdentityVerified():
            return replace(state, phase=Phase.VERIFIED, attributes=event.attributes)
        case IdentityRejected():
            return replace(state, phase=Phase.REJECTED, attributes=event.attributes)
        case _:
            return state


def due(state: Identity) -> dict[str, Work]:
    """While a check is requested, the registry is to be asked."""
    return {REGISTRY: Work(REGISTRY)} if state.phase is Phase.REQUESTED else {}


DECIDER = Decider(Identity(), decide, evolve, due)
