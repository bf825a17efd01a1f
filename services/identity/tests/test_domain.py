"""What identity decides, over every state and every message."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.legal_acts import Citation
from motcua_chassis.message import Exhausted, Message, Refusal, Timer, Work
from motcua_chassis.reference_data import Name
from motcua_contracts import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Attributes,
    Capacity,
    Dossier,
    Event,
    FeeBasis,
    Filer,
    IdentityCheckCancelled,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
    Status,
    Verdict,
)
from motcua_identity.domain import (
    EVERYTHING_MATCHES,
    NOTHING_CHECKED,
    ApplicantGone,
    Identity,
    Phase,
    Proposal,
    RegistryAnswered,
    ResolveReview,
    decider,
)
from motcua_identity.review_rules import FourEyes, ReviewRules

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)
OFFICER, SECOND, THIRD = UUID(int=7), UUID(int=8), UUID(int=9)
FOUR_EYES = FourEyes(
    id="test/four-eyes",
    name=Name(vi="Hai cán bộ", en="Two officers"),
    procedure="3.000333",
    effective_from=date(2026, 1, 1),
    citation=Citation(act="1/2026/QĐ-MAU-G01", article="Điều 5"),
    verified=False,
)
DECIDER = decider(ReviewRules([FOUR_EYES]), PATIENCE)
DOSSIER = Dossier(
    code="H29.25.12-261122-0001",
    applicant_id=UUID(int=1),
    procedure="2.000815",
    agency="H29.25.12",
    channel="online",
)
SENSITIVE = DOSSIER.model_copy(update={"procedure": "3.000333"})
BASIS = FeeBasis(submitted_on=date(2026, 11, 22), pages=4)
SUBMITTED = ApplicationSubmitted(dossier=DOSSIER, fee_basis=BASIS)
SENSITIVE_SUBMITTED = ApplicationSubmitted(dossier=SENSITIVE, fee_basis=BASIS)
REQUESTED = IdentityCheckRequested(dossier=DOSSIER, fee_basis=BASIS, requested_at=NOW)
WITHDRAWN = ApplicationWithdrawn(dossier=DOSSIER, previous=Status.SUBMITTED, withdrawn_by=UUID(int=1))


def attributes(personal_number: str = "match", full_name: str = "match", date_of_birth: str = "match") -> Attributes:
    return Attributes(
        personal_number=Match(personal_number), full_name=Match(full_name), date_of_birth=Match(date_of_birth)
    )


DOUBT = attributes(full_name="mismatch")
ABSENT = attributes("not-found", "not-checked", "not-checked")
EXHAUSTED = Exhausted("registry", "registry", uncertain=False)
IMPATIENT = Timer("registry-outage", "registry-outage")
DOUBTS = [ReviewReason.TWO_CANDIDATES, ReviewReason.CONTRADICTORY_ANSWER]
ANSWERS = [
    RegistryAnswered(Attributes(personal_number=number, full_name=name, date_of_birth=birth), doubt)
    for number, name, birth, doubt in product(Match, Match, Match, [None, *DOUBTS])
]
RULINGS = [ResolveReview(officer, verdict) for officer, verdict in product([OFFICER, SECOND, THIRD], Verdict)]
MESSAGES: list[Any] = [
    SUBMITTED,
    WITHDRAWN,
    *ANSWERS,
    ApplicantGone(),
    EXHAUSTED,
    Exhausted("registry", "registry", uncertain=True),
    IMPATIENT,
    *RULINGS,
]


def decide(state: Identity, body: Any) -> Any:
    return DECIDER.decide(state, Message(body, UUID(int=2), NOW, UUID(int=3)))


def told(bodies: Iterable[Any], state: Identity = Identity()) -> tuple[Identity, list[Event]]:  # noqa: B008
    events: list[Event] = []
    for body in bodies:
        answer = decide(state, body)
        for event in () if isinstance(answer, Refusal) else answer:
            state = DECIDER.evolve(state, event)
            events.append(event)
    return state, events


def after(*bodies: Any) -> Identity:
    return told(bodies)[0]


STATES = {
    "unknown": after(),
    "requested": after(SUBMITTED),
    "in-review": after(SUBMITTED, RegistryAnswered(DOUBT)),
    "in-review by two": after(SENSITIVE_SUBMITTED, RegistryAnswered(DOUBT)),
    "proposed": after(SENSITIVE_SUBMITTED, IMPATIENT, RULINGS[0]),
    "contradicted": after(SENSITIVE_SUBMITTED, IMPATIENT, RULINGS[0], RULINGS[3]),
    "verified": after(SUBMITTED, RegistryAnswered(EVERYTHING_MATCHES)),
    "verified by two": after(SENSITIVE_SUBMITTED, IMPATIENT, RULINGS[0], RULINGS[2]),
    "rejected": after(SUBMITTED, RegistryAnswered(ABSENT)),
    "rejected by an officer": after(SUBMITTED, ApplicantGone(), RULINGS[1]),
    "cancelled": after(SUBMITTED, WITHDRAWN),
    "cancelled unheard": after(WITHDRAWN),
}
OPEN = {"unknown", "requested", "in-review", "in-review by two", "proposed", "contradicted"}
IN_REVIEW = {name for name in STATES if STATES[name].phase is Phase.IN_REVIEW}


def test_every_phase_is_reached() -> None:
    assert {state.phase for state in STATES.values()} == set(Phase)
    assert STATES["proposed"].proposal == Proposal(OFFICER, Verdict.VERIFIED)
    assert STATES["contradicted"].proposal == Proposal(SECOND, Verdict.REJECTED)
    assert STATES["verified by two"].officers == (OFFICER, SECOND)


@pytest.mark.parametrize("name", STATES)
def test_every_message_has_an_answer_in_every_state(name: str) -> None:
    for body in MESSAGES:
        answer = decide(STATES[name], body)
        if isinstance(answer, Refusal):
            assert isinstance(body, ResolveReview)
            assert answer.code in {"not-in-review", "application-withdrawn", "second-officer-needed"}
            continue
        assert len(answer) <= 1
        for event in answer:
            assert isinstance(event, Event)
            assert DECIDER.evolve(STATES[name], event) != STATES[name]
            assert name in OPEN


def test_an_unknown_message_is_a_defect() -> None:
    with pytest.raises(TypeError, match="no decision for str"):
        decide(Identity(), "hello")


def test_a_submitted_application_is_checked_once() -> None:
    assert decide(Identity(), SUBMITTED) == [REQUESTED]
    for name in set(STATES) - {"unknown"}:
        assert decide(STATES[name], SUBMITTED) == []


def test_a_full_match_verifies_and_carries_what_payment_needs() -> None:
    [verified] = decide(STATES["requested"], RegistryAnswered(EVERYTHING_MATCHES))
    assert verified == IdentityVerified(dossier=DOSSIER, fee_basis=BASIS, attributes=EVERYTHING_MATCHES)


@pytest.mark.parametrize("found", [ABSENT, attributes(full_name="mismatch", date_of_birth="mismatch")])
def test_nobody_or_somebody_else_is_rejected(found: Attributes) -> None:
    assert decide(STATES["requested"], RegistryAnswered(found)) == [IdentityRejected(dossier=DOSSIER, attributes=found)]


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
def test_a_partial_match_goes_to_an_officer(found: Attributes) -> None:
    assert decide(STATES["requested"], RegistryAnswered(found)) == [
        IdentityReviewRequired(dossier=DOSSIER, attributes=found, reason=ReviewReason.PARTIAL_MATCH)
    ]


def test_an_answer_that_contradicts_itself_never_verifies_and_never_rejects() -> None:
    for answer in filter(lambda answer: answer.doubt, ANSWERS):
        assert decide(STATES["requested"], answer) == [
            IdentityReviewRequired(dossier=DOSSIER, attributes=answer.attributes, reason=answer.doubt)
        ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (ApplicantGone(), ReviewReason.APPLICANT_ERASED),
        (EXHAUSTED, ReviewReason.REGISTRY_UNAVAILABLE),
        (IMPATIENT, ReviewReason.REGISTRY_UNAVAILABLE),
    ],
)
def test_what_could_not_be_checked_goes_to_an_officer(body: Any, reason: ReviewReason) -> None:
    assert decide(STATES["requested"], body) == [
        IdentityReviewRequired(dossier=DOSSIER, attributes=NOTHING_CHECKED, reason=reason)
    ]


@pytest.mark.parametrize("name", sorted(IN_REVIEW))
def test_an_answer_that_comes_after_the_review_opened_changes_nothing(name: str) -> None:
    for body in (*ANSWERS, ApplicantGone(), EXHAUSTED, IMPATIENT):
        assert decide(STATES[name], body) == []


def test_one_officer_settles_a_review_in_their_name_and_once() -> None:
    state = STATES["in-review"]
    assert decide(state, ResolveReview(OFFICER, Verdict.VERIFIED)) == [
        IdentityVerified(dossier=DOSSIER, fee_basis=BASIS, attributes=DOUBT, verified_by=OFFICER)
    ]
    assert decide(state, ResolveReview(OFFICER, Verdict.REJECTED)) == [
        IdentityRejected(dossier=DOSSIER, attributes=DOUBT, rejected_by=OFFICER)
    ]
    for name in ("unknown", "requested", "verified", "verified by two", "rejected"):
        assert decide(STATES[name], ResolveReview(OFFICER, Verdict.VERIFIED)) == Refusal("not-in-review")
    for name in ("cancelled", "cancelled unheard"):
        assert decide(STATES[name], ResolveReview(OFFICER, Verdict.VERIFIED)) == Refusal("application-withdrawn")


@pytest.mark.parametrize("submitted", [SUBMITTED, SENSITIVE_SUBMITTED])
def test_who_filed_for_the_citizen_may_not_review_them(submitted: ApplicationSubmitted) -> None:
    filer = Filer(id=OFFICER, capacity=Capacity.COUNTER_OFFICER)
    dossier = submitted.dossier.model_copy(update={"filed_by": filer})
    state = after(ApplicationSubmitted(dossier=dossier, fee_basis=BASIS), RegistryAnswered(DOUBT))
    assert decide(state, ResolveReview(OFFICER, Verdict.VERIFIED)) == Refusal("filer-may-not-review")
    assert not isinstance(decide(state, ResolveReview(SECOND, Verdict.VERIFIED)), Refusal)


def test_where_a_rule_demands_it_the_review_names_the_rule() -> None:
    [review] = decide(after(SENSITIVE_SUBMITTED), IMPATIENT)
    assert review.four_eyes == "test/four-eyes"


def test_a_review_keeps_the_rule_it_opened_under() -> None:
    opened = STATES["in-review by two"]
    without = decider(ReviewRules(), PATIENCE)
    [proposed] = without.decide(opened, Message(RULINGS[0], UUID(int=2), NOW, UUID(int=3)))  # type: ignore[misc]
    assert isinstance(proposed, IdentityReviewProposed)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_second_officer_who_agrees_settles_it_in_both_names(verdict: Verdict) -> None:
    _, events = told([ResolveReview(OFFICER, verdict), ResolveReview(SECOND, verdict)], STATES["in-review by two"])
    settled = (
        IdentityVerified(dossier=SENSITIVE, fee_basis=BASIS, attributes=DOUBT, verified_by=OFFICER, confirmed_by=SECOND)
        if verdict is Verdict.VERIFIED
        else IdentityRejected(dossier=SENSITIVE, attributes=DOUBT, rejected_by=OFFICER, confirmed_by=SECOND)
    )
    assert events == [IdentityReviewProposed(dossier=SENSITIVE, verdict=verdict, proposed_by=OFFICER), settled]


def test_a_second_officer_who_disagrees_makes_the_new_proposal_which_the_first_may_confirm() -> None:
    state, [event] = told([ResolveReview(SECOND, Verdict.REJECTED)], STATES["proposed"])
    assert event == IdentityReviewProposed(
        dossier=SENSITIVE, verdict=Verdict.REJECTED, proposed_by=SECOND, replaces=OFFICER
    )
    assert decide(state, ResolveReview(SECOND, Verdict.REJECTED)) == Refusal("second-officer-needed")
    [rejected] = decide(state, ResolveReview(OFFICER, Verdict.REJECTED))
    assert (rejected.rejected_by, rejected.confirmed_by) == (SECOND, OFFICER)


@pytest.mark.parametrize("verdict", Verdict)
def test_the_officer_who_proposed_waits_for_another_whatever_they_find_now(verdict: Verdict) -> None:
    assert decide(STATES["proposed"], ResolveReview(OFFICER, verdict)) == Refusal("second-officer-needed")


@given(st.lists(st.sampled_from(Verdict), max_size=20), st.sampled_from(sorted(IN_REVIEW - {"in-review"})))
def test_no_officer_alone_ever_settles_what_needs_four_eyes(verdicts: list[Verdict], name: str) -> None:
    """One who has not looked yet: where others proposed, agreeing with them is what a second officer is for."""
    state, _ = told((ResolveReview(THIRD, verdict) for verdict in verdicts), STATES["in-review by two"])
    assert state.phase is Phase.IN_REVIEW
    proposer = STATES[name].proposal.officer if STATES[name].proposal else THIRD  # type: ignore[union-attr]
    state, _ = told((ResolveReview(proposer, verdict) for verdict in verdicts), STATES[name])
    assert state.phase is Phase.IN_REVIEW


@given(st.lists(st.sampled_from(RULINGS), max_size=20))
def test_whoever_rules_in_whatever_order_two_officers_who_agree_settle_it(rulings: list[ResolveReview]) -> None:
    state, events = told(rulings, STATES["in-review by two"])
    said = {(ruling.officer, ruling.verdict) for ruling in rulings}
    if state.phase is Phase.IN_REVIEW:
        assert state.officers == ()
        return
    first, second = state.officers
    verdict = Verdict.VERIFIED if state.phase is Phase.VERIFIED else Verdict.REJECTED
    assert first != second
    assert {(first, verdict), (second, verdict)} <= said
    assert [type(event) for event in events[:-1]] == [IdentityReviewProposed] * (len(events) - 1)


@pytest.mark.parametrize("name", STATES)
def test_a_withdrawal_ends_the_check_as_long_as_it_is_open(name: str) -> None:
    state, events = told([WITHDRAWN], STATES[name])
    assert events == ([IdentityCheckCancelled(dossier=DOSSIER)] if name in OPEN else [])
    assert DECIDER.due(state) == {}
    assert told([SUBMITTED, *ANSWERS, IMPATIENT], state)[1] == []


def test_a_withdrawal_that_overtakes_its_application_is_remembered() -> None:
    assert told([WITHDRAWN, SUBMITTED])[1] == [IdentityCheckCancelled(dossier=DOSSIER)]
    assert STATES["cancelled unheard"].dossier == DOSSIER


@pytest.mark.parametrize("name", STATES)
def test_the_registry_is_asked_within_our_patience_exactly_while_a_check_is_requested(name: str) -> None:
    waits = {"registry": Work("registry"), "registry-outage": Work("registry-outage", NOW + PATIENCE)}
    assert DECIDER.due(STATES[name]) == (waits if name == "requested" else {})


def test_a_request_from_before_requests_told_their_time_is_still_asked() -> None:
    state = DECIDER.evolve(Identity(), IdentityCheckRequested(dossier=DOSSIER, fee_basis=BASIS))
    assert DECIDER.due(state) == {"registry": Work("registry")}


@given(st.lists(st.sampled_from(MESSAGES), max_size=12))
def test_whatever_arrives_in_whatever_order_the_end_comes_once_and_stays(bodies: list[Any]) -> None:
    state, events = told(bodies)
    kinds = [type(event) for event in events]
    ends = [kind for kind in kinds if kind in {IdentityVerified, IdentityRejected, IdentityCheckCancelled}]
    assert len(ends) <= 1
    assert kinds[-1:] == ends or not ends
    assert kinds.count(IdentityCheckRequested) <= 1
    assert kinds.count(IdentityReviewRequired) <= 1
    assert (state.phase in {Phase.VERIFIED, Phase.REJECTED, Phase.CANCELLED}) == bool(ends)


@pytest.mark.parametrize("name", STATES)
def test_a_state_survives_storage(name: str) -> None:
    stored = Aggregates(Identity())
    assert stored.decode(stored._encode(STATES[name])) == STATES[name]
