"""What identity decides, over every state and every message."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.message import Exhausted, Message, Refusal, Work
from motcua_contracts import (
    ApplicationSubmitted,
    Attributes,
    Dossier,
    Event,
    FeeBasis,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
)
from motcua_identity.domain import (
    DECIDER,
    EVERYTHING_MATCHES,
    NOTHING_CHECKED,
    ApplicantGone,
    Identity,
    Phase,
    RegistryAnswered,
    ResolveReview,
)

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
OFFICER = UUID(int=7)
DOSSIER = Dossier(
    code="H29.25.12-261122-0001",
    applicant_id=UUID(int=1),
    procedure="2.000815",
    agency="H29.25.12",
    channel="online",
)
BASIS = FeeBasis(submitted_on=date(2026, 11, 22), pages=4)
SUBMITTED = ApplicationSubmitted(dossier=DOSSIER, fee_basis=BASIS)
REQUESTED = IdentityCheckRequested(dossier=DOSSIER, fee_basis=BASIS)


def attributes(personal_number: str = "match", full_name: str = "match", date_of_birth: str = "match") -> Attributes:
    return Attributes(
        personal_number=Match(personal_number), full_name=Match(full_name), date_of_birth=Match(date_of_birth)
    )


DOUBT = attributes(full_name="mismatch")
ABSENT = attributes("not-found", "not-checked", "not-checked")
EXHAUSTED = Exhausted("registry", "registry", uncertain=False)
MESSAGES: list[Any] = [
    SUBMITTED,
    *(
        RegistryAnswered(attributes(number, name, birth))
        for number, name, birth in product(map(str, Match), map(str, Match), map(str, Match))
    ),
    ApplicantGone(),
    EXHAUSTED,
    Exhausted("registry", "registry", uncertain=True),
    ResolveReview(OFFICER, verified=True),
    ResolveReview(OFFICER, verified=False),
]


def decide(state: Identity, body: Any) -> Any:
    return DECIDER.decide(state, Message(body, UUID(int=2), NOW, UUID(int=3)))


def after(*bodies: Any) -> Identity:
    state = Identity()
    for body in bodies:
        for event in decide(state, body):
            state = DECIDER.evolve(state, event)
    return state


STATES = {
    Phase.UNKNOWN: after(),
    Phase.REQUESTED: after(SUBMITTED),
    Phase.IN_REVIEW: after(SUBMITTED, RegistryAnswered(DOUBT)),
    Phase.VERIFIED: after(SUBMITTED, RegistryAnswered(EVERYTHING_MATCHES)),
    Phase.REJECTED: after(SUBMITTED, RegistryAnswered(ABSENT)),
}


def test_every_phase_is_reached() -> None:
    assert {phase: state.phase for phase, state in STATES.items()} == {phase: phase for phase in Phase}


@pytest.mark.parametrize("phase", Phase)
def test_every_message_has_an_answer_in_every_phase(phase: Phase) -> None:
    for body in MESSAGES:
        answer = decide(STATES[phase], body)
        if isinstance(answer, Refusal):
            assert isinstance(body, ResolveReview)
            assert phase is not Phase.IN_REVIEW
        else:
            assert len(answer) <= 1
            assert all(isinstance(event, Event) for event in answer)


def test_an_unknown_message_is_a_defect() -> None:
    with pytest.raises(TypeError, match="no decision for str"):
        decide(Identity(), "hello")


def test_a_submitted_application_is_checked_once() -> None:
    assert decide(Identity(), SUBMITTED) == [REQUESTED]
    for phase in set(Phase) - {Phase.UNKNOWN}:
        assert decide(STATES[phase], SUBMITTED) == []


def test_a_full_match_verifies_and_carries_what_payment_needs() -> None:
    [verified] = decide(STATES[Phase.REQUESTED], RegistryAnswered(EVERYTHING_MATCHES))
    assert verified == IdentityVerified(dossier=DOSSIER, fee_basis=BASIS, attributes=EVERYTHING_MATCHES)


@pytest.mark.parametrize(
    "found",
    [
        ABSENT,
        attributes(full_name="mismatch", date_of_birth="mismatch"),
    ],
)
def test_nobody_or_somebody_else_is_rejected(found: Attributes) -> None:
    assert decide(STATES[Phase.REQUESTED], RegistryAnswered(found)) == [
        IdentityRejected(dossier=DOSSIER, attributes=found)
    ]


@pytest.mark.parametrize(
    "found",
    [
        attributes(full_name="mismatch"),
        attributes(date_of_birth="mismatch"),
        attributes(date_of_birth="not-checked"),
        attributes(full_name="mismatch", date_of_birth="not-checked"),
        attributes(personal_number="mismatch"),
        attributes(personal_number="not-checked"),
    ],
)
def test_a_doubt_goes_to_an_officer(found: Attributes) -> None:
    assert decide(STATES[Phase.REQUESTED], RegistryAnswered(found)) == [
        IdentityReviewRequired(dossier=DOSSIER, attributes=found, reason=ReviewReason.PARTIAL_MATCH)
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(ApplicantGone(), ReviewReason.APPLICANT_ERASED), (EXHAUSTED, ReviewReason.REGISTRY_UNAVAILABLE)],
)
def test_what_could_not_be_checked_goes_to_an_officer(body: Any, reason: ReviewReason) -> None:
    assert decide(STATES[Phase.REQUESTED], body) == [
        IdentityReviewRequired(dossier=DOSSIER, attributes=NOTHING_CHECKED, reason=reason)
    ]


def test_an_officer_settles_a_review_in_their_name_and_once() -> None:
    state = STATES[Phase.IN_REVIEW]
    assert decide(state, ResolveReview(OFFICER, verified=True)) == [
        IdentityVerified(dossier=DOSSIER, fee_basis=BASIS, attributes=DOUBT, verified_by=OFFICER)
    ]
    assert decide(state, ResolveReview(OFFICER, verified=False)) == [
        IdentityRejected(dossier=DOSSIER, attributes=DOUBT, rejected_by=OFFICER)
    ]
    for settled in set(Phase) - {Phase.IN_REVIEW}:
        assert decide(STATES[settled], ResolveReview(OFFICER, verified=True)) == Refusal("not-in-review")


def test_the_registry_is_to_be_asked_exactly_while_a_check_is_requested() -> None:
    for phase, state in STATES.items():
        assert DECIDER.due(state) == ({"registry": Work("registry")} if phase is Phase.REQUESTED else {})


@given(st.lists(st.sampled_from(MESSAGES), max_size=12))
def test_whatever_arrives_in_whatever_order_the_verdict_comes_once_and_stays(bodies: list[Any]) -> None:
    state, told = Identity(), []
    for body in bodies:
        answer = decide(state, body)
        for event in () if isinstance(answer, Refusal) else answer:
            state = DECIDER.evolve(state, event)
            told.append(type(event))
    verdicts = [kind for kind in told if kind in {IdentityVerified, IdentityRejected}]
    assert len(verdicts) <= 1
    assert told.count(IdentityCheckRequested) == (SUBMITTED in bodies)
    assert told.count(IdentityReviewRequired) <= 1
    assert (state.phase in {Phase.VERIFIED, Phase.REJECTED}) == bool(verdicts)


@pytest.mark.parametrize("phase", Phase)
def test_a_state_survives_storage(phase: Phase) -> None:
    stored = Aggregates(Identity())
    assert stored.decode(stored._encode(STATES[phase])) == STATES[phase]
