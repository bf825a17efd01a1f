"""The officer's file of an application, and the words officers write: for the people they are for, and nobody else."""

import json
from uuid import UUID

from motcua_intake import vault
from services.intake.tests.office import PDF, Office, submission
from services.intake.tests.story import SETTLED, VERIFIED

WORDS = "Chưa đủ điều kiện theo Điều 5."


async def accepted(office: Office, **form: str) -> tuple[str, str]:
    receipt = await office.submit(submission(form=form))
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    assert (await office.act(receipt["dossier_code"], "accept")).status_code == 200
    return receipt["application_id"], receipt["dossier_code"]


async def test_the_file_holds_applicant_form_and_documents_named_as_the_procedure_names_them(office: Office) -> None:
    application, code = await accepted(office, purpose="Xin việc")
    file = (await office.client.get(f"/officer/applications/{code}/file", headers=office.as_officer())).json()
    given = submission()["applicant"]
    assert file["applicant"] == given
    assert file["form"] == [
        {"code": "purpose", "name": {"vi": "Mục đích sử dụng", "en": "Purpose"}, "value": "Xin việc"}
    ]
    [paper] = file["documents"]
    assert (paper["item"], paper["size"], paper["name"]["vi"]) == ("document.original", len(PDF), "Bản chính")
    assert file["application"]["dossier_code"] == code
    rows = await office.pool.fetch("SELECT application_id, reader, purpose FROM vault_accesses")
    assert [tuple(row) for row in rows] == [(UUID(application), UUID(int=7), "case-file")]


async def test_only_officers_of_the_agency_read_the_file(office: Office) -> None:
    _, code = await accepted(office)
    url = f"/officer/applications/{code}/file"
    assert (await office.client.get(url, headers=office.as_officer("H29.25.13"))).status_code == 404
    assert (await office.client.get(url, headers=office.as_citizen())).status_code == 403
    assert await office.pool.fetchval("SELECT count(*) FROM vault_accesses") == 0


async def test_a_supplement_shows_in_the_file_with_both_versions_of_a_document(office: Office) -> None:
    _, code = await accepted(office)
    marks = [
        {"item": "document.original", "reason": "unreadable", "words": "Mờ."},
        {"item": "field.purpose", "reason": "missing"},
    ]
    await office.act(code, "supplement", {"items": marks})
    body = {"documents": {"original": await office.upload(PDF + b"clear")}, "fields": {"purpose": "Du học"}}
    assert (await office.answer(code, "supplement", body)).status_code == 200
    file = (await office.client.get(f"/officer/applications/{code}/file", headers=office.as_officer())).json()
    assert [paper.get("supplement") for paper in file["documents"]] == [None, 1]
    assert file["form"][0]["value"] == "Du học"
    assert file["application"]["supplements"][0]["items"][0]["note"] == "Mờ."


async def test_a_refusal_is_read_by_the_citizen_in_the_officers_words(office: Office) -> None:
    _, code = await accepted(office)
    await office.act(code, "start")
    body = {"outcome": "refused", "ground": "conditions-not-met", "words": WORDS}
    decided = await office.act(code, "decide", body)
    assert decided.status_code == 200, decided.text
    last = (await office.follow(code))["timeline"][-1]
    assert (last["ground"], last["note"]) == ("conditions-not-met", WORDS)
    assert last["ground_words"] == {"vi": "chưa đủ điều kiện theo quy định", "en": "the conditions are not met"}
    assert "note" not in (await office.follow(code, office.as_officer()))["timeline"][-1]


async def test_a_refusal_needs_a_ground_and_a_grant_has_none(office: Office) -> None:
    _, code = await accepted(office)
    for body, fault in (
        ({"outcome": "refused"}, "ground-missing"),
        ({"outcome": "granted", "ground": "duplicate"}, "ground-not-applicable"),
    ):
        answer = await office.act(code, "decide", body)
        assert answer.status_code == 422
        assert [each["code"] for each in answer.json()["faults"]] == [fault]


async def test_an_apology_gives_a_later_date_once(office: Office) -> None:
    _, code = await accepted(office)
    before = (await office.follow(code))["appointment"]
    body = {"ground": "workload", "working_days": 1, "words": "Xin lỗi vì chậm trễ."}
    extended = await office.act(code, "extend", body)
    assert extended.status_code == 200, extended.text
    assert extended.json()["appointment"] > before
    again = await office.act(code, "extend", body)
    assert (again.status_code, again.json()["code"]) == (409, "already-extended")


