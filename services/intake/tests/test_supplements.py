"""What is missing is marked, supplied, or stops the application; meanwhile the time limit stands still."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from motcua_chassis.message import Refusal
from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import (
    ApplicationStopped,
    ApplicationSupplemented,
    AppointmentExtended,
    Medium,
    Status,
    StopReason,
    SupplementRequested,
)
from motcua_intake import domain
from motcua_intake.catalogue import catalogue
from motcua_intake.commands import SupplyMissing
from motcua_intake.time_rules import SupplementRule
from services.intake.tests.story import (
    ACCEPT,
    ASK,
    ASK_NONSENSE,
    CITIZEN,
    DECIDER,
    EMPTY,
    EXTEND,
    GRANT,
    ITEMS,
    MARKED,
    OVERDUE_ONCE,
    OVERDUE_TWICE,
    SETTLED,
    START,
    SUBMIT,
    SUPPLY,
    SUPPLY_AGAIN,
    SUPPLY_HALF,
    VERIFIED,
    WAIVED,
    decide,
    message,
    tell,
)

WAITING = [SUBMIT, VERIFIED, SETTLED]
MONDAY = datetime(2026, 11, 9, 9, tzinfo=VIETNAM)


LICENCE = replace(SUBMIT, procedure="3.000347", agency="G01.29")
"""A driving licence: five working days."""


def rule_of(code: str) -> SupplementRule:
    found = catalogue().procedures.find(code, MONDAY.date())
    assert found is not None
    return found.supplements


def at(state: domain.Application, body: Any, when: datetime) -> tuple[Any, domain.Application]:
    """The one event that follows, and the state after it."""
    verdict = decide(state, body, when)
    assert not isinstance(verdict, Refusal), verdict
    [event] = verdict
    return event, DECIDER.evolve(state, event)


@pytest.mark.parametrize("story", [WAITING, [*WAITING, ACCEPT], [*WAITING, ACCEPT, START]])
def test_once_everything_is_supplied_the_application_is_back_where_it_was(story: list[Any]) -> None:
    before = tell(EMPTY, story)
    asked = tell(before, [ASK])
    assert asked.status is Status.SUPPLEMENT_REQUESTED
    assert asked.appointment is None
    assert tell(asked, [SUPPLY]).status is before.status


def test_a_request_names_what_is_marked_and_by_when_it_must_come() -> None:
    [asked] = decide(tell(EMPTY, WAITING), ASK)  # type: ignore[misc]
    assert isinstance(asked, SupplementRequested)
    assert (asked.number, asked.items) == (1, MARKED)
    rule = rule_of("2.000815")
    due = asked.respond_by.astimezone(VIETNAM)
    assert (due.hour, due.minute) == (17, 0)
    assert asked.act == rule.citation.act
    first = asked.requested_at.astimezone(VIETNAM).date()
    passed = [first + timedelta(days=n) for n in range(1, (due.date() - first).days + 1)]
    assert sum(map(catalogue().calendar.is_working_day, passed)) == rule.respond_working_days


def test_a_rehearsal_waits_as_long_as_it_is_told() -> None:
    hasty = domain.decider(catalogue().procedures, catalogue().calendar, timedelta(seconds=3))
    [asked] = hasty.decide(tell(EMPTY, WAITING), message(ASK))  # type: ignore[misc]
    assert isinstance(asked, SupplementRequested)
    assert asked.respond_by - asked.requested_at == timedelta(seconds=3)


def test_a_place_that_the_procedure_does_not_have_cannot_be_marked() -> None:
    refusal = decide(tell(EMPTY, WAITING), ASK_NONSENSE)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status) == ("supplement-item-unknown", 422)


def test_an_agency_may_ask_so_often_and_no_more() -> None:
    at_most = rule_of("2.000815").at_most
    state = tell(EMPTY, WAITING)
    for number in range(1, at_most + 1):
        state = tell(state, [ASK, SupplyMissing(CITIZEN, number, ITEMS)])
    refusal = decide(state, ASK)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too-many-supplements"


@pytest.mark.parametrize("answer", [SUPPLY_HALF, SUPPLY_AGAIN])
def test_half_an_answer_and_one_to_another_request_are_refused(answer: SupplyMissing) -> None:
    refusal = decide(tell(EMPTY, [*WAITING, ASK]), answer)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "supplement-incomplete"


def test_the_pause_moves_the_appointment_and_says_by_how_much() -> None:
    state = tell(EMPTY, [LICENCE, VERIFIED, WAIVED], MONDAY)
    accepted, state = at(state, ACCEPT, MONDAY)
    assert accepted.appointment == datetime(2026, 11, 16, 17, tzinfo=VIETNAM)
    ask = type(ASK)(ASK.officer, (MARKED[0].model_copy(update={"item": "contact.phone"}),))
    _, state = at(state, ask, MONDAY + timedelta(days=1, hours=-2))  # Tuesday before the office opens
    answer = SupplyMissing(CITIZEN, 1, ("contact.phone",))
    supplemented, state = at(state, answer, MONDAY + timedelta(days=2, hours=12))  # Wednesday evening
    assert state.appointment == datetime(2026, 11, 18, 17, tzinfo=VIETNAM)
    assert supplemented.paused_working_days == 2
    extended, state = at(state, EXTEND, MONDAY + timedelta(days=3))
    assert isinstance(extended, AppointmentExtended)
    assert (extended.previous, extended.appointment) == (
        datetime(2026, 11, 18, 17, tzinfo=VIETNAM),
        datetime(2026, 11, 20, 17, tzinfo=VIETNAM),
    )


LATE = MONDAY + timedelta(days=16)
"""Wednesday 25/11/2026, nine days after the licence was due."""
ASK_PHONE = type(ASK)(ASK.officer, (MARKED[0].model_copy(update={"item": "contact.phone"}),))
SUPPLY_PHONE = SupplyMissing(CITIZEN, 1, ("contact.phone",))


def test_an_overdue_application_is_extended_from_the_day_it_is_granted() -> None:
    state = tell(EMPTY, [LICENCE, VERIFIED, WAIVED, ACCEPT], MONDAY)
    in_time, _ = at(state, EXTEND, MONDAY + timedelta(days=8))  # a day late: what it gives still lies ahead
    assert (in_time.appointment, in_time.extended_at) == (datetime(2026, 11, 18, 17, tzinfo=VIETNAM), None)
    extended, state = at(state, EXTEND, LATE)
    assert extended.previous == datetime(2026, 11, 16, 17, tzinfo=VIETNAM)
    assert extended.appointment == state.appointment == datetime(2026, 11, 27, 17, tzinfo=VIETNAM)
    assert (extended.working_days, extended.extended_at) == (2, LATE)
    _, state = at(state, ASK_PHONE, LATE + timedelta(hours=22))  # Thursday before the office opens
    supplemented, state = at(state, SUPPLY_PHONE, LATE + timedelta(days=1, hours=10))
    assert state.appointment == datetime(2026, 11, 30, 17, tzinfo=VIETNAM)
    assert supplemented.paused_working_days == 1


def test_asking_for_a_supplement_does_not_hide_that_an_application_is_overdue() -> None:
    state = tell(EMPTY, [LICENCE, VERIFIED, WAIVED, ACCEPT], MONDAY)
    due_at = state.appointment
    _, asked = at(state, ASK_PHONE, LATE)
    assert asked.appointment == due_at
    supplemented, answered = at(asked, SUPPLY_PHONE, LATE + timedelta(days=2))
    assert supplemented.appointment == answered.appointment == due_at
    assert supplemented.paused_working_days == 0
    _, in_time = at(state, ASK_PHONE, MONDAY + timedelta(days=1))
    assert in_time.appointment is None


def test_an_acceptance_that_does_not_say_when_gets_its_appointment_back() -> None:
    state = tell(EMPTY, [LICENCE, VERIFIED, WAIVED], MONDAY)
    accepted, _ = at(state, ACCEPT, MONDAY)
    state = DECIDER.evolve(state, accepted.model_copy(update={"accepted_at": None}))
    _, asked = at(state, ASK_PHONE, MONDAY + timedelta(hours=1))
    assert asked.appointment is None
    supplemented, answered = at(asked, SUPPLY_PHONE, MONDAY + timedelta(days=1))
    assert supplemented.appointment == answered.appointment == accepted.appointment
    old = supplemented.model_copy(update={"appointment": None})
    assert DECIDER.evolve(asked, old).appointment == accepted.appointment


def test_before_acceptance_there_is_no_limit_to_pause() -> None:
    [supplemented] = decide(tell(EMPTY, [*WAITING, ASK]), SUPPLY)  # type: ignore[misc]
    assert isinstance(supplemented, ApplicationSupplemented)
    assert (supplemented.appointment, supplemented.paused_working_days) == (None, 0)


def test_without_an_answer_in_time_the_application_stops() -> None:
    state = tell(EMPTY, [*WAITING, ACCEPT, ASK])
    [(key, work)] = DECIDER.due(state).items()
    assert (key, work.kind) == ("supplement:1", domain.OVERDUE)
    assert decide(state, OVERDUE_ONCE, work.at - timedelta(seconds=1)) == []
    assert decide(state, OVERDUE_TWICE, work.at) == []
    [stopped] = decide(state, OVERDUE_ONCE, work.at)  # type: ignore[misc]
    assert isinstance(stopped, ApplicationStopped)
    assert stopped.reason is StopReason.SUPPLEMENT_OVERDUE
    assert DECIDER.due(DECIDER.evolve(state, stopped)) == {}


def test_the_timer_of_an_answered_request_stops_nothing() -> None:
    late = datetime(2027, 6, 1, tzinfo=UTC)
    answered = tell(EMPTY, [*WAITING, ACCEPT, ASK, SUPPLY])
    assert decide(answered, OVERDUE_ONCE, late) == []
    assert decide(tell(answered, [ASK]), OVERDUE_ONCE, late) == []


def test_an_application_is_extended_once_and_within_what_the_procedure_allows() -> None:
    state = tell(EMPTY, [*WAITING, ACCEPT])
    longer = type(EXTEND)(EXTEND.officer, EXTEND.ground, 365)
    too_long, again = decide(state, longer), decide(tell(state, [EXTEND]), EXTEND)
    assert isinstance(too_long, Refusal)
    assert isinstance(again, Refusal)
    assert (too_long.code, again.code) == ("extension-too-long", "already-extended")


def test_a_new_address_is_tried_after_those_the_applicant_wanted() -> None:
    answer = SupplyMissing(CITIZEN, 1, ITEMS, reach_by=(Medium.EMAIL, Medium.ZNS, Medium.SMS))
    state = tell(EMPTY, [*WAITING, ASK, answer])
    assert state.dossier is not None
    assert state.dossier.reach_by == (Medium.EMAIL, Medium.ZNS, Medium.SMS)
    [granted] = decide(tell(state, [ACCEPT]), GRANT)  # type: ignore[misc]
    assert granted.dossier == state.dossier
