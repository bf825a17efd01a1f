"""Notification's own events say what led to them: a rehearsal of unchanged rules finds nothing."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua_chassis.message import Exhausted
from motcua_contracts import CATALOGUE, Failure, Medium, NotificationFailed, Stream, Topic
from motcua_notification.domain import Accepted, ResendNotification
from motcua_notification.replay import REPLAYABLE
from services.notification.tests.cases import ALL_MEDIUMS, OFFICER, event_about
from services.notification.tests.test_domain import answers
from tests.support.recorded_run import SECOND, RecordedRun

TOPICS = (Topic.SUBMITTED, Topic.DECIDED, Topic.SUPPLEMENT_REQUESTED)
OURS = {event for event in CATALOGUE.values() if event.stream is Stream.NOTIFICATION and event.successor is None}
MESSAGES: list[Any] = [
    *(event_about(topic, wishes) for topic in TOPICS for wishes in (ALL_MEDIUMS, (Medium.EMAIL,))),
    *(answer for topic in TOPICS for medium in Medium for answer in answers(topic, medium)),
    *(ResendNotification(topic, 1, OFFICER) for topic in TOPICS),
]
LIKELY = st.one_of(st.sampled_from(MESSAGES[:6]), st.sampled_from(MESSAGES[-3:]), st.sampled_from(MESSAGES))


def told(bodies: list[Any]) -> RecordedRun:
    run = RecordedRun(REPLAYABLE)
    for body in bodies:
        run.take(body)
    return run


@settings(deadline=None)
@given(st.lists(st.tuples(LIKELY, st.sampled_from([0, 3])), max_size=14))
def test_whatever_happened_unchanged_rules_say_the_same(steps: list[tuple[Any, int]]) -> None:
    run = RecordedRun(REPLAYABLE)
    for body, late in steps:
        run.take(body, SECOND, timedelta(seconds=late))
    assert run.rehearse() == []
    assert run.started_here <= OURS


def test_every_answer_about_every_topic_is_recalled() -> None:
    for topic in Topic:
        for answer in answers(topic, Medium.ZNS):
            run = told([event_about(topic, ALL_MEDIUMS), answer])
            assert run.rehearse() == [], (topic, answer)


def test_every_event_and_every_failure_that_begins_a_decision_is_recalled() -> None:
    happened = event_about(Topic.DECIDED)
    stories = [[happened, answer, ResendNotification(Topic.DECIDED, 1, OFFICER)] for answer in answers(Topic.DECIDED)]
    runs = [told(story) for story in stories]
    assert set.union(*(run.started_here for run in runs)) == OURS
    reasons = {e.event.reason for run in runs for e in run.own if isinstance(e.event, NotificationFailed)}
    assert reasons == set(Failure)
    assert [run.rehearse() for run in runs] == [[]] * len(runs)
    assert {type(body) for body in MESSAGES} >= {Exhausted, Accepted}