async def test_a_declined_application_says_why_and_ends(office: Office) -> None:
    receipt = await office.submit()
    code = receipt["dossier_code"]
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    answer = await office.act(code, "decline", {"ground": "not-competent", "words": WORDS})
    assert (answer.json()["status"], answer.json()["portal_status"]["number"]) == ("declined", 3)
    assert (await office.follow(code))["timeline"][-1]["note"] == WORDS


async def test_words_lie_sealed_and_on_no_topic_and_notification_is_told_them(office: Office) -> None:
    application, code = await accepted(office)
    await office.act(code, "decide", {"outcome": "refused", "ground": "incomplete", "words": WORDS})
    stored = await office.pool.fetch(
        "SELECT convert_from(body, 'UTF8') AS text FROM outbox UNION ALL SELECT state::text FROM aggregates"
        " UNION ALL SELECT convert_from(reply, 'UTF8') FROM commands"
        " UNION ALL SELECT encode(sealed, 'escape') FROM notes"
    )
    assert WORDS not in json.dumps([row["text"] for row in stored], ensure_ascii=False)
    note = await office.pool.fetchval("SELECT id FROM notes")
    body = {"purpose": "notification", "applications": [application], "notes": [str(note), str(UUID(int=1))]}
    told = await office.client.post("/internal/applicants:batch", json=body, headers=office.as_service())
    assert told.json()["applicants"][application]["notes"] == {str(note): WORDS}
    body["purpose"] = "identity-check"
    checked = await office.client.post("/internal/applicants:batch", json=body, headers=office.as_service())
    assert "notes" not in checked.json()["applicants"][application]


async def test_words_that_a_message_does_not_quote_are_not_told(office: Office) -> None:
    application, code = await accepted(office)
    await office.act(code, "extend", {"ground": "workload", "working_days": 1, "words": "Xin lỗi vì chậm trễ."})
    apology = await office.pool.fetchval("SELECT id FROM notes")
    await office.act(code, "decide", {"outcome": "refused", "ground": "incomplete", "words": WORDS})
    for asked, told in (([], []), ([str(apology)], ["Xin lỗi vì chậm trễ."])):
        body = {"purpose": "notification", "applications": [application], "notes": asked}
        answer = await office.client.post("/internal/applicants:batch", json=body, headers=office.as_service())
        assert list(answer.json()["applicants"][application]["notes"].values()) == told


async def test_whoever_reads_officers_words_is_on_record(office: Office) -> None:
    application, code = await accepted(office)
    await office.follow(code)
    await office.act(code, "decide", {"outcome": "refused", "ground": "incomplete", "words": WORDS})
    await office.follow(code, office.as_officer())
    assert await office.pool.fetchval("SELECT count(*) FROM vault_accesses") == 0  # nobody was told any
    await office.follow(code)
    file = await office.client.get(f"/officer/applications/{code}/file", headers=office.as_officer())
    assert file.json()["application"]["timeline"][-1]["note"] == WORDS
    rows = await office.pool.fetch("SELECT application_id, reader, purpose FROM vault_accesses ORDER BY at")
    read_by = (office.citizen, "officers-words"), (UUID(int=7), "case-file")
    assert [tuple(row) for row in rows] == [(UUID(application), *each) for each in read_by]


async def test_about_an_erased_applicant_nothing_more_is_written(office: Office) -> None:
    _, code = await accepted(office)
    async with office.pool.acquire() as connection:
        await vault.destroy(connection, office.citizen)
    body = {"outcome": "refused", "ground": "incomplete", "words": WORDS}
    answer = await office.act(code, "decide", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "applicant-erased")
    assert (await office.act(code, "decide", {"outcome": "refused", "ground": "incomplete"})).status_code == 200
    assert (await office.follow(code))["status"] == "decided"


async def test_words_are_text(office: Office) -> None:
    _, code = await accepted(office)
    for words in ("", "   ", "a\u0000b", "x" * 2001, "\ud800"):
        body = json.dumps({"ground": "workload", "working_days": 1, "words": words})
        headers = office.as_officer() | {"Content-Type": "application/json"}
        answer = await office.client.post(f"/officer/applications/{code}/extend", content=body, headers=headers)
        assert answer.status_code == 422, words
