"""The story is one the services could tell: causes are read, statuses follow, messages and refunds add up."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from motcua_contracts import (
    CATALOGUE,
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationStatusChanged,
    ApplicationSubmitted,
    ApplicationSupplemented,
    AppointmentExtended,
    IdentityCheckCancelled,
    IdentityCheckRequested,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Medium,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    PaymentCancelled,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundDeclined,
    RefundFailed,
    RefundRequested,
    SupplementRequested,
    Topic,
)
from motcua_contracts.tools.examples import TALES, story
from motcua_contracts.tools.topics import load_topics

TOPICS = Path(__file__).parents[1] / "topics"
REVIEWED = (IdentityReviewRequired, IdentityReviewProposed, IdentityVerified)
BY_ID = {example.envelope.id: example for example in story()}
NEVER_UNPROMPTED = (
    ApplicationStatusChanged,
    IdentityCheckRequested,
    IdentityCheckCancelled,
    PaymentRequested,
    PaymentWaived,
    PaymentCancelled,
    RefundDeclined,
)
"""What a service only says because of another service's event."""


def _of_each(*kinds: type[Any]) -> list[list[Any]]:
    """The events of these kinds, application by application, in order."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for envelope, event in story():
        if isinstance(event, kinds):
            found[envelope.subject].append(event)
    return list(found.values())


def test_every_event_topic_and_medium_occurs() -> None:
    assert {type(example.event) for example in story()} == {e for e in CATALOGUE.values() if e.successor is None}
    requests = [event for _, event in story() if isinstance(event, NotificationRequested)]
    assert {request.topic for request in requests} == set(Topic)
    assert {request.medium for request in requests} == set(Medium)


def test_a_tale_is_one_application_and_each_has_its_own() -> None:
    subjects = [{example.envelope.subject for example in tale()} for tale in TALES]
    assert all(len(subject) == 1 for subject in subjects)
    assert len(set.union(*subjects)) == len(TALES)


def test_a_cause_is_the_application_s_own_or_comes_from_outside() -> None:
    for envelope, event in story():
        cause = BY_ID.get(envelope.causation_id)
        assert cause is not None or not isinstance(event, NEVER_UNPROMPTED)
        if cause is not None:
            assert cause.envelope.subject == envelope.subject


def test_a_service_acts_only_on_what_its_topics_say_it_reads_and_on_all_of_it() -> None:
    topics = load_topics(TOPICS)
    declared = {
        (reader.name, topic.owner, name) for topic in topics for reader in topic.readers for name in reader.reads
    }
    acted = set()
    for envelope, event in story():
        cause = BY_ID.get(envelope.causation_id)
        if cause is not None:
            acted.add((event.stream, cause.event.stream, cause.event.name))
    assert acted == declared


def test_each_occasion_is_told_once_by_one_medium_after_the_other() -> None:
    for events in _of_each(NotificationRequested, NotificationSent, NotificationFailed):
        chains: dict[tuple[Topic, int], list[Any]] = defaultdict(list)
        for event in events:
            chains[event.topic, event.number].append(event)
        for chain in chains.values():
            asked, answers = chain[::2], chain[1::2]
            assert [type(request) for request in asked] == [NotificationRequested] * len(answers)
            assert [(r.medium, r.attempt) for r in asked] == [(a.medium, a.attempt) for a in answers]
            assert all(isinstance(answer, NotificationFailed) for answer in answers[:-1])
            for answer, request in zip(answers, asked[1:], strict=False):
                assert request.instead_of is answer.medium or request.attempt == answer.attempt + 1


def test_each_message_names_the_event_that_gave_rise_to_it() -> None:
    for envelope, event in story():
        if isinstance(event, NotificationRequested):
            because = BY_ID[event.because]
            assert event.rule is not None
            assert event.rule.startswith(f"{because.event.stream}.{because.event.name}")
            first = event.instead_of is None and event.attempt == 1
            assert (envelope.causation_id == event.because) is first


def test_a_supplement_request_is_answered_under_its_number() -> None:
    for events in _of_each(SupplementRequested, ApplicationSupplemented):
        asked, answers = events[::2], events[1::2]
        assert [event.number for event in asked] == list(range(1, len(asked) + 1))
        for request, answer in zip(asked, answers, strict=False):
            assert answer.number == request.number
            assert set(answer.items) == {marked.item for marked in request.items}
            assert answer.supplied_at <= request.respond_by


def test_an_appointment_only_moves_on() -> None:
    for events in _of_each(ApplicationAccepted, ApplicationSupplemented, AppointmentExtended):
        for before, after in pairwise(events):
            assert after.appointment > before.appointment
            assert getattr(after, "previous", before.appointment) == before.appointment


def test_four_eyes_are_those_of_two_officers_with_one_verdict() -> None:
    [events] = [events for events in _of_each(*REVIEWED) if any(isinstance(e, IdentityReviewProposed) for e in events)]
    doubt, first, second, verified = events
    assert doubt.four_eyes is not None
    assert second.replaces == first.proposed_by
    assert (verified.verified_by, verified.confirmed_by) == (second.proposed_by, first.proposed_by)


def test_money_that_was_taken_is_kept_by_a_result_or_by_a_rule_or_goes_back() -> None:
    kinds = (PaymentSettled, PaymentUnapplied, RefundRequested, RefundDeclined, ApplicationDecided)
    for events in _of_each(*kinds):
        taken = sum(e.amount for e in events if isinstance(e, (PaymentSettled, PaymentUnapplied)))
        back = sum(e.amount for e in events if isinstance(e, RefundRequested) and e.attempt == 1)
        stays = sum(e.amount for e in events if isinstance(e, RefundDeclined))
        granted = any(isinstance(e, ApplicationDecided) and e.outcome == "granted" for e in events)
        assert back + stays == (0 if granted else taken)


def test_a_refund_keeps_its_reference_number_and_amount_through_every_attempt() -> None:
    for events in _of_each(RefundRequested, RefundFailed, PaymentRefunded):
        assert len({(event.refund, event.number, event.amount) for event in events}) == 1
        assert isinstance(events[-1], PaymentRefunded)
        attempts = [event.attempt for event in events if isinstance(event, RefundRequested)]
        assert attempts == list(range(1, len(attempts) + 1))


def test_who_filed_for_somebody_else_is_on_record() -> None:
    filers = [event.dossier.filed_by for events in _of_each(ApplicationSubmitted) for event in events]
    assert [filer.capacity for filer in filers if filer] == ["counter-officer"]
