"""Whoever does not want a medium is not written to by it; the law's notices still go by e-mail."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from motcua_chassis.principals import Role
from motcua_contracts import Capacity, Filer, Medium
from motcua_notification.preferences import opt_out, opted_out
from services.notification.tests.cases import DOSSIER
from services.notification.tests.post_office import PostOffice, open_post_office

APPLICANT = DOSSIER.applicant_id


@pytest_asyncio.fixture
async def office(pool: asyncpg.Pool) -> AsyncIterator[PostOffice]:
    async with open_post_office(pool) as office:
        yield office


async def put(office: PostOffice, body: Any, **who: Any) -> Any:
    return await office.ask("PUT", "/preferences", json=body, **who)


async def test_a_citizen_says_what_they_do_not_want_and_changes_it(office: PostOffice) -> None:
    assert (await office.ask(path="/preferences")).json()["not_by"] == []
    for wanted in (["sms", "zns"], ["zns", "email", "zns"], []):
        said = await put(office, {"not_by": wanted})
        assert (said.status_code, said.json()["not_by"]) == (200, sorted(set(wanted)))
        assert (await office.ask(path="/preferences")).json() == said.json()


async def test_it_is_said_in_both_languages_what_that_means(office: PostOffice) -> None:
    said = (await put(office, {"not_by": ["sms", "email"]})).json()
    assert said["vi"].startswith("Không gửi tin bằng: thư điện tử, tin nhắn SMS. Thông báo mà pháp luật yêu cầu")
    assert said["en"].startswith("No messages by: e-mail, SMS. What the law requires")


async def test_channels_ask_for_one_person_and_medium(pool: asyncpg.Pool) -> None:
    await opt_out(pool, APPLICANT, [Medium.SMS, Medium.EMAIL])
    assert [await opted_out(pool, DOSSIER, medium) for medium in Medium] == [True, True, False]
    assert not await opted_out(pool, DOSSIER.model_copy(update={"applicant_id": uuid4()}), Medium.SMS)


async def test_who_files_for_somebody_else_says_it_for_both(pool: asyncpg.Pool) -> None:
    mother = Filer(id=uuid4(), capacity=Capacity.REPRESENTATIVE)
    child = DOSSIER.model_copy(update={"applicant_id": uuid4(), "filed_by": mother})
    at_the_counter = child.model_copy(update={"filed_by": Filer(id=mother.id, capacity=Capacity.COUNTER_OFFICER)})
    await opt_out(pool, mother.id, [Medium.SMS])

    assert await opted_out(pool, child, Medium.SMS)
    assert not await opted_out(pool, at_the_counter, Medium.SMS)


async def test_what_the_law_requires_still_goes_by_e_mail(pool: asyncpg.Pool) -> None:
    await opt_out(pool, APPLICANT, list(Medium))
    refused = {medium: await opted_out(pool, DOSSIER, medium, required=True) for medium in Medium}
    assert refused == {Medium.EMAIL: False, Medium.SMS: True, Medium.ZNS: True}


@pytest.mark.parametrize(
    "body", [None, {}, {"not_by": "sms"}, {"not_by": ["pigeon"]}, {"not_by": ["sms"] * 4}, {"not_by": [], "by": []}]
)
async def test_a_malformed_wish_is_named(office: PostOffice, body: Any) -> None:
    refused = await put(office, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_a_body_that_is_no_text_is_refused(office: PostOffice) -> None:
    for content in (b'{"not_by": ["\xff"]}', b"{", b'{"not_by": ["\\u0000"]}'):
        headers = {"Content-Type": "application/json"}
        refused = await office.ask("PUT", "/preferences", content=content, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_only_citizens_have_preferences(office: PostOffice) -> None:
    for method in ("GET", "PUT"):
        officer = {"role": Role.OFFICER, "agency": DOSSIER.agency}
        assert (await office.ask(method, "/preferences", json={"not_by": []}, **officer)).status_code == 403
        assert (await office.client.request(method, "/preferences", json={"not_by": []})).status_code == 401
