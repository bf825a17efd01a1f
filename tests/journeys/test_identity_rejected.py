"""Journey 3: no match in the registry ends the application, with the reason per attribute and in words."""

from collections.abc import Awaitable, Callable

import httpx

from motcua_contracts import ApplicationSubmitted, IdentityRejected, IdentityVerified, Match
from motcua_local.demo.plan import Journey
from tests.support.journey import Travelled


async def test_an_unknown_or_mismatched_person_is_rejected_attribute_by_attribute(
    travel: Callable[..., Awaitable[Travelled]],
) -> None:
    told = await travel(Journey.REJECTED, 8)

    reasons = set()
    for application, planned in told.applications.items():
        [rejected] = told.events(application, IdentityRejected)
        assert told.events(application, IdentityVerified) == []
        found = rejected.attributes
        reasons.add(found.personal_number)
        if planned.registered is None:
            assert found.personal_number is Match.NOT_FOUND
        else:
            assert (found.personal_number, found.full_name, found.date_of_birth) == (
                Match.MATCH,
                Match.MISMATCH,
                Match.MISMATCH,
            )
    assert reasons == {Match.NOT_FOUND, Match.MATCH}


async def test_the_citizen_is_told_why_in_words(travel: Callable[..., Awaitable[Travelled]]) -> None:
    told = await travel(Journey.REJECTED, 4)

    for application, planned in told.applications.items():
        first, last = await told.mails(application)
        why = "số định danh" if planned.form["language"] == "vi" else "personal number"
        assert why in last["text"].lower()
        assert first["subject"] != last["subject"]


async def test_nobody_else_sees_the_application(travel: Callable[..., Awaitable[Travelled]]) -> None:
    told = await travel(Journey.REJECTED, 1)
    [application] = told.applications
    [submitted] = told.events(application, ApplicationSubmitted)

    shown = await told.get("intake", f"/applications/{submitted.dossier.code}", told.citizen(application))
    assert shown["status"] == "identity-rejected"
    stranger = {"Authorization": f"Bearer {told.stack.token('citizen')}"}
    async with httpx.AsyncClient(base_url=told.stack.url("intake"), trust_env=False) as client:
        assert (await client.get(f"/applications/{submitted.dossier.code}", headers=stranger)).status_code == 404
