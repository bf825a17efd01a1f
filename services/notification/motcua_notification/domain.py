"""What notification decides: which event the applicant is told about, once, and what became of each message.

Pure: no I/O, no clock. A topic is told at most once per application; a message whose fate nobody knows is never sent
again by us. Every event carries its dossier, so the order in which other services' events arrive does not matter.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from motcua_chassis.message import Decider, Decision, Exhausted, Message, Work
from motcua_contracts import (
    Event,
    Failure,
    Medium,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    Topic,
)
from motcua_notification.rules import RULE_OF, Rule


class Notices(msgspec.Struct, frozen=True):
    """What the applicant of one application was to be told: the fold of its events."""

    waiting: dict[Topic, NotificationRequested] = {}
    """Messages that have not ended; each request holds what its wording needs."""
    ended: tuple[Topic, ...] = ()

    def knows(self, topic: Topic) -> bool:
        """Whether a message about this was ever asked for."""
        return topic in self.waiting or topic in self.ended


class MailAccepted(msgspec.Struct, frozen=True):
    """An answer: the mail server took the message over under this Message-ID."""

    topic: Topic
    reference: str


class MailRefused(msgspec.Struct, frozen=True):
    """An answer: the mail server refused the recipient or the message for good (5xx)."""

    topic: Topic


class NoAddress(msgspec.Struct, frozen=True):
    """An answer: the applicant left no address that mail could be sent to."""

    topic: Topic


class ApplicantGone(msgspec.Struct, frozen=True):
    """An answer: the applicant's data was erased; there is nobody to tell."""

    topic: Topic


def decide(state: Notices, message: Message) -> Decision:
    """The answer to every message, in every state."""
    body = message.body
    rule = RULE_OF.get(type(body))
    if rule is not None:
        return _request(state, rule, message)
    match body:
        case MailAccepted(topic, reference):
            medium = _waiting_on(state, topic)
            return [NotificationSent(topic=topic, medium=medium, reference=reference)] if medium else []
        case MailRefused(topic):
            return _fail(state, topic, Failure.REFUSED_BY_PROVIDER)
        case NoAddress(topic):
            return _fail(state, topic, Failure.NO_ADDRESS)
        case ApplicantGone(topic):
            return _fail(state, topic, Failure.APPLICANT_ERASED)
        case Exhausted(key, _, uncertain):
            return _fail(state, topic_of(key), Failure.OUTCOME_UNKNOWN if uncertain else Failure.PROVIDER_UNAVAILABLE)
        case other:
            raise TypeError(f"notification has no decision for {type(other).__name__}")


def _request(state: Notices, rule: Rule, message: Message) -> list[Event]:
    if state.knows(rule.topic):
        return []
    request = NotificationRequested(
        dossier=message.body.dossier,
        topic=rule.topic,
        medium=rule.medium,
        template=rule.template,
        facts=rule.facts_of(message.body),
        because=message.cause,
    )
    return [request]


def _fail(state: Notices, topic: Topic, reason: Failure) -> list[Event]:
    medium = _waiting_on(state, topic)
    return [NotificationFailed(topic=topic, medium=medium, reason=reason)] if medium else []


def _waiting_on(state: Notices, topic: Topic) -> Medium | None:
    """The medium of a message that has not ended; None for any other: a late answer changes nothing."""
    request = state.waiting.get(topic)
    return request.medium if request else None


def evolve(state: Notices, event: Any) -> Notices:
    """The state after one of notification's own events."""
    match event:
        case NotificationRequested():
            return replace(state, waiting={**state.waiting, event.topic: event})
        case NotificationSent() | NotificationFailed():
            waiting = {topic: request for topic, request in state.waiting.items() if topic is not event.topic}
            return Notices(waiting, state.ended if event.topic in state.ended else (*state.ended, event.topic))
        case _:
            return state


def due(state: Notices) -> dict[str, Work]:
    """Every message that has not ended is to be sent."""
    return {f"{r.medium.value}:{topic.value}": Work(r.medium.value) for topic, r in state.waiting.items()}


def topic_of(key: str) -> Topic:
    """The topic of a key of `due`: `email:accepted` -> `accepted`."""
    return Topic(key.partition(":")[2])


DECIDER = Decider(Notices(), decide, evolve, due)
