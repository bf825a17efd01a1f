"""Each citizen is told by the medium they prefer, by a registered sender, in a form that medium bears."""

from typing import Any

import httpx
import pytest

from motcua_contracts import Medium, NotificationFailed, NotificationSent
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled

_PROVIDERS = {Medium.SMS: ("sms-one", "sms-two"), Medium.ZNS: ("zalo",)}


@pytest.mark.parametrize("medium", list(Medium))
async def test_the_preferred_medium_carries_every_message(mix: Travelled, medium: Medium) -> None:
    wanted = [
        id_
        for id_, planned in mix.applications.items()
        if planned.submission["applicant"]["contact_by"][0] == medium and not planned.script.unreachable
    ]
    assert wanted
    for application in wanted:
        sent = mix.events(application, NotificationSent)
        assert sent
        assert {notice.medium for notice in sent} == {medium}


async def test_who_the_first_medium_does_not_reach_is_told_by_the_next(mix: Travelled) -> None:
    for application in mix.of(Journey.UNREACHABLE):
        sent = mix.events(application, NotificationSent)
        assert {notice.medium for notice in sent} == {Medium.SMS}
        failed = mix.events(application, NotificationFailed)
        assert {(n.topic, n.number) for n in failed} == {(n.topic, n.number) for n in sent}
        assert {notice.medium for notice in failed} == {Medium.ZNS}


async def test_sms_are_unaccented_and_fit_three_parts(mix: Travelled) -> None:
    texts = [message["content"] for message in await _messages(mix, Medium.SMS)]
    assert texts
    assert all(text.isascii() for text in texts)
    assert max(map(len, texts)) <= 3 * 153


async def test_zns_use_registered_templates_within_their_limits(mix: Travelled) -> None:
    messages = await _messages(mix, Medium.ZNS)
    assert messages
    assert all(message["template_id"].isdigit() for message in messages)
    assert all(sum(len(str(value)) for value in message["template_data"].values()) <= 400 for message in messages)


@pytest.mark.parametrize("journey", [Journey.PAID, Journey.WITHDRAWN_PAID, Journey.SUPPLEMENTED_TWICE])
async def test_why_somebody_was_told_is_answered_step_by_step(mix: Travelled, journey: Journey) -> None:
    for application in mix.of(journey):
        shown = await mix.get("notification", f"/applications/{application}/notifications", mix.citizen(application))
        sent = {(n.topic.value, n.number) for n in mix.events(application, NotificationSent)}
        told = [notice for notice in shown["notifications"] if notice["state"] == "sent"]
        assert {(notice["topic"], notice["number"]) for notice in told} == sent
        for notice in told:
            assert notice["explanation_vi"]
            assert notice["explanation_en"]


async def _messages(mix: Travelled, medium: Medium) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for provider in _PROVIDERS[medium]:
        async with httpx.AsyncClient(base_url=mix.stack.url(provider), trust_env=False) as client:
            found += (await client.get("/control/ledger", params={"limit": 100_000})).json()["messages"]
    return found
