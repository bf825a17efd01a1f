"""The whole service as a process: events in, events out, and its HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from motcua_chassis.principals import Role
from motcua_contracts import (
    IdentityCheckRequested,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    Match,
    ReviewReason,
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
    path = f"/reviews/{application}/resolve"
    answer = await identity.post(path, {"verified": True}, key="k-1", **officer)
    assert (answer.status_code, answer.json()) == (200, {"application_id": str(application), "phase": "verified"})
    again = await identity.post(path, {"verified": True}, key="k-1", **officer)
    assert (again.status_code, again.json()) == (200, answer.json())
    refused = await identity.post(path, {"verified": False}, **officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-in-review")
    _, _, verified = await identity.events(application, 3)
    assert isinstance(verified, IdentityVerified)
    assert verified.verified_by == officer["subject"]
    assert await queued(identity, application, officer) == []


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
        await identity.post(f"/reviews/{application}/resolve", {"verified": True}, **stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "check-not-found")


async def test_a_citizen_sees_their_own_check_in_words_and_no_other(identity: Any, doubtful: tuple[UUID, UUID]) -> None:
    application, applicant = doubtful
    seen = (await identity.get(f"/checks/{application}", Role.CITIZEN, subject=applicant)).json()
    assert (seen["phase"], seen["review"]) == ("in-review", "partial-match")
    assert seen["attributes"]["personal_number"]["vi"] == (
        "Số định danh cá nhân khớp với Cơ sở dữ liệu quốc gia về dân cư."
    )
    assert (await identity.get(f"/checks/{application}", Role.CITIZEN)).status_code == 404
    assert (await identity.get("/reviews", Role.CITIZEN)).status_code == 403
    assert (await identity.client.get("/reviews")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"verified": "yes"}, {"verified": True, "because": "x"}])
async def test_a_verdict_that_says_anything_else_is_refused(identity: Any, body: Any) -> None:
    answer = await identity.post(f"/reviews/{uuid4()}/resolve", body, Role.OFFICER, agency="H29")
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
    assert set(ours) == {"/reviews", "/reviews/{application_id}/resolve", "/checks/{application_id}"}
    for item in ours.values():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            assert {"200", "401", "403", "422", "503"} <= set(operation["responses"])
            assert operation["security"]
