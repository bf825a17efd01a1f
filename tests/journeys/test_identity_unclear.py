"""Journey 4: what the registry leaves open is settled by officers, two of them where a rule demands it."""

import httpx
import pytest

from motcua_contracts import (
    ApplicationWithdrawn,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
    Status,
    Verdict,
)
from motcua_local.demo.checker import status_of
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


@pytest.mark.parametrize(
    ("journey", "reason"),
    [
        (Journey.REVIEWED, ReviewReason.PARTIAL_MATCH),
        (Journey.REVIEW_REJECTED, ReviewReason.TWO_CANDIDATES),
        (Journey.FOUR_EYES, ReviewReason.CONTRADICTORY_ANSWER),
        (Journey.REGISTRY_AWAY, ReviewReason.REGISTRY_UNAVAILABLE),
    ],
)
async def test_a_doubt_goes_to_the_review_queue_with_its_reason(
    mix: Travelled, journey: Journey, reason: ReviewReason
) -> None:
    for application in mix.of(journey):
        [review] = mix.events(application, IdentityReviewRequired)
        assert review.reason is reason


async def test_a_partial_match_verified_by_an_officer_goes_on_to_the_result(mix: Travelled) -> None:
    for application in mix.of(Journey.REVIEWED):
        [review] = mix.events(application, IdentityReviewRequired)
        [verified] = mix.events(application, IdentityVerified)
        assert verified.verified_by is not None
        assert (verified.confirmed_by is None) is (review.four_eyes is None)
        assert verified.attributes.full_name is Match.MISMATCH
        assert mix.events(application, ApplicationWithdrawn) == []
        assert status_of(mix.run.history.by_application[application]) is Status.RESULT_RETURNED


async def test_a_doubt_can_end_in_rejection_and_the_citizen_is_told(mix: Travelled) -> None:
    for application in mix.of(Journey.REVIEW_REJECTED):
        [rejected] = mix.events(application, IdentityRejected)
        assert rejected.rejected_by is not None
        assert mix.told(application, "identity-in-review", "identity-rejected")


async def test_where_a_rule_demands_it_a_second_officer_confirms(mix: Travelled) -> None:
    for application in mix.of(Journey.FOUR_EYES):
        [review] = mix.events(application, IdentityReviewRequired)
        [proposed] = mix.events(application, IdentityReviewProposed)
        [verified] = mix.events(application, IdentityVerified)
        assert review.four_eyes is not None
        assert proposed.verdict is Verdict.VERIFIED
        assert (verified.verified_by, verified.confirmed_by != verified.verified_by) == (proposed.proposed_by, True)


async def test_an_officer_of_another_agency_sees_no_review(mix: Travelled) -> None:
    headers = {"Authorization": f"Bearer {mix.stack.token('officer', agency='H77')}"}
    async with httpx.AsyncClient(base_url=mix.stack.url("identity"), trust_env=False) as client:
        answer = await client.get("/reviews", headers=headers)
    assert answer.json()["items"] == []
