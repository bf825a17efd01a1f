"""The whole service as a process: events in, events out, and its HTTP."""

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from motcua_chassis.principals import Role
from motcua_contracts import (
    IdentityCheckCancelled,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewProposed,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
    Verdict,
)
from motcua_identity.domain import EVERYTHING_MATCHES


async def submit(identity: Any, vault: Any, held: dict[str, str] | None, **said: Any) -> UUID:
    """An application whose applicant says they are `held`, as far as the vault knows."""
    application = uuid4()
    if held is not None:
        vault.people[application] = held
    await identity.submit(application, **said)
    return application


@pytest_asyncio.fixture
async def doubtful(identity: Any, vault: Any, registry: Any, person: dict[str, str]) -> tuple[UUID, UUID]:
    """An application in review, and its applicant."""
    applicant = uuid4()
    await registry.knows({**person, "full_name": "NGUYỄN VĂN HOA"})
    application = await submit(identity, vault, person, applicant=applicant)
    await identity.events(application, 2)
    return application, applicant


async def test_a_matching_applicant_is_verified(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    application = await submit(identity, vault, person)
    requested, verified = await identity.events(application, 2)
    assert isinstance(requested, IdentityCheckRequested)
    assert verified == IdentityVerified(
        dossier=requested.dossier, fee_basis=requested.fee_basis, attributes=EVERYTHING_MATCHES
    )


async def test_an_unknown_applicant_is_rejected(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    application = await submit(identity, vault, person)
    _, rejected = await identity.events(application, 2)
    assert isinstance(rejected, IdentityRejected)
    assert rejected.attributes.personal_number is Match.NOT_FOUND


async def test_an_erased_applicant_goes_to_an_officer(identity: Any, vault: Any, registry: Any) -> None:
    application = await submit(identity, vault, None)
    _, review = await identity.events(application, 2)
    assert isinstance(review, IdentityReviewRequired)
    assert review.reason is ReviewReason.APPLICANT_ERASED


async def test_a_registry_that_fails_for_a_while_delays_the_verdict_and_changes_nothing(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    await registry.behave("fail", times=2)
    application = await submit(identity, vault, person)
    _, verified = await identity.events(application, 2)
    assert isinstance(verified, IdentityVerified)


async def test_an_officer_finds_a_doubt_in_the_queue_and_settles_it_once(
    identity: Any, doubtful: tuple[UUID, UUID]
) -> None:
    application, _ = doubtful
    officer = {"role": Role.OFFICER, "subject": uuid4(), "agency": "H29.25"}
    [item] = await queued(identity, application, officer)
    assert item["reason"] == "partial-match"
    assert item["told"]["en"] == "The data match only in part; an officer has to look."
    assert item["attributes"]["full_name"] == {
        "match": "mismatch",
        "vi": "Họ và tên không khớp với Cơ sở dữ liệu quốc gia về dân cư.",
        "en": "The full name does not match the national population database.",
    }
    assert (item["four_eyes"], item["proposal"], item["decidable"]) == (None, None, True)
    path, verified = f"/reviews/{application}", {"verdict": "verified"}
    answer = await identity.post(path, verified, key="k-1", **officer)
    settled = {"application_id": str(application), "phase": "verified", "second_officer_needed": False}
    assert (answer.status_code, answer.json()) == (200, settled)
    again = await identity.post(path, verified, key="k-1", **officer)
    assert (again.status_code, again.json()) == (200, settled)
    other = await identity.post(path, {"verdict": "rejected"}, key="k-1", **officer)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    refused = await identity.post(path, {"verdict": "rejected"}, **officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-in-review")
    _, _, event = await identity.events(application, 3)
    assert isinstance(event, IdentityVerified)
    assert event.verified_by == officer["subject"]
    assert await queued(identity, application, officer) == []


async def test_where_four_eyes_are_demanded_two_officers_settle_it_and_the_queue_says_who_proposed(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows({**person, "behaviour": {"mode": "two-candidates"}})
    applicant = uuid4()
    application = await submit(identity, vault, person, applicant=applicant, procedure="3.000333")
    await identity.events(application, 2)
    first, second = ({"role": Role.OFFICER, "subject": uuid4(), "agency": "H29.25.12"} for _ in range(2))
    path, verified = f"/reviews/{application}", {"verdict": "verified"}
    [item] = await queued(identity, application, first)
    assert item["reason"] == "two-candidates"
    assert item["four_eyes"]["rule"] == "identity/criminal-record/four-eyes"
    assert item["four_eyes"]["article"] == "Điều 5"

    waits = {"application_id": str(application), "phase": "in-review", "second_officer_needed": True}
    for _ in range(2):
        assert (await identity.post(path, verified, key="k-1", **first)).json() == waits
    refused = await identity.post(path, verified, **first)
    assert (refused.status_code, refused.json()["code"]) == (409, "second-officer-needed")
    [[seen], [theirs]] = [await queued(identity, application, officer) for officer in (first, second)]
    assert (seen["decidable"], theirs["decidable"]) == (False, True)
    assert theirs["proposal"]["proposed_by"] == str(first["subject"])
    assert theirs["proposal"]["verdict"] == "verified"
    citizen = (await identity.get(f"/checks/{application}", Role.CITIZEN, subject=applicant)).json()
    assert citizen["told"]["en"] == "One officer has looked; a second one has to confirm."
    assert "proposal" not in citizen

    assert (await identity.post(path, {"verdict": "rejected"}, **second)).json() == waits
    assert (await identity.post(path, {"verdict": "rejected"}, **first)).json()["phase"] == "rejected"
    _, _, one, other, rejected = await identity.events(application, 5)
    assert isinstance(one, IdentityReviewProposed)
    assert isinstance(other, IdentityReviewProposed)
    assert (other.verdict, other.replaces) == (Verdict.REJECTED, first["subject"])
    assert isinstance(rejected, IdentityRejected)
    assert (rejected.rejected_by, rejected.confirmed_by) == (second["subject"], first["subject"])
    citizen = (await identity.get(f"/checks/{application}", Role.CITIZEN, subject=applicant)).json()
    assert (citizen["version"], citizen["settled_by"]) == (5, "two-officers")


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("contradict", ReviewReason.CONTRADICTORY_ANSWER), ("disagree", ReviewReason.CONTRADICTORY_ANSWER)],
)
async def test_an_answer_that_stays_contradictory_goes_to_an_officer(
    identity: Any, vault: Any, registry: Any, person: dict[str, str], mode: str, reason: ReviewReason
) -> None:
    await registry.knows({**person, "behaviour": {"mode": mode}})
    application = await submit(identity, vault, person)
    _, review = await identity.events(application, 2)
    assert isinstance(review, IdentityReviewRequired)
    assert review.reason is reason


async def test_one_look_up_that_keeps_failing_goes_to_an_officer_while_others_are_served(
    identity: Any, vault: Any, registry: Any, person: dict[str, str], another: dict[str, str]
) -> None:
    await registry.knows({**person, "behaviour": {"mode": "fail"}}, another)
    failing = await submit(identity, vault, person)
    served = await submit(identity, vault, another)
    _, verified = await identity.events(served, 2)
    assert isinstance(verified, IdentityVerified)
    _, review = await identity.events(failing, 2)
    assert isinstance(review, IdentityReviewRequired)
    assert review.reason is ReviewReason.REGISTRY_UNAVAILABLE


async def test_an_answer_that_comes_after_the_review_opened_changes_nothing(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows({**person, "behaviour": {"mode": "slow", "delay_seconds": 7}})
    application = await submit(identity, vault, person)
    _, review = await identity.events(application, 2)
    assert isinstance(review, IdentityReviewRequired)
    assert review.reason is ReviewReason.REGISTRY_UNAVAILABLE
    answered = time.monotonic() + 3.5
    while time.monotonic() < answered:
        await asyncio.sleep(0.1)
        assert len(identity.said[application]) == 2
    officer = {"role": Role.OFFICER, "agency": "H29"}
    assert (await identity.get(f"/checks/{application}", **officer)).json()["version"] == 2
    assert len(await queued(identity, application, officer)) == 1


async def test_a_withdrawn_application_is_not_looked_up_any_more(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows({**person, "behaviour": {"mode": "fail"}})
    application = await submit(identity, vault, person)
    await identity.events(application, 1)
    await identity.withdraw(application)
    _, cancelled = await identity.events(application, 2)
    assert isinstance(cancelled, IdentityCheckCancelled)
    seen = await identity.get(f"/checks/{application}", Role.OFFICER, agency="H29")
    assert (seen.json()["phase"], "settled_by" in seen.json()) == ("cancelled", False)


async def test_a_withdrawal_that_comes_first_is_remembered(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    application = uuid4()
    await identity.withdraw(application)
    [cancelled] = await identity.events(application, 1)
    assert isinstance(cancelled, IdentityCheckCancelled)
    vault.people[application] = person
    await identity.submit(application)
    after = await submit(identity, vault, None)
    await identity.events(after, 2)
    assert len(identity.said[application]) == 1
    assert (await identity.get(f"/checks/{application}", Role.OFFICER, agency="H29")).json()["phase"] == "cancelled"


async def test_a_review_ends_with_a_withdrawal(identity: Any, doubtful: tuple[UUID, UUID]) -> None:
    application, _ = doubtful
    officer = {"role": Role.OFFICER, "agency": "H29"}
    await identity.withdraw(application)
    await identity.events(application, 3)
    assert await queued(identity, application, officer) == []
    refused = await identity.post(f"/reviews/{application}", {"verdict": "verified"}, **officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "application-withdrawn")


async def queued(identity: Any, application: UUID, who: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await identity.get("/reviews?limit=500", **who)
    assert answer.status_code == 200
    return [item for item in answer.json()["items"] if item["application_id"] == str(application)]


async def test_an_officer_of_another_agency_neither_sees_nor_settles_it(
    identity: Any, doubtful: tuple[UUID, UUID]
) -> None:
    application, _ = doubtful
    stranger = {"role": Role.OFFICER, "agency": "H29.26"}
    assert await queued(identity, application, stranger) == []
    for answer in (
        await identity.get(f"/checks/{application}", **stranger),
        await identity.post(f"/reviews/{application}", {"verdict": "verified"}, **stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "check-not-found")


async def test_a_citizen_sees_their_own_check_in_words_and_no_other(identity: Any, doubtful: tuple[UUID, UUID]) -> None:
    application, applicant = doubtful
    seen = (await identity.get(f"/checks/{application}", Role.CITIZEN, subject=applicant)).json()
    assert (seen["phase"], seen["review"], seen["version"]) == ("in-review", "partial-match", 2)
    assert seen["told"]["vi"] == "Đang chờ cán bộ xác minh danh tính."
    assert seen["attributes"]["personal_number"]["vi"] == (
        "Số định danh cá nhân khớp với Cơ sở dữ liệu quốc gia về dân cư."
    )
    assert (await identity.get(f"/checks/{application}", Role.CITIZEN)).status_code == 404
    assert (await identity.get("/reviews", Role.CITIZEN)).status_code == 403
    assert (await identity.client.get("/reviews")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"verdict": "yes"}, {"verdict": "verified", "because": "x"}, []])
async def test_a_verdict_that_says_anything_else_is_refused(identity: Any, body: Any) -> None:
    answer = await identity.post(f"/reviews/{uuid4()}", body, Role.OFFICER, agency="H29")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_no_event_holds_anything_of_the_applicant(
    identity: Any, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    application = await submit(identity, vault, person)
    told = "".join(event.model_dump_json() for event in await identity.events(application, 2))
    assert not [value for value in person.values() if value in told]


async def test_the_description_of_its_http_is_complete(identity: Any) -> None:
    description = (await identity.client.get("/openapi.json")).json()
    ours = {path: item for path, item in description["paths"].items() if path.startswith(("/reviews", "/checks"))}
    assert set(ours) == {"/reviews", "/reviews/{application_id}", "/checks/{application_id}"}
    for item in ours.values():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            assert {"200", "401", "403", "422", "503"} <= set(operation["responses"])
            assert operation["security"]
