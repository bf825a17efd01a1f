"""Who is told what: one rule per event that concerns the applicant. Data, not code.

Invariant: each topic has one rule, and a template once used keeps its wording; new wording gets a new version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationSubmitted,
    Event,
    Facts,
    IdentityRejected,
    Medium,
    PaymentExpired,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    ResultReturned,
    Topic,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """When this event happens, the applicant is told about this topic."""

    event: type[Event]
    topic: Topic
    template: str
    facts: tuple[str, ...] = ()
    """What the message may mention of the event: fields of the same name in both."""
    medium: Medium = Medium.EMAIL

    @property
    def id(self) -> str:
        """How people and logs name this rule."""
        return f"{self.event.stream.value}.{self.event.name}/{self.medium.value}"

    def facts_of(self, event: Any) -> Facts:
        """The facts that this event gives."""
        return Facts(**{name: getattr(event, name) for name in self.facts})


RULES = (
    Rule(ApplicationSubmitted, Topic.SUBMITTED, "submitted.v1"),
    Rule(IdentityRejected, Topic.IDENTITY_REJECTED, "identity-rejected.v1", ("attributes",)),
    Rule(PaymentRequested, Topic.PAYMENT_REQUESTED, "payment-requested.v1", ("amount", "expires_at")),
    Rule(PaymentWaived, Topic.PAYMENT_WAIVED, "payment-waived.v1", ("act",)),
    Rule(PaymentSettled, Topic.PAYMENT_SETTLED, "payment-settled.v1", ("amount", "receipt")),
    Rule(PaymentExpired, Topic.PAYMENT_EXPIRED, "payment-expired.v1"),
    Rule(ApplicationAccepted, Topic.ACCEPTED, "accepted.v1", ("appointment",)),
    Rule(ApplicationDecided, Topic.DECIDED, "decided.v1", ("outcome",)),
    Rule(ResultReturned, Topic.RESULT_RETURNED, "result-returned.v1", ("outcome",)),
)

RULE_OF: Mapping[type[Event], Rule] = {rule.event: rule for rule in RULES}
RULE_ABOUT: Mapping[Topic, Rule] = {rule.topic: rule for rule in RULES}
