"""What notification decides: every state x message pair is answered, and nobody is told twice."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.message import Exhausted, Refusal, Timer, Work
from motcua_contracts import (
    CATALOGUE,
    Event,
    Failure,
    Medium,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    Topic,
)
from motcua_notification.domain import (
    DECIDER,
    Accepted,
    ApplicantGone,
    NoAddress,
    Notices,
    NotReachable,
    OptedOut,
    Refused,
    ResendNotification,
    due,
    evolve,
    occasion,
    parse_key,
)
from motcua_notification.rules import RULES
from services.notification.tests.cases import (
    ALL_MEDIUMS,
    NOW,
    OFFICER,
    event_about,
    message,
    request_about,
    told_events,
)

REFERENCE = "<0d9b6f0a-46a5-4a33-a1c1-64fd11d41c93@motcua.vn>"
DECIDED = Topic.DECIDED
NUMBERED = {Topic.SUPPLEMENT_REQUESTED, Topic.SUPPLEMENT_RECEIVED, Topic.REFUND_REQUESTED, Topic.PAYMENT_REFUNDED}
CERTAIN = {
    Refused: Failure.REFUSED_BY_PROVIDER,
    NotReachable: Failure.NOT_REACHABLE,
    NoAddress: Failure.NO_ADDRESS,
    OptedOut: Failure.OPTED_OUT,
}


def exhausted(topic: Topic, number: int, medium: Medium, *, uncertain: bool) -> Exhausted:
    return Exhausted(f"{medium.value}:{topic.value}:{number}", medium.value, uncertain)


def answers(topic: Topic, medium: Medium = Medium.EMAIL, number: int = 1) -> list[Any]:
    """Every answer, the good one first."""
    return [
        Accepted(topic, number, medium, REFERENCE),
        *(answer(topic, number, medium) for answer in CERTAIN),
        ApplicantGone(topic, number, medium),
        exhausted(topic, number, medium, uncertain=False),
        exhausted(topic, number, medium, uncertain=True),
    ]


def order(topic: Topic, number: int = 1) -> ResendNotification:
    return ResendNotification(topic, number, OFFICER)


def verdict(state: Notices, body: Any, now: datetime = NOW) -> Any:
    return DECIDER.decide(state, message(body, now))


def decided(state: Notices, body: Any) -> list[Event]:
    found = verdict(state, body)
    assert isinstance(found, list)
    return found


def after(*bodies: Any, state: Notices | None = None) -> Notices:
    state = state or Notices()
    for body in bodies:
        for event in decided(state, body):
            state = evolve(state, event)
    return state


@pytest.mark.parametrize("topic", Topic)
def test_an_event_asks_for_its_message_once(topic: Topic) -> None:
    happened = event_about(topic)
    [request] = decided(Notices(), happened)
    assert isinstance(request, NotificationRequested)
    rule = RULES.about(topic, NOW.date())
    assert rule is not None
    assert (request.topic, request.number, request.medium) == (topic, 1, Medium.EMAIL)
    assert (request.template, request.rule) == (rule.template, rule.id)
    assert request.because == message(happened).cause
    assert decided(after(happened), happened) == []
    for answer in answers(topic):
        assert decided(after(happened, answer), happened) == []


def test_a_request_carries_the_facts_its_wording_needs() -> None:
    for topic in Topic:
        rule = RULES.about(topic, NOW.date())
        assert rule is not None
        assert request_about(topic).facts.model_dump(exclude_none=True).keys() == set(rule.facts)


@pytest.mark.parametrize("topic", sorted(NUMBERED))
def test_each_occasion_of_a_topic_is_told_on_its_own(topic: Topic) -> None:
    first, second = event_about(topic), event_about(topic, number=2)
    state = after(second, first)
    assert set(due(state)) == {f"email:{topic.value}:1", f"email:{topic.value}:2"}
    assert set(due(after(Accepted(topic, 1, Medium.EMAIL, REFERENCE), state=state))) == {f"email:{topic.value}:2"}


def test_a_refund_of_money_without_a_dossier_tells_nobody() -> None:
    for topic in (Topic.REFUND_REQUESTED, Topic.PAYMENT_REFUNDED, Topic.REFUND_FAILED):
        assert decided(Notices(), event_about(topic, dossier=None)) == []


def test_another_attempt_at_a_refund_is_no_news() -> None:
    topic = Topic.REFUND_REQUESTED
    assert decided(after(event_about(topic)), event_about(topic, attempt=2)) == []


def test_the_rule_in_force_on_the_day_gives_the_wording() -> None:
    last_evening, midnight = datetime(2026, 11, 21, 16, 59, tzinfo=UTC), datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
    [old], [new] = (verdict(Notices(), event_about(DECIDED), now) for now in (last_evening, midnight))
    assert (old.template, old.facts.ground) == ("decided.v1", None)
    assert (new.template, new.facts.ground) == ("decided.v2", "conditions-not-met")
    assert verdict(Notices(), event_about(DECIDED), datetime(2025, 12, 31, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("wishes", "medium"),
    [((), "email"), (("email",), "email"), (("sms", "email"), "sms"), (("zns", "sms", "email"), "zns")],
)
def test_the_applicant_s_first_wish_that_the_rule_allows_is_the_medium(wishes: tuple[str, ...], medium: str) -> None:
    assert request_about(DECIDED, reach_by=tuple(map(Medium, wishes))).medium == medium
    before = datetime(2026, 11, 21, tzinfo=UTC)  # decided.v1 was written for e-mail only
    [request] = verdict(Notices(), event_about(DECIDED, tuple(map(Medium, wishes))), before)
    assert request.medium is Medium.EMAIL


def test_what_a_provider_took_over_is_sent() -> None:
    waiting = after(event_about(DECIDED, (Medium.SMS,)))
    [sent] = decided(waiting, Accepted(DECIDED, 1, Medium.SMS, "a1f0c6de", "sms-two"))
    assert isinstance(sent, NotificationSent)
    assert (sent.topic, sent.number, sent.medium) == (DECIDED, 1, Medium.SMS)
    assert (sent.reference, sent.provider) == ("a1f0c6de", "sms-two")


@pytest.mark.parametrize("answer", [*CERTAIN, None])
def test_what_certainly_failed_goes_on_by_the_next_medium_and_e_mail_is_the_last(answer: Any) -> None:
    state, tried = after(event_about(DECIDED, (Medium.ZNS, Medium.SMS))), []
    for medium, following in ((Medium.ZNS, Medium.SMS), (Medium.SMS, Medium.EMAIL), (Medium.EMAIL, None)):
        body = answer(DECIDED, 1, medium) if answer else exhausted(DECIDED, 1, medium, uncertain=False)
        events = decided(state, body)
        failed = events[0]
        assert isinstance(failed, NotificationFailed)
        assert (failed.medium, failed.reason) == (medium, CERTAIN.get(answer, Failure.PROVIDER_UNAVAILABLE))
        for event in events:
            state = evolve(state, event)
        assert set(due(state)) == ({f"{following.value}:decided:1"} if following else set())
        if following:
            [_, request] = events
            assert isinstance(request, NotificationRequested)
            assert (request.instead_of, request.attempt, request.facts.note) == (
                medium,
                1,
                request_about(DECIDED).facts.note,
            )
        tried.append(medium)
    assert state.failed["decided:1"].tried == tuple(tried)


@pytest.mark.parametrize("medium", Medium)
def test_what_may_have_arrived_or_has_nobody_to_arrive_at_goes_no_further(medium: Medium) -> None:
    waiting = after(event_about(DECIDED, (medium, *ALL_MEDIUMS)))
    for answer, reason in (
        (exhausted(DECIDED, 1, medium, uncertain=True), Failure.OUTCOME_UNKNOWN),
        (ApplicantGone(DECIDED, 1, medium), Failure.APPLICANT_ERASED),
    ):
        [failed] = decided(waiting, answer)
        assert isinstance(failed, NotificationFailed)
        assert (failed.medium, failed.reason) == (medium, reason)
        assert due(after(answer, state=waiting)) == {}


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    for topic, medium in product(Topic, Medium):
        for answer in answers(topic, medium):
            assert decided(Notices(), answer) == []
            assert decided(after(event_about(topic, (medium,)), answers(topic, medium)[0]), answer) == []
    waiting = after(event_about(DECIDED, (Medium.SMS,)))
    for answer in answers(DECIDED, Medium.ZNS) + answers(DECIDED, Medium.SMS, number=2):
        assert decided(waiting, answer) == []


def test_an_officer_orders_what_failed_from_the_first_medium_on() -> None:
    state = after(
        event_about(DECIDED, (Medium.SMS,)), Refused(DECIDED, 1, Medium.SMS), NoAddress(DECIDED, 1, Medium.EMAIL)
    )
    [request] = decided(state, order(DECIDED))
    assert isinstance(request, NotificationRequested)
    assert (request.medium, request.attempt, request.requested_by) == (Medium.SMS, 2, OFFICER)
    assert request.instead_of is None
    state = after(order(DECIDED), Refused(DECIDED, 1, Medium.SMS), state=state)
    assert state.waiting["decided:1"].request.requested_by is None
    assert state.waiting["decided:1"].request.attempt == 2
    assert set(due(state)) == {"email:decided:1"}


def test_an_officer_orders_what_may_have_arrived_by_the_same_medium() -> None:
    failed = Refused(DECIDED, 1, Medium.ZNS), exhausted(DECIDED, 1, Medium.SMS, uncertain=True)
    state = after(event_about(DECIDED, ALL_MEDIUMS), *failed)
    [request] = decided(state, order(DECIDED))
    assert isinstance(request, NotificationRequested)
    assert (request.medium, request.attempt) == (Medium.SMS, 2)


def test_an_order_is_refused_where_there_is_nothing_to_send_again() -> None:
    waiting = after(event_about(DECIDED))
    sent, gone = (after(answer(DECIDED, 1, Medium.EMAIL), state=waiting) for answer in (_accepted, ApplicantGone))
    refusals = [verdict(state, order(DECIDED)) for state in (Notices(), waiting, sent, gone)]
    assert [refusal.code for refusal in refusals] == [
        "notice-not-found",
        "notice-waiting",
        "notice-sent",
        "applicant-erased",
    ]
    assert [refusal.status for refusal in refusals] == [404, 409, 409, 409]


def _accepted(topic: Topic, number: int, medium: Medium) -> Accepted:
    return Accepted(topic, number, medium, REFERENCE)


STATES = [
    Notices(),
    *(after(event_about(topic, ALL_MEDIUMS)) for topic in (DECIDED, Topic.SUPPLEMENT_REQUESTED)),
    *(after(event_about(DECIDED, ALL_MEDIUMS), answer) for answer in answers(DECIDED, Medium.ZNS)),
    *(after(event_about(DECIDED), answer) for answer in answers(DECIDED)),
    *(after(event_about(DECIDED), answer, order(DECIDED)) for answer in (Refused(DECIDED, 1, Medium.EMAIL),)),
    after(*told_events()),
]
BODIES: list[Any] = [
    *told_events(),
    *(event_about(topic, number=2) for topic in sorted(NUMBERED)),
    *(event_about(topic, dossier=None) for topic in (Topic.REFUND_REQUESTED, Topic.REFUND_FAILED)),
    *(a for topic, medium, number in product(Topic, Medium, (1, 2)) for a in answers(topic, medium, number)),
    *(order(topic, number) for topic in Topic for number in (1, 2)),
]


def test_every_state_answers_every_message() -> None:
    for state, body in product(STATES, BODIES):
        found = verdict(state, body)
        if isinstance(found, Refusal):
            assert isinstance(body, ResendNotification)
            continue
        for event in found:
            state = evolve(state, event)  # noqa: PLW2901  # what follows is folded like anything else
        assert all(parse_key(key) for key in due(state))


def test_a_message_nobody_sends_here_is_a_defect() -> None:
    with pytest.raises(TypeError, match="Timer"):
        verdict(Notices(), Timer("x", "y"))


OCCASIONS = ((DECIDED, 1), (Topic.SUPPLEMENT_REQUESTED, 1), (Topic.SUPPLEMENT_REQUESTED, 2))
EVENTS = st.builds(
    lambda about, wishes: event_about(about[0], wishes, **({"number": about[1]} if about[0] in NUMBERED else {})),
    st.sampled_from(OCCASIONS),
    st.permutations(ALL_MEDIUMS).map(tuple),
)
ANSWERS = st.builds(
    lambda about, medium, at: answers(about[0], medium, about[1])[at],
    st.sampled_from(OCCASIONS),
    st.sampled_from(Medium),
    st.integers(0, 6),
)
ORDERS = st.builds(lambda about: order(*about), st.sampled_from(OCCASIONS))
WORLD = st.lists(EVENTS | ANSWERS, max_size=60)


@given(WORLD)
def test_whatever_comes_in_whatever_order_each_occasion_is_told_once(bodies: list[Any]) -> None:
    """No two messages of one occasion are on their way; nothing is sent after a success or an unknown end."""
    state, alive, final = Notices(), {}, set[str]()
    tried: dict[str, list[Medium]] = {}
    for body in bodies:
        for event in decided(state, body):
            key = occasion(event.topic, event.number)  # type: ignore[attr-defined]
            assert key not in final, "told again"
            match event:
                case NotificationRequested():
                    assert key not in alive, "two on their way"
                    assert event.medium not in tried.setdefault(key, []), "the same way twice"
                    alive[key] = event.medium
                    tried[key].append(event.medium)
                case NotificationSent() | NotificationFailed():
                    assert alive.pop(key) is event.medium
                    certain = isinstance(event, NotificationFailed) and event.reason in {
                        *CERTAIN.values(),
                        Failure.PROVIDER_UNAVAILABLE,
                    }
                    if not certain:
                        final.add(key)
            state = evolve(state, event)
        assert set(due(state)) == {f"{medium.value}:{key}" for key, medium in alive.items()}
        assert not alive.keys() & (state.failed.keys() | set(state.sent))


@given(st.lists(EVENTS | ANSWERS | ORDERS, max_size=60))
def test_only_an_order_sends_what_ended_again_and_only_once_each(bodies: list[Any]) -> None:
    state, attempts = Notices(), dict[str, int]()
    for body in bodies:
        found = verdict(state, body)
        for event in [] if isinstance(found, Refusal) else found:
            key = occasion(event.topic, event.number)
            if isinstance(event, NotificationRequested) and event.instead_of is None:
                assert (event.attempt > 1) is isinstance(body, ResendNotification)
                assert event.attempt == attempts.get(key, 0) + 1
                assert key not in state.waiting
                assert key not in state.sent
                attempts[key] = event.attempt
            state = evolve(state, event)


def test_a_message_that_has_not_ended_is_work_under_its_own_key() -> None:
    state = after(
        event_about(Topic.SUBMITTED), event_about(Topic.ACCEPTED, (Medium.SMS,)), *answers(Topic.SUBMITTED)[:1]
    )
    assert due(state) == {"sms:accepted:1": Work("sms")}
    assert parse_key("sms:accepted:1") == (Medium.SMS, Topic.ACCEPTED, 1)


def test_the_state_survives_its_storage() -> None:
    state = after(*told_events(), Refused(Topic.SUBMITTED, 1, Medium.EMAIL), *answers(Topic.ACCEPTED)[:1])
    aggregates = Aggregates(Notices())
    stored = aggregates._encode(state)
    assert aggregates.decode(stored) == state
    assert msgspec.json.decode(stored)["sent"] == ["accepted:1"]
    assert aggregates.decode(stored).request(DECIDED, 1).facts == request_about(DECIDED).facts


def test_every_event_of_every_service_is_answered_even_if_no_rule_speaks_of_it() -> None:
    silent = [type_ for type_ in CATALOGUE.values() if type_ not in RULES.events]
    assert all(decided(Notices(), type_.model_construct()) == [] for type_ in silent)
