"""Intake's own events say what led to them: a rehearsal of unchanged rules finds nothing."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from motcua_chassis.message import Timer
from motcua_contracts import CATALOGUE, ApplicationStatusChanged, Filer, Medium, Stream
from motcua_intake.commands import AcceptApplication, SupplyMissing
from motcua_intake.domain import OVERDUE
from motcua_intake.replay import REPLAYABLE
from services.intake.tests.story import (
    ACCEPT,
    ACCEPT_VERIFYING,
    ASK,
    CITIZEN,
    DECIDER,
    DECLINE,
    EXTEND,
    GRANT,
    ITEMS,
    MESSAGES,
    OFFICER,
    REFUSE,
    RETURN,
    SETTLED,
    START,
    SUBMIT,
    SUPPLY,
    VERIFIED,
    WITHDRAW,
)
from tests.support.recorded_run import SECOND, RecordedRun
from tests.support.recorded_run import START as BEGIN

OURS = {event for event in CATALOGUE.values() if event.stream is Stream.INTAKE and event.successor is None}
FILED = replace(SUBMIT, filed_by=Filer(id=OFFICER, capacity="counter-officer"), reach_by=(Medium.SMS, Medium.EMAIL))
SUPPLY_BY_SMS = SupplyMissing(CITIZEN, 1, ITEMS, b"words", (Medium.SMS,))
MONTH = timedelta(days=30)
OPENING = [SUBMIT, VERIFIED, SETTLED]
EARLIER = AcceptApplication(OFFICER, received_at=BEGIN - timedelta(hours=7))
MARRIAGE = replace(SUBMIT, procedure="1.000894")
"""Due the same day, or in five where facts must be verified."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*MESSAGES, SUPPLY_BY_SMS, FILED, MARRIAGE, EARLIER]),
        st.sampled_from([SECOND, MONTH]),
        st.sampled_from([0, 5]),
    ),
    max_size=10,
)


def told(bodies: list[Any]) -> RecordedRun:
    run = RecordedRun(REPLAYABLE, decider=DECIDER)
    for body in bodies:
        run.take(body)
    return run


@settings(deadline=None)
@given(st.sampled_from([0, 1, 3]), STEPS)
def test_whatever_happened_unchanged_rules_say_the_same(opened: int, steps: list[tuple[Any, timedelta, int]]) -> None:
    run = told(OPENING[:opened])
    for body, wait, late in steps:
        run.take(body, wait, timedelta(seconds=late))
    assert run.rehearse() == []
    assert run.started_here <= OURS - {ApplicationStatusChanged}


def test_every_event_that_begins_a_decision_is_recalled() -> None:
    runs = [
        told([*OPENING, ACCEPT, START, EXTEND, ASK, SUPPLY_BY_SMS, GRANT, RETURN]),
        told([FILED, *OPENING[1:], ASK, SUPPLY, ACCEPT, REFUSE]),
        told([*OPENING, DECLINE]),
        told([*OPENING, EARLIER]),
        told([MARRIAGE, *OPENING[1:], ACCEPT_VERIFYING, ASK]),
        told([SUBMIT, WITHDRAW]),
        told([*OPENING, ASK]),
    ]
    runs[3].take(EXTEND, MONTH)
    runs[-1].take(Timer("supplement:1", OVERDUE), 12 * MONTH)
    assert set.union(*(run.started_here for run in runs)) == OURS - {ApplicationStatusChanged}
    assert [run.rehearse() for run in runs] == [[]] * len(runs)
