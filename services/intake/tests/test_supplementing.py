"""Supplements over HTTP: marked in words by an officer, supplied by the citizen, or too late."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from motcua_intake.vault import Purpose
from services.intake.tests.office import PDF, Office, open_office
from services.intake.tests.story import SETTLED, VERIFIED

MARKS = {
    "items": [
        {"item": "field.purpose", "reason": "missing", "words": "Đề nghị ghi rõ mục đích."},
        {"item": "document.original", "reason": "unreadable", "words": "Ảnh mờ, không đọc được."},
        {"item": "contact.phone", "reason": "wrong"},
    ]
}


async def asked(office: Office) -> tuple[str, str]:
    receipt = await office.submit()
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    answer = await office.act(receipt["dossier_code"], "supplement", MARKS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "supplement-requested"
    assert answer.json()["portal_status"]["number"] == 5
    return receipt["application_id"], receipt["dossier_code"]


async def full_answer(office: Office) -> dict[str, Any]:
    return {
        "fields": {"purpose": "Nộp hồ sơ xin việc"},
        "documents": {"original": await office.upload(PDF + b"2")},
        "contacts": {"phone": "+84912345678"},
    }


async def test_the_citizen_reads_in_words_what_is_asked_and_supplies_it(office: Office) -> None:
    application, code = await asked(office)
    view = await office.follow(code)
    assert "tạm dừng" in view["words"]["vi"]
    [supplement] = view["supplements"]
    assert [each.get("note") for each in supplement["items"]] == [
        "Đề nghị ghi rõ mục đích.",
        "Ảnh mờ, không đọc được.",
        None,
    ]
    assert supplement["items"][1]["name"] == {"vi": "Bản chính", "en": "The original"}
    assert supplement["items"][1]["reason_words"]["vi"] == "không đọc được"
    answer = await office.answer(code, "supplement", await full_answer(office))
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "fee-settled"
    notes = [row["id"] for row in await office.pool.fetch("SELECT id FROM notes")]
    told = await office.vault.tell(office.pool, [UUID(application)], uuid4(), Purpose.NOTIFICATION, notes)
    assert told[UUID(application)]["phone"] == "+84912345678"
    assert set(told[UUID(application)]["notes"].values()) == {  # type: ignore[union-attr]
        "Đề nghị ghi rõ mục đích.",
        "Ảnh mờ, không đọc được.",
    }
    after = await office.follow(code)
    assert "supplied_at" in after["supplements"][0]
    assert "respond_by" not in after


async def test_every_fault_of_an_answer_is_told_at_its_place(office: Office) -> None:
    _, code = await asked(office)
    body = {"fields": {"purpose": " ", "original-title": "x"}, "documents": {"original": str(uuid4())}, "contacts": {}}
    answer = await office.answer(code, "supplement", body)
    assert answer.status_code == 422
    assert {(fault["pointer"], fault["code"]) for fault in answer.json()["faults"]} == {
        ("/fields/purpose", "supplement-missing"),
        ("/fields/original-title", "supplement-not-asked"),
        ("/contacts/phone", "supplement-missing"),
    }
    complete = await full_answer(office) | {"documents": {"original": str(uuid4())}}
    unknown = await office.answer(code, "supplement", complete)
    assert [(f["pointer"], f["code"]) for f in unknown.json()["faults"]] == [("/documents/original", "upload-unknown")]


async def test_who_a_citizen_is_cannot_be_supplemented(office: Office) -> None:
    _, code = await asked(office)
    body = await full_answer(office)
    body["contacts"]["full_name"] = "TRẦN VĂN KHÁC"
    answer = await office.answer(code, "supplement", body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["faults"]] == ["/contacts/full_name"]


async def test_a_repeated_answer_is_answered_alike_even_when_more_is_asked_meanwhile(office: Office) -> None:
    _, code = await asked(office)
    body, who = await full_answer(office), office.as_citizen(key="supplement-1")
    first = await office.answer(code, "supplement", body, who)
    again = await office.answer(code, "supplement", body, who)
    more = {"items": [{"item": "contact.email", "reason": "wrong"}]}
    assert (await office.act(code, "supplement", more)).status_code == 200
    late = await office.answer(code, "supplement", body, who)
    assert first.content == again.content == late.content
    assert first.status_code == late.status_code == 200
    other = await office.answer(code, "supplement", {}, who)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_nothing_is_supplied_where_nothing_is_asked(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    answer = await office.answer(code, "supplement", {"contacts": {"phone": "+84912345678"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-status")


async def test_an_overdue_supplement_stops_the_application_and_says_why(database: str) -> None:
    async with open_office(database, supplement_window="0.05") as office:
        application, code = await asked(office)
        await asyncio.sleep(0.05)  # the window itself
        await office.falls_due(application)
        view = await office.follow(code)
        assert (view["status"], view["portal_status"]["number"]) == ("stopped", 8)
        assert view["timeline"][-1]["ground_words"]["vi"] == "quá hạn bổ sung hồ sơ"
        assert await office.pool.fetchval("SELECT count(*) FROM work") == 0
        late = await office.answer(code, "supplement", await full_answer(office))
        assert (late.status_code, late.json()["code"]) == (409, "wrong-status")


async def test_before_its_time_the_timer_stops_nothing(office: Office) -> None:
    application, code = await asked(office)
    await office.falls_due(application)
    assert (await office.follow(code))["status"] == "supplement-requested"


async def test_the_deadline_explains_itself_and_its_pause(office: Office) -> None:
    receipt = await office.submit()
    code = receipt["dossier_code"]
    early = await office.client.get(f"/applications/{code}/deadline", headers=office.as_citizen())
    assert (early.status_code, early.json()["code"]) == (409, "not-accepted-yet")
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    await office.act(code, "accept")
    running = await office.client.get(f"/applications/{code}/deadline", headers=office.as_officer())
    assert running.json()["due_at"] == (await office.follow(code))["appointment"]
    await office.act(code, "supplement", MARKS)
    standing = await office.client.get(f"/applications/{code}/deadline", headers=office.as_citizen())
    assert len(standing.json()["pauses"]) == 1
    assert "appointment" not in await office.follow(code)
    stranger = await office.client.get(f"/applications/{code}/deadline", headers=office.as_citizen(uuid4()))
    assert stranger.status_code == 404
