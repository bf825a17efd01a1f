"""What notification decides: which event the applicant is told about, once, by which medium, and what became of it.

Pure: no I/O, no clock. One occasion of a topic, (topic, number), has at most one message on its way. It is sent again
only where it certainly did not leave (by the next medium), or by an officer's order. Every event carries its dossier,
so the order in which other services' events arrive does not matter.
"""

from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from motcua_chassis.message import Decider, Decision, Exhausted, Message, Refusal, Work
from motcua_chassis.vietnam import day_of
from motcua_contracts import (
    Dossier,
    Event,
    Failure,
    Medium,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    Topic,
)
from motcua_notification.rules import RULES, Rules

M = TypeVar("M")

_FINAL = frozenset({Failure.OUTCOME_UNKNOWN, Failure.APPLICANT_ERASED})
"""Failures after which no other medium is tried: it may have arrived, or there is nobody left."""


class Waiting(msgspec.Struct, frozen=True):
    """A message that has not ended; the request holds what its wording needs."""

    request: NotificationRequested
    tried: tuple[Medium, ...] = ()
    """Mediums that failed for certain before this one."""


class Failed(msgspec.Struct, frozen=True):
    """A message that did not (certainly) arrive, by any medium that was tried: an officer may order it again."""

    request: NotificationRequested
    reason: Failure
    tried: tuple[Medium, ...] = ()
    """This one's medium and those before it."""


class Notices(msgspec.Struct, frozen=True):
    """What the applicant of one application was to be told: the fold of its events. Keys: `<topic>:<number>`."""

    waiting: dict[str, Waiting] = {}
    failed: dict[str, Failed] = {}
    sent: tuple[str, ...] = ()

    def knows(self, key: str) -> bool:
        """Whether a message about this occasion was ever asked for."""
        return key in self.waiting or key in self.failed or key in self.sent

    def request(self, topic: Topic, number: int) -> NotificationRequested:
        """What is waiting to be sent about this occasion. Raises `KeyError` where nothing is."""
        return self.waiting[occasion(topic, number)].request


class _Answer(msgspec.Struct, frozen=True):
    """Of a provider, about one occasion of a topic."""

    topic: Topic
    number: int
    medium: Medium


class Accepted(_Answer, frozen=True):
    """An answer: the provider took the message over under this reference."""

    reference: str
    provider: str | None = None


class Refused(_Answer, frozen=True):
    """An answer: the provider refused the recipient or the message for good."""


class NotReachable(_Answer, frozen=True):
    """An answer: the address exists, but this medium does not lead to it (no Zalo account, blocked number)."""


class NoAddress(_Answer, frozen=True):
    """An answer: the applicant left no address that this medium could use."""


class OptedOut(_Answer, frozen=True):
    """An answer: the applicant does not want to be written to by this medium."""


class ApplicantGone(_Answer, frozen=True):
    """An answer: the applicant's data was erased; there is nobody to tell by any medium."""


class ResendNotification(msgspec.Struct, frozen=True):
    """A command: an officer orders a message that failed, or whose fate nobody knows, to be sent again."""

    topic: Topic
    number: int
    officer: UUID


_FAILURES: dict[type[Any], Failure] = {
    Refused: Failure.REFUSED_BY_PROVIDER,
    NotReachable: Failure.NOT_REACHABLE,
    NoAddress: Failure.NO_ADDRESS,
    OptedOut: Failure.OPTED_OUT,
    ApplicantGone: Failure.APPLICANT_ERASED,
}


def decide(rules: Rules, state: Notices, message: Message) -> Decision:
    """The answer to every message, in every state."""
    body = message.body
    match body:
        case Event():
            return _ask(rules, state, message)
        case Accepted():
            return _sent(state, body)
        case Refused() | NotReachable() | NoAddress() | OptedOut() | ApplicantGone():
            return _fail(rules, state, body.medium, occasion(body.topic, body.number), _FAILURES[type(body)])
        case Exhausted(key, _, uncertain):
            medium, topic, number = parse_key(key)
            reason = Failure.OUTCOME_UNKNOWN if uncertain else Failure.PROVIDER_UNAVAILABLE
            return _fail(rules, state, medium, occasion(topic, number), reason)
        case ResendNotification():
            return _resend(rules, state, body)
        case other:
            raise TypeError(f"notification has no decision for {type(other).__name__}")


def _ask(rules: Rules, state: Notices, message: Message) -> list[Event]:
    asked: list[Event] = []
    for rule in rules.asked_by(message.body, day_of(message.now)):
        dossier, number = message.body.dossier, rule.number_of(message.body)
        if state.knows(occasion(rule.topic, number)):
            continue
        request = NotificationRequested(
            dossier=dossier,
            topic=rule.topic,
            number=number,
            medium=_mediums(rule.mediums, dossier)[0],
            template=rule.template,
            rule=rule.id,
            facts=rule.facts_of(message.body),
            because=message.cause,
            required=rule.required is not None,
        )
        asked.append(request)
    return asked


