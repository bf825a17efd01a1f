"""Identity's own events say what led to them: a rehearsal of unchanged rules finds nothing."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua_contracts import (
    CATALOGUE,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Stream,
)
from motcua_identity.domain import EVERYTHING_MATCHES, ApplicantGone, RegistryAnswered
from motcua_identity.replay import REPLAYABLE
from services.identity.tests.test_domain import (
    ABSENT,
    ANSWERS,
    DECIDER,
    DOUBT,
    MESSAGES,
    RULINGS,
    SENSITIVE_SUBMITTED,
    SUBMITTED,
    WITHDRAWN,
)
from tests.support.recorded_run import RecordedRun

HERE = {IdentityVerified, IdentityRejected, IdentityReviewRequired, IdentityReviewProposed}
"""What an answer, a ruling or a timer can begin a decision with."""
LIKELY = st.sampled_from([SUBMITTED, SENSITIVE_SUBMITTED, *RULINGS, *RULINGS, *MESSAGES])


def told(bodies: list[Any]) -> RecordedRun:
    run = RecordedRun(REPLAYABLE, decider=DECIDER)
    for body in bodies:
        run.take(body)
    return run


@settings(deadline=None)
@given(st.lists(LIKELY, max_size=10))
def test_whatever_happened_unchanged_rules_say_the_same(bodies: list[Any]) -> None:
    run = told(bodies)
    assert run.rehearse() == []
    assert run.started_here <= HERE


def test_every_answer_is_recalled() -> None:
    for answer in [*ANSWERS, ApplicantGone()]:
        assert told([SUBMITTED, answer]).rehearse() == []


def test_every_event_that_begins_a_decision_is_recalled() -> None:
    stories: list[list[Any]] = [
        [SUBMITTED, RegistryAnswered(EVERYTHING_MATCHES)],
        [SUBMITTED, RegistryAnswered(ABSENT)],
        [SENSITIVE_SUBMITTED, RegistryAnswered(DOUBT), RULINGS[0], RULINGS[2]],
        [SENSITIVE_SUBMITTED, RegistryAnswered(DOUBT), RULINGS[0], RULINGS[3], RULINGS[1]],
        [SUBMITTED, WITHDRAWN],
    ]
    runs = [told(story) for story in stories]
    assert set.union(*(run.started_here for run in runs)) == HERE
    others = set.union(*(run.started_by_others for run in runs))
    assert others | HERE == {e for e in CATALOGUE.values() if e.stream is Stream.IDENTITY and e.successor is None}
    assert [run.rehearse() for run in runs] == [[]] * len(runs)
