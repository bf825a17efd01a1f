"""What notification decides: every state x message pair is answered, and nobody is told twice."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.message import Exhausted, Timer, Work
from motcua_contracts import Event, Failure, NotificationFailed, NotificationRequested, NotificationSent, Topic
from motcua_notification.domain import (
    ApplicantGone,
    MailAccepted,
    MailRefused,
    NoAddress,
    Notices,
    decide,
    due,
    evolve,
    topic_of,
)
from motcua_notification.rules import RULE_ABOUT, RULE_OF, RULES
from services.notification.tests.cases import event_about, message, request_about, told_events

REFERENCE = "<0d9b6f0a-46a5-4a33-a1c1-64fd11d41c93@motcua.vn>"


def answers(topic: Topic) -> list[Any]:
    key = f"email:{topic.value}"
    return [
        MailAccepted(topic, REFERENCE),
        MailRefused(topic),
        NoAddress(topic),
        ApplicantGone(topic),
        Exhausted(key, "email", uncertain=True),
        Exhausted(key, "email", uncertain=False),
    ]


def after(*bodies: Any) -> Notices:
    state = Notices()
    for body in bodies:
        for event in decided(state, body):
            state = evolve(state, event)
    return state


def decided(state: Notices, body: Any) -> list[Event]:
    verdict = decide(state, message(body))
    assert isinstance(verdict, list)
    return verdict


BODIES = [*told_events(), *(answer for topic in Topic for answer in answers(topic))]


def test_every_topic_has_one_rule_and_every_rule_another_event() -> None:
    assert set(RULE_ABOUT) == set(Topic)
    assert len(RULE_OF) == len(RULES) == len(Topic)
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("topic", Topic)
def test_an_event_asks_for_its_message_once(topic: Topic) -> None:
    happened = event_about(topic)
    [request] = decided(Notices(), happened)
    assert isinstance(request, NotificationRequested)
    assert (request.topic, request.template) == (topic, f"{topic.value}.v1")
    assert request.because == message(happened).cause
    assert decided(after(happened), happened) == []
    for answer in answers(topic):
        assert decided(after(happened, answer), happened) == []


def test_a_request_carries_the_facts_its_wording_needs() -> None:
    facts = {topic: request_about(topic).facts.model_dump(exclude_none=True).keys() for topic in Topic}
    assert facts == {topic: set(RULE_ABOUT[topic].facts) for topic in Topic}


def test_an_accepted_mail_is_sent() -> None:
    [sent] = decided(after(event_about(Topic.ACCEPTED)), MailAccepted(Topic.ACCEPTED, REFERENCE))
    assert isinstance(sent, NotificationSent)
    assert (sent.topic, sent.reference) == (Topic.ACCEPTED, REFERENCE)


@pytest.mark.parametrize(
    ("answer", "reason"),
    list(
        zip(
            answers(Topic.DECIDED)[1:],
            [
                Failure.REFUSED_BY_PROVIDER,
                Failure.NO_ADDRESS,
                Failure.APPLICANT_ERASED,
                Failure.OUTCOME_UNKNOWN,
                Failure.PROVIDER_UNAVAILABLE,
            ],
            strict=True,
        )
    ),
)
def test_a_mail_that_was_not_taken_over_failed_for_this_reason(answer: Any, reason: Failure) -> None:
    [failed] = decided(after(event_about(Topic.DECIDED)), answer)
    assert isinstance(failed, NotificationFailed)
    assert (failed.topic, failed.reason) == (Topic.DECIDED, reason)


@given(st.lists(st.sampled_from(BODIES), max_size=40))
def test_whatever_comes_in_whatever_order_a_topic_is_requested_and_ended_at_most_once(bodies: list[Any]) -> None:
    state, seen = Notices(), []
    for body in bodies:
        for event in decided(state, body):
            state = evolve(state, event)
            seen.append((event.topic, isinstance(event, NotificationRequested)))  # type: ignore[attr-defined]
    assert len(seen) == len(set(seen))
    requested = {topic for topic, is_request in seen if is_request}
    ended = {topic for topic, is_request in seen if not is_request}
    assert ended <= requested
    assert {topic_of(key) for key in due(state)} == requested - ended == set(state.waiting)


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    for topic in Topic:
        for answer in answers(topic):
            assert decided(Notices(), answer) == []
            assert decided(after(event_about(topic), answer), answer) == []


def test_a_message_that_has_not_ended_is_work_under_its_own_key() -> None:
    state = after(event_about(Topic.SUBMITTED), event_about(Topic.ACCEPTED), MailRefused(Topic.SUBMITTED))
    assert due(state) == {"email:accepted": Work("email")}


def test_a_message_nobody_sends_here_is_a_defect() -> None:
    with pytest.raises(TypeError, match="Timer"):
        decide(Notices(), message(Timer("x", "y")))


def test_the_state_survives_its_storage() -> None:
    state = after(*told_events(), MailRefused(Topic.SUBMITTED))
    aggregates = Aggregates(Notices())
    stored = aggregates._encode(state)
    assert aggregates.decode(stored) == state
    assert msgspec.json.decode(stored)["ended"] == ["submitted"]