def _sent(state: Notices, answer: Accepted) -> list[Event]:
    waiting = _waiting_on(state, answer.medium, occasion(answer.topic, answer.number))
    if waiting is None:
        return []
    sent = NotificationSent(
        topic=answer.topic,
        number=answer.number,
        medium=answer.medium,
        reference=answer.reference,
        provider=answer.provider,
        attempt=waiting.request.attempt,
    )
    return [sent]


def _fail(rules: Rules, state: Notices, medium: Medium, key: str, reason: Failure) -> list[Event]:
    waiting = _waiting_on(state, medium, key)
    if waiting is None:
        return []
    request = waiting.request
    failed = NotificationFailed(
        topic=request.topic, number=request.number, medium=medium, reason=reason, attempt=request.attempt
    )
    following = None if reason in _FINAL else _following(rules, waiting)
    if following is None:
        return [failed]
    return [failed, request.model_copy(update={"medium": following, "instead_of": medium, "requested_by": None})]


def _resend(rules: Rules, state: Notices, order: ResendNotification) -> Decision:
    """Where the fate is unknown, by the same medium, for its provider may know the message; else all over again."""
    key = occasion(order.topic, order.number)
    if not state.knows(key):
        return Refusal("notice-not-found", status=404)
    failed = state.failed.get(key)
    if failed is None:
        return Refusal("notice-waiting" if key in state.waiting else "notice-sent")
    if failed.reason is Failure.APPLICANT_ERASED:
        return Refusal("applicant-erased")
    request = failed.request
    unknown = failed.reason is Failure.OUTCOME_UNKNOWN
    change = {
        "medium": request.medium if unknown else _mediums(rules.mediums_of(request.rule), request.dossier)[0],
        "instead_of": None,
        "attempt": request.attempt + 1,
        "requested_by": order.officer,
    }
    return [request.model_copy(update=change)]


def _following(rules: Rules, waiting: Waiting) -> Medium | None:
    request = waiting.request
    used = {*waiting.tried, request.medium}
    mediums = _mediums(rules.mediums_of(request.rule), request.dossier)
    return next((medium for medium in mediums if medium not in used), None)


def _mediums(allowed: tuple[Medium, ...], dossier: Dossier) -> list[Medium]:
    """In the order in which they are tried: as the applicant wishes, and e-mail at the end."""
    wanted = [medium for medium in dossier.reach_by if medium in allowed]
    return list(dict.fromkeys([*wanted, Medium.EMAIL]))


def _waiting_on(state: Notices, medium: Medium, key: str) -> Waiting | None:
    """A message that is on its way by this medium; None for any other: a late answer changes nothing."""
    waiting = state.waiting.get(key)
    return waiting if waiting is not None and waiting.request.medium is medium else None


def evolve(state: Notices, event: Any) -> Notices:
    """The state after one of notification's own events."""
    match event:
        case NotificationRequested():
            return _requested(state, event)
        case NotificationSent() | NotificationFailed():
            return _ended(state, event)
        case _:
            return state


def _requested(state: Notices, event: NotificationRequested) -> Notices:
    key = occasion(event.topic, event.number)
    before = state.failed.get(key)
    tried = before.tried if before is not None and event.instead_of is not None else ()
    return Notices({**state.waiting, key: Waiting(event, tried)}, _without(state.failed, key), state.sent)


def _ended(state: Notices, event: NotificationSent | NotificationFailed) -> Notices:
    key = occasion(event.topic, event.number)
    ended = state.waiting.get(key)
    if ended is None:
        return state
    waiting = _without(state.waiting, key)
    if isinstance(event, NotificationSent):
        return Notices(waiting, state.failed, (*state.sent, key))
    failed = Failed(ended.request, event.reason, (*ended.tried, event.medium))
    return Notices(waiting, {**state.failed, key: failed}, state.sent)


def _without(messages: dict[str, M], key: str) -> dict[str, M]:
    return {other: message for other, message in messages.items() if other != key}


def due(state: Notices) -> dict[str, Work]:
    """Every message that has not ended is to be sent."""
    return {f"{w.request.medium.value}:{key}": Work(w.request.medium.value) for key, w in state.waiting.items()}


def occasion(topic: Topic, number: int) -> str:
    """How the state names one occasion of a topic: `decided:1`."""
    return f"{topic.value}:{number}"


def parse_key(key: str) -> tuple[Medium, Topic, int]:
    """What a key of `due` names: `sms:supplement-requested:2`."""
    medium, topic, number = key.split(":")
    return Medium(medium), Topic(topic), int(number)


def decider(rules: Rules) -> Decider[Notices]:
    """Notification's business under these rules."""
    return Decider(Notices(), partial(decide, rules), evolve, due)


DECIDER = decider(RULES)
