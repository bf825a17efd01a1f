"""The business both builds carry: four stages, pure functions over the real events, eight events per application.

identity: submitted -> check requested, verified · payment: verified -> waived · intake: verified, waived -> status
changed, twice · notification: submitted, waived -> requested, twice. No outside calls: only the plumbing is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel

from motcua_contracts import (
    ApplicationStatusChanged,
    ApplicationSubmitted,
    Attributes,
    Event,
    IdentityCheckRequested,
    IdentityVerified,
    Match,
    Medium,
    NotificationRequested,
    PaymentWaived,
    Status,
    Stream,
    Topic,
    WaiverReason,
)

_MATCH = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)


class Progress(msgspec.Struct, frozen=True):
    """What a stage remembers of an application."""

    seen: tuple[str, ...] = ()
    status: Status = Status.SUBMITTED


class Filing(BaseModel):
    """What a door takes in."""

    code: str
    procedure: str
    agency: str


@dataclass(frozen=True)
class Stage:
    """One service of the pipeline."""

    stream: Stream
    reads: tuple[type[Event], ...]
    decide: Callable[[Progress, Any, UUID], list[Event]]
    published: int
    """Events per application."""


def _identity(state: Progress, event: ApplicationSubmitted, _cause: UUID) -> list[Event]:
    if state.seen:
        return []
    requested = IdentityCheckRequested(dossier=event.dossier, fee_basis=event.fee_basis)
    verified = IdentityVerified(dossier=event.dossier, fee_basis=event.fee_basis, attributes=_MATCH)
    return [requested, verified]


def _payment(state: Progress, event: IdentityVerified, _cause: UUID) -> list[Event]:
    if state.seen:
        return []
    reason = WaiverReason.FREE_OF_CHARGE
    return [PaymentWaived(dossier=event.dossier, reason=reason, rule="bench.free", act="97/2015/QH13")]


def _intake(state: Progress, event: Event, _cause: UUID) -> list[Event]:
    status = Status.IDENTITY_VERIFIED if isinstance(event, IdentityVerified) else Status.FEE_SETTLED
    return [] if status in state.seen else [ApplicationStatusChanged(status=status, previous=state.status)]


def _notification(state: Progress, event: Any, cause: UUID) -> list[Event]:
    topic = Topic.SUBMITTED if isinstance(event, ApplicationSubmitted) else Topic.PAYMENT_WAIVED
    if topic in state.seen:
        return []
    template = f"{topic.value}.v1"
    return [
        NotificationRequested(dossier=event.dossier, topic=topic, medium=Medium.EMAIL, template=template, because=cause)
    ]


def evolve(state: Progress, event: Any) -> Progress:
    """Remember what was published."""
    match event:
        case ApplicationStatusChanged():
            return replace(state, seen=(*state.seen, event.status.value), status=event.status)
        case ApplicationSubmitted():
            return state
        case NotificationRequested():
            return replace(state, seen=(*state.seen, event.topic.value))
        case _:
            return replace(state, seen=(*state.seen, event.name))


STAGES = {
    "identity": Stage(Stream.IDENTITY, (ApplicationSubmitted,), _identity, 2),
    "payment": Stage(Stream.PAYMENT, (IdentityVerified,), _payment, 1),
    "intake": Stage(Stream.INTAKE, (IdentityVerified, PaymentWaived), _intake, 2),
    "notification": Stage(Stream.NOTIFICATION, (ApplicationSubmitted, PaymentWaived), _notification, 2),
}
