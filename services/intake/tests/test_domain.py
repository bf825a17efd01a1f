"""What intake decides, as plain functions."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.message import Refusal
from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationStatusChanged,
    ApplicationSubmitted,
    Event,
    Outcome,
    ResultReturned,
    Status,
)
from motcua_intake import api, domain
from motcua_intake.commands import AcceptApplication, SubmitApplication
from motcua_intake.domain import (
    ENDS,
    Application,
)
from services.intake.tests.story import (
    ACCEPT,
    ASK,
    BASIS,
    COMMANDS,
    DECIDER,
    DECLINE,
    DOSSIER,
    EMPTY,
    EXPIRED,
    GRANT,
    IN_REVIEW,
    MESSAGES,
    NEWS,
    OVERDUE_ONCE,
    PAIRS,
    REFUSE,
    REJECTED,
    REQUESTED,
    RETURN,
    SETTLED,
    START,
    SUBMIT,
    VERIFIED,
    WAIVED,
    WITHDRAW,
    decide,
    message,
    tell,
)


def test_every_state_has_an_answer_to_every_message() -> None:
    for state, body in PAIRS:
        verdict = decide(state, body)
        if isinstance(verdict, Refusal):
            assert body in COMMANDS, (state, body)
            continue
        assert len(verdict) <= 1
        for event in verdict:
            evolved = DECIDER.evolve(state, event)
            assert evolved != state
            assert (evolved.status is Status.SUPPLEMENT_REQUESTED) == bool(DECIDER.due(evolved))
            assert (evolved.request is not None) == (evolved.status is Status.SUPPLEMENT_REQUESTED)


def test_every_refusal_has_its_sentences_in_both_languages() -> None:
    verdicts = [decide(state, body) for state, body in PAIRS]
    for refusal in {verdict.code: verdict for verdict in verdicts if isinstance(verdict, Refusal)}.values():
        for sentence in api.SENTENCES[refusal.code]:
            assert "{" not in sentence.format(**refusal.params)


def test_every_event_intake_reads_is_told_here() -> None:
    assert {type(news) for news in NEWS} == set(domain.NEWS)


def test_a_message_of_another_kind_is_a_defect() -> None:
    with pytest.raises(TypeError):
        decide(EMPTY, "hello")


def test_a_submission_gets_the_next_number_of_its_agency_and_vietnamese_day() -> None:
    assert DECIDER.counter(EMPTY, message(SUBMIT)) == "H29.25.12-261123"
    submitted = ApplicationSubmitted(dossier=DOSSIER, fee_basis=BASIS)
    assert decide(EMPTY, SUBMIT) == [submitted]
    assert DECIDER.evolve(EMPTY, submitted).status is Status.SUBMITTED


def test_a_counter_is_named_exactly_where_a_submission_follows() -> None:
    for state, body in PAIRS:
        verdict = decide(state, body)
        follows = not isinstance(verdict, Refusal) and any(isinstance(event, ApplicationSubmitted) for event in verdict)
        assert (DECIDER.counter(state, message(body)) is not None) == follows


def test_news_of_an_application_that_is_not_here_changes_nothing() -> None:
    assert [decide(EMPTY, news) for news in NEWS] == [[]] * len(NEWS)


def test_an_end_never_changes() -> None:
    for state, body in PAIRS:
        if state.status in ENDS:
            assert isinstance(decide(state, body), Refusal) or decide(state, body) == []


def test_a_settled_payment_heard_before_the_verified_identity_stands() -> None:
    submitted = tell(EMPTY, [SUBMIT])
    settled = tell(submitted, [SETTLED])
    assert settled.status is Status.FEE_SETTLED
    assert decide(settled, VERIFIED) == []
    assert decide(settled, REQUESTED) == []


IDENTITY_STORIES = ([VERIFIED], [IN_REVIEW, VERIFIED], [REJECTED], [IN_REVIEW, REJECTED])
PAYMENT_STORIES = ([WAIVED], [REQUESTED, SETTLED], [REQUESTED, EXPIRED])


def interleavings(first: list[Any], second: list[Any]) -> Iterable[list[Any]]:
    marks = [0] * len(first) + [1] * len(second)
    for order in set(permutations(marks)):
        sources = [iter(first), iter(second)]
        yield [next(sources[mark]) for mark in order]


@pytest.mark.parametrize(
    ("identity", "payment"),
    [(i, p) for i in IDENTITY_STORIES for p in ([], *PAYMENT_STORIES) if i[-1] is VERIFIED or not p],
)
def test_whatever_the_order_between_topics_the_application_ends_up_the_same(
    identity: list[Event], payment: list[Event]
) -> None:
    submitted = tell(EMPTY, [SUBMIT])
    ends = {tell(submitted, story).status for story in interleavings(identity, payment)}
    assert ends == {domain.NEWS[type((payment or identity)[-1])]}


@given(st.lists(st.sampled_from(MESSAGES)))
def test_news_only_advances_and_a_repeated_event_says_nothing(bodies: list[Any]) -> None:
    state = EMPTY
    for body in bodies:
        after = tell(state, [body])
        if body in NEWS:
            if after.status is not state.status and state.status is not None and after.status is not None:
                assert domain.RANK.get(after.status, 9) > domain.RANK[state.status]
            assert decide(after, body) == []
        if state.status in ENDS:
            assert after == state
        state = after


@given(st.lists(st.sampled_from(MESSAGES)))
def test_the_state_survives_being_stored(bodies: list[Any]) -> None:
    states: Aggregates[Application] = Aggregates(EMPTY)
    state = tell(EMPTY, [SUBMIT, VERIFIED, SETTLED, *bodies])
    assert states.decode(states._encode(state)) == state


def test_the_stories_reach_every_status() -> None:
    reached = {tell(EMPTY, story).status for story in STORIES}
    asked = tell(EMPTY, (SUBMIT, VERIFIED, SETTLED, ACCEPT, ASK))
    reached.add(tell(asked, [OVERDUE_ONCE], now=DECIDER.due(asked)["supplement:1"].at).status)
    assert reached == set(Status)


STORIES: tuple[tuple[Any, ...], ...] = (
    (SUBMIT,),
    (SUBMIT, IN_REVIEW),
    (SUBMIT, VERIFIED),
    (SUBMIT, REJECTED),
    (SUBMIT, VERIFIED, REQUESTED),
    (SUBMIT, VERIFIED, REQUESTED, EXPIRED),
    (SUBMIT, VERIFIED, SETTLED),
    (SUBMIT, VERIFIED, SETTLED, ASK),
    (SUBMIT, VERIFIED, SETTLED, DECLINE),
    (SUBMIT, VERIFIED, SETTLED, ACCEPT),
    (SUBMIT, VERIFIED, SETTLED, ACCEPT, START),
    (SUBMIT, VERIFIED, SETTLED, ACCEPT, START, WITHDRAW),
    (SUBMIT, VERIFIED, SETTLED, ACCEPT, START, GRANT),
    (SUBMIT, VERIFIED, SETTLED, ACCEPT, START, GRANT, RETURN),
)


def test_an_accepted_application_has_its_appointment() -> None:
    state = tell(EMPTY, [SUBMIT, VERIFIED, SETTLED])
    [accepted] = decide(state, ACCEPT)  # type: ignore[misc]
    assert isinstance(accepted, ApplicationAccepted)
    assert accepted.appointment.isoformat() == "2026-11-23T17:00:00+07:00"
    assert accepted.working_days == 0
    assert DECIDER.evolve(state, accepted).appointment == accepted.appointment


def accepted(command: AcceptApplication, now: str, submit: SubmitApplication = SUBMIT) -> ApplicationAccepted | Refusal:
    day = datetime.fromisoformat(f"2026-11-{now}:00+07:00")
    verdict = decide(tell(EMPTY, [submit, VERIFIED, SETTLED], day), command, day)
    if isinstance(verdict, Refusal):
        return verdict
    [event] = verdict
    assert isinstance(event, ApplicationAccepted)
    return event


@pytest.mark.parametrize(
    ("received", "taken_in", "counts_from", "due"),
    [
        ("09T14:50", "09T15:30", "09T14:50", "09T17:00"),  # the officer was late, not the citizen
        ("09T15:10", "09T15:30", "09T15:10", "10T17:00"),
        ("09T15:10", "10T16:00", "09T15:10", "10T17:00"),
        ("13T15:10", "16T16:00", "13T15:10", "16T17:00"),
        ("09T14:50", "10T09:00", "10T09:00", "10T17:00"),  # nothing is promised for a day gone by
        ("09T14:50", "09T17:00", "09T17:00", "10T17:00"),
        ("10T09:00", "09T14:00", "09T14:00", "09T17:00"),  # clocks that disagree
    ],
)
def test_for_the_same_day_counts_when_it_was_received_while_that_date_lies_ahead(
    received: str, taken_in: str, counts_from: str, due: str
) -> None:
    at = datetime.fromisoformat(f"2026-11-{received}:00+07:00")
    event = accepted(replace(ACCEPT, received_at=at), taken_in)
    assert isinstance(event, ApplicationAccepted)
    assert event.accepted_at == datetime.fromisoformat(f"2026-11-{counts_from}:00+07:00")
    assert event.appointment == datetime.fromisoformat(f"2026-11-{due}:00+07:00")
    assert event.working_days == 0


def test_where_facts_must_be_verified_elsewhere_the_limit_is_the_longer_one() -> None:
    criminal_record = replace(SUBMIT, procedure="3.000333", agency="G01.29")
    verify = replace(ACCEPT, verification=True, received_at=datetime(2026, 11, 2, tzinfo=UTC))
    plain, longer = accepted(ACCEPT, "09T09:00", criminal_record), accepted(verify, "09T09:00", criminal_record)
    assert isinstance(plain, ApplicationAccepted)
    assert isinstance(longer, ApplicationAccepted)
    assert (plain.working_days, longer.working_days) == (10, 15)
    assert (f"{plain.appointment:%d/%m}", f"{longer.appointment:%d/%m}") == ("23/11", "01/12")
    assert longer.accepted_at == datetime.fromisoformat("2026-11-09T09:00:00+07:00")


def test_a_procedure_without_days_for_verification_gives_none() -> None:
    refusal = accepted(replace(ACCEPT, verification=True), "09T09:00")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status) == ("verification-not-applicable", 422)


def test_a_granted_application_names_its_result_and_a_refused_one_does_not() -> None:
    state = tell(EMPTY, [SUBMIT, VERIFIED, SETTLED, ACCEPT])
    [granted], [refused] = decide(state, GRANT), decide(state, REFUSE)  # type: ignore[misc]
    assert isinstance(granted, ApplicationDecided)
    assert granted.result == "KQ.G15.000032"
    assert isinstance(refused, ApplicationDecided)
    assert refused.result is None


def test_a_returned_result_repeats_the_outcome() -> None:
    state = tell(EMPTY, [SUBMIT, VERIFIED, WAIVED, ACCEPT, REFUSE])
    [returned] = decide(state, RETURN)  # type: ignore[misc]
    assert isinstance(returned, ResultReturned)
    assert returned.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("story", "command"),
    [
        ([SUBMIT, VERIFIED, REQUESTED], ACCEPT),
        ([SUBMIT, VERIFIED, SETTLED], GRANT),
        ([SUBMIT, VERIFIED, SETTLED, ACCEPT], ACCEPT),
        ([SUBMIT, VERIFIED, SETTLED, ACCEPT], RETURN),
        ([SUBMIT, REJECTED], ACCEPT),
        ([SUBMIT, VERIFIED, SETTLED], START),
        ([SUBMIT, VERIFIED, SETTLED, ACCEPT], DECLINE),
        ([SUBMIT, VERIFIED, REQUESTED], ASK),
        ([SUBMIT, VERIFIED, SETTLED, ACCEPT, ASK], GRANT),
        ([SUBMIT, VERIFIED, SETTLED, ACCEPT, ASK], ASK),
    ],
)
def test_a_step_out_of_turn_is_refused_with_the_status(story: list[Any], command: Any) -> None:
    state = tell(EMPTY, story)
    refusal = decide(state, command)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status) == ("wrong-status", 409)
    assert refusal.params["status"] == state.status


def test_a_procedure_no_longer_in_force_cannot_be_filed() -> None:
    late = message(SUBMIT, now=datetime(2015, 1, 1, tzinfo=UTC))
    assert DECIDER.decide(EMPTY, late) == Refusal("procedure-not-in-force", {"procedure": "2.000815"})


def test_a_status_change_says_where_from_and_where_to() -> None:
    submitted = tell(EMPTY, [SUBMIT])
    changed = ApplicationStatusChanged(status=Status.IDENTITY_VERIFIED, previous=Status.SUBMITTED)
    assert decide(submitted, VERIFIED) == [changed]
