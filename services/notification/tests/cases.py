"""Events and requests the tests share; all synthetic."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.message import Message
from motcua_contracts import CATALOGUE, ApplicationSubmitted, Event, Language, NotificationRequested, Outcome, Topic
from motcua_contracts.tools.examples import story
from motcua_notification.domain import Notices, decide
from motcua_notification.rules import RULE_OF

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
APPLICATION = UUID("01a12dbb-321e-72fa-841f-117e7c8d821c")


def message(body: Any) -> Message:
    """This body as `decide` would see it."""
    return Message(body, APPLICATION, NOW, name_id(repr(body)))


def told_events() -> list[Event]:
    """One event of each type that somebody is told about, as if of one dossier."""
    found: dict[type[Event], Any] = {type(example.event): example.event for example in story()}
    dossier = found[ApplicationSubmitted].dossier
    return [found[event].model_copy(update={"dossier": dossier}) for event in CATALOGUE.values() if event in RULE_OF]


def event_about(topic: Topic) -> Event:
    """An event that this topic tells."""
    return next(event for event in told_events() if RULE_OF[type(event)].topic is topic)


def request_about(topic: Topic, language: Language = Language.VIETNAMESE, **changes: Any) -> NotificationRequested:
    """What is requested when that event happens with these changes."""
    event = event_about(topic).model_copy(update=changes)
    dossier = event.dossier.model_copy(update={"language": language})  # type: ignore[attr-defined]
    [request] = decide(Notices(), message(event.model_copy(update={"dossier": dossier})))  # type: ignore[misc]
    assert isinstance(request, NotificationRequested)
    return request


def all_requests() -> Iterator[NotificationRequested]:
    """Each rule in each language and, where it tells one, with each outcome."""
    for topic in Topic:
        tells_outcome = "outcome" in type(event_about(topic)).model_fields
        variants: list[dict[str, Any]] = [{"outcome": outcome} for outcome in Outcome] if tells_outcome else [{}]
        for changes in variants:
            for language in Language:
                yield request_about(topic, language, **changes)
