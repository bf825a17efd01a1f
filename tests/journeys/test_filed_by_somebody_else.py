"""Journey 9: filed at the counter or by a representative: both the applicant and who filed are on record."""

import httpx

from motcua_contracts import ApplicationSubmitted, Capacity, Channel
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_an_officer_at_the_counter_files_for_a_citizen_who_then_follows_it(mix: Travelled) -> None:
    for application, planned in mix.of(Journey.ASSISTED).items():
        [submitted] = mix.events(application, ApplicationSubmitted)
        filer = submitted.dossier.filed_by
        assert filer is not None
        assert filer.capacity is Capacity.COUNTER_OFFICER
        assert submitted.dossier.applicant_id == planned.subject != filer.id
        assert submitted.dossier.channel is Channel.IN_PERSON
        shown = await mix.get("intake", f"/applications/{mix.code(application)}", mix.citizen(application))
        assert shown["status"] == "result-returned"


async def test_a_representative_files_pays_and_follows(mix: Travelled) -> None:
    for application, planned in mix.of(Journey.REPRESENTED).items():
        [submitted] = mix.events(application, ApplicationSubmitted)
        filer = submitted.dossier.filed_by
        assert filer is not None
        assert (filer.capacity, filer.id) == (Capacity.REPRESENTATIVE, planned.subject)
        assert submitted.dossier.applicant_id != planned.subject
        for service, path in (
            ("intake", f"/applications/{mix.code(application)}"),
            ("payment", f"/payments/{application}"),
            ("notification", f"/applications/{application}/notifications"),
        ):
            assert await mix.get(service, path, mix.citizen(application))
            stranger = {"Authorization": f"Bearer {mix.stack.token('citizen')}"}
            async with httpx.AsyncClient(base_url=mix.stack.url(service), trust_env=False) as client:
                assert (await client.get(path, headers=stranger)).status_code == 404
