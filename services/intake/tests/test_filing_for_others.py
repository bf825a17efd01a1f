"""Filed by somebody else: at the counter or by a representative; applicant and filer are both on record."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from motcua_intake.vault import Purpose
from services.intake.tests.office import AGENCY, OFFICER, Office, brought, submission
from services.intake.tests.story import SETTLED, VERIFIED

AGENT = {"full_name": "TRẦN THỊ BÌNH", "personal_number": "001184000001", "relation": "parent"}


async def event_of(office: Office, application: str) -> dict[str, Any]:
    body = await office.pool.fetchval("SELECT body FROM outbox WHERE key = $1 ORDER BY seq LIMIT 1", UUID(application))
    event: dict[str, Any] = json.loads(body)
    return event


async def test_at_the_counter_the_officer_and_the_applicant_are_on_record(office: Office) -> None:
    account, body = uuid4(), brought()
    receipt = await office.file("/officer/applications", body | {"account": str(account)}, office.as_officer())
    event = await event_of(office, receipt["application_id"])
    assert event["dossier"]["filed_by"] == {"id": str(OFFICER), "capacity": "counter-officer"}
    assert event["dossier"]["applicant_id"] == str(account)
    assert event["dossier"]["channel"] == "in-person"
    view = await office.follow(receipt["dossier_code"], office.as_citizen(account))
    assert view["filed_by"] == "counter-officer"


async def test_an_applicant_without_an_account_is_filed_for_too(office: Office) -> None:
    receipt = await office.file("/officer/applications", brought(), office.as_officer("H29"))
    assert (await office.follow(receipt["dossier_code"], office.as_officer()))["status"] == "submitted"
    told = await office.vault.tell(office.pool, [UUID(receipt["application_id"])], uuid4(), Purpose.IDENTITY_CHECK)
    assert told[UUID(receipt["application_id"])]["full_name"] == "NGUYỄN VĂN AN"


async def test_an_officer_files_at_their_own_agency_only(office: Office) -> None:
    who = office.as_officer("H29.25.13", key="elsewhere")
    body = brought() | {"documents": {"original": await office.upload(who=who)}}
    answer = await office.client.post("/officer/applications", json=body, headers=who)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-agency")
    citizen = await office.client.post("/officer/applications", json=body, headers=office.as_citizen())
    assert citizen.status_code == 403


async def test_a_repeated_filing_at_the_counter_gets_the_same_receipt(office: Office) -> None:
    who = office.as_officer(key="counter-0001")
    first, again = [await office.file("/officer/applications", brought(), who) for _ in range(2)]
    assert first == again


async def test_at_the_counter_nothing_is_filed_without_a_key(office: Office) -> None:
    body = brought() | {"documents": {"original": await office.upload(who=office.as_officer())}}
    answer = await office.client.post("/officer/applications", json=body, headers=office.as_officer())
    assert answer.status_code == 422
    assert await office.pool.fetchval("SELECT count(*) FROM applications") == 0


async def test_who_files_cannot_choose_a_channel_that_is_not_theirs(office: Office) -> None:
    officer, citizen = office.as_officer(key="counter-0002"), office.as_citizen(key="portal-0001")
    for url, who, channel, code in (
        ("/officer/applications", officer, "online", "channel-not-at-counter"),
        ("/applications", citizen, "in-person", "channel-not-on-portal"),
        ("/applications", citizen, "post", "channel-not-on-portal"),
    ):
        answer = await office.client.post(url, json=submission(channel=channel), headers=who)
        assert answer.status_code == 422
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["faults"]] == [("/channel", code)]


async def test_a_representative_files_follows_and_withdraws(office: Office) -> None:
    receipt = await office.submit(submission(representative=AGENT))
    code = receipt["dossier_code"]
    event = await event_of(office, receipt["application_id"])
    assert event["dossier"]["filed_by"] == {"id": str(office.citizen), "capacity": "representative"}
    assert event["dossier"]["applicant_id"] != str(office.citizen)
    assert (await office.follow(code))["filed_by"] == "representative"
    answer = await office.answer(code, "withdraw")
    assert answer.json()["status"] == "withdrawn"


async def test_a_representative_supplies_what_is_missing(office: Office) -> None:
    receipt = await office.submit(submission(representative=AGENT))
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    marks = {"items": [{"item": "field.purpose", "reason": "missing", "words": "Ghi rõ mục đích."}]}
    await office.act(receipt["dossier_code"], "supplement", marks)
    view = await office.follow(receipt["dossier_code"])
    assert view["supplements"][0]["items"][0]["note"] == "Ghi rõ mục đích."
    answer = await office.answer(receipt["dossier_code"], "supplement", {"fields": {"purpose": "Du học"}})
    assert answer.json()["status"] == "fee-settled"


async def test_the_counter_where_it_was_filed_supplies_and_withdraws_for_the_applicant(office: Office) -> None:
    receipt = await office.file("/officer/applications", brought(), office.as_officer())
    code, clerk = receipt["dossier_code"], uuid4()
    colleague = office.as_officer(subject=clerk)
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    await office.act(code, "supplement", {"items": [{"item": "field.purpose", "reason": "missing"}]})
    answer = await office.answer(code, "supplement", {"fields": {"purpose": "Du học"}}, colleague)
    assert answer.status_code == 200, answer.text
    rows = await office.pool.fetch("SELECT reader, purpose FROM vault_accesses")
    assert [tuple(row) for row in rows] == [(clerk, "supplement")]
    elsewhere = await office.answer(code, "withdraw", who=office.as_officer("H29.25.13"))
    assert elsewhere.status_code == 404
    assert (await office.answer(code, "withdraw", who=colleague)).json()["status"] == "withdrawn"


async def test_what_a_representative_says_of_themself_is_on_no_topic(office: Office) -> None:
    receipt = await office.submit(submission(representative=AGENT))
    text = json.dumps(await event_of(office, receipt["application_id"]), ensure_ascii=False)
    assert AGENT["full_name"] not in text
    assert AGENT["personal_number"] not in text
    file = await office.client.get(
        f"/officer/applications/{receipt['dossier_code']}/file", headers=office.as_officer(AGENCY)
    )
    assert file.json()["representative"] == AGENT


async def test_at_the_portal_and_at_the_counter_a_plain_filing_is_not_read_by_fastapi(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(**_: Any) -> None:
        raise AssertionError("FastAPI was asked")

    filings = [
        ("/applications", submission(), office.as_citizen(key="at-the-portal")),
        ("/officer/applications", brought(), office.as_officer(key="at-the-counter")),
    ]
    uploads = [await office.upload(who=who) for _, _, who in filings]
    monkeypatch.setattr("fastapi.routing.solve_dependencies", never)
    answers = [
        await office.client.post(url, json=body | {"documents": {"original": upload}}, headers=who)
        for (url, body, who), upload in zip(filings, uploads, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
