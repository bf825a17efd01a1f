"""Notification for tools: its rules on recorded events, and what led to those that no event of another service did.

Invariant: whatever a provider's answer or an officer's order led to, `recall` gives back a message that leads to it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from motcua_chassis.message import Decider, Exhausted
from motcua_chassis.replayable import Given, Replayable
from motcua_contracts import (
    Event,
    Failure,
    Medium,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    Stream,
    Topic,
)
from motcua_notification import domain, store
from motcua_notification.domain import (
    Accepted,
    ApplicantGone,
    NoAddress,
    Notices,
    NotReachable,
    OptedOut,
    Refused,
    ResendNotification,
    occasion,
)
from motcua_notification.rules import RULES, read_rules


def _exhausted(topic: Topic, number: int, medium: Medium, *, uncertain: bool) -> Exhausted:
    return Exhausted(f"{medium.value}:{occasion(topic, number)}", medium.value, uncertain)


_ANSWERS: Mapping[Failure, Callable[[Topic, int, Medium], Any]] = {
    Failure.REFUSED_BY_PROVIDER: Refused,
    Failure.NOT_REACHABLE: NotReachable,
    Failure.NO_ADDRESS: NoAddress,
    Failure.OPTED_OUT: OptedOut,
    Failure.APPLICANT_ERASED: ApplicantGone,
    Failure.PROVIDER_UNAVAILABLE: partial(_exhausted, uncertain=False),
    Failure.OUTCOME_UNKNOWN: partial(_exhausted, uncertain=True),
}


def recall(_state: Notices, events: Sequence[Event]) -> Any:
    """The answer or order that led to these events; None where another service's event did."""
    match events[0]:
        case NotificationSent() as sent:
            return Accepted(sent.topic, sent.number, sent.medium, sent.reference, sent.provider)
        case NotificationFailed() as failed:
            return _ANSWERS[failed.reason](failed.topic, failed.number, failed.medium)
        case NotificationRequested(requested_by=officer) as again if officer is not None:
            return ResendNotification(again.topic, again.number, officer)
        case _:
            return None


def _decider(given: Given) -> Decider[Notices]:
    rules = given.file("rules")
    return domain.DECIDER if rules is None else domain.decider(read_rules(rules))


REPLAYABLE = Replayable(
    stream=Stream.NOTIFICATION,
    reads=tuple(RULES.events),
    decider=_decider,
    recall=recall,
    project=store.project,
    takes={"rules": "a file in the place of reference/rules.yaml"},
)
