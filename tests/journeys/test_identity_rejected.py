"""Journey 3: no match in the registry ends the application, with the reason per attribute and in words."""

import httpx

from motcua_contracts import ApplicationSubmitted, IdentityRejected, IdentityVerified, Match
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_an_unknown_or_mismatched_person_is_rejected_attribute_by_attribute(mix: Travelled) -> None:

    reasons = set()
    for application, planned in mix.of(Journey.REJECTED).items():
        [rejected] = mix.events(application, IdentityRejected)
        assert mix.events(application, IdentityVerified) == []
        found = rejected.attributes
        reasons.add(found.personal_number)
        if not planned.people:
            assert found.personal_number is Match.NOT_FOUND
        else:
            assert (found.personal_number, found.full_name, found.date_of_birth) == (
                Match.MATCH,
                Match.MISMATCH,
                Match.MISMATCH,
            )
    assert reasons <= {Match.NOT_FOUND, Match.MATCH}


async def test_the_citizen_is_told_why_in_words(mix: Travelled) -> None:

    for application, planned in mix.of(Journey.REJECTED, by="email").items():
        first, last = await mix.mails(application)
        why = "số định danh" if planned.submission["language"] == "vi" else "personal number"
        assert why in last["text"].lower()
        assert first["subject"] != last["subject"]


async def test_nobody_else_sees_the_application(mix: Travelled) -> None:
    application = next(iter(mix.of(Journey.REJECTED)))
    [submitted] = mix.events(application, ApplicationSubmitted)

    shown = await mix.get("intake", f"/applications/{submitted.dossier.code}", mix.citizen(application))
    assert shown["status"] == "identity-rejected"
    stranger = {"Authorization": f"Bearer {mix.stack.token('citizen')}"}
    async with httpx.AsyncClient(base_url=mix.stack.url("intake"), trust_env=False) as client:
        assert (await client.get(f"/applications/{submitted.dossier.code}", headers=stranger)).status_code == 404
