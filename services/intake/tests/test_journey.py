"""Intake over HTTP and a real database: from the submission to the returned result."""

import asyncio
import json
from datetime import datetime
from uuid import UUID, uuid4

from services.intake.tests.office import AGENCY, Office, submission
from services.intake.tests.story import REJECTED, REQUESTED, SETTLED, VERIFIED


async def ready(office: Office) -> tuple[str, str]:
    """An application whose fee is settled: its id and its code."""
    receipt = await office.submit()
    await office.hear_all(receipt["application_id"], VERIFIED, REQUESTED, SETTLED)
    return receipt["application_id"], receipt["dossier_code"]


async def test_an_application_is_carried_to_its_returned_result(office: Office) -> None:
    _, code = await ready(office)
    accepted = await office.act(code, "accept")
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["status"] == "accepted"
    due = datetime.fromisoformat(accepted.json()["appointment"])
    said = (await office.follow(code))["words"]
    assert said["vi"] == f"Hồ sơ đã tiếp nhận, đang xử lý, hẹn trả kết quả lúc 17:00 ngày {due:%d/%m/%Y}."
    decided = await office.act(code, "decide", {"outcome": "granted"})
    assert decided.json()["outcome"] == "granted"
    returned = await office.act(code, "return", {"handover": "electronic"})
    assert returned.json()["status"] == "result-returned"
    view = await office.follow(code)
    assert view["appointment"] == accepted.json()["appointment"]
    assert view["appointment"].endswith("17:00:00+07:00")
    assert view["words"] == {
        "vi": "Hồ sơ đã trả kết quả: được chấp thuận.",
        "en": "The application is finished, its result returned: granted.",
    }
    assert [entry["status"] for entry in view["timeline"]] == [
        "submitted",
        "identity-verified",
        "payment-requested",
        "fee-settled",
        "accepted",
        "decided",
        "result-returned",
    ]


async def test_for_the_same_day_counts_when_the_fee_was_settled_and_not_when_an_officer_had_time(
    office: Office,
) -> None:
    application, code = await ready(office)
    assert (await office.act(code, "accept", {"verification": False})).status_code == 200
    body = await office.pool.fetchval(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY seq DESC LIMIT 1", UUID(application)
    )
    settled = "SELECT at FROM timeline WHERE application_id = $1 AND status = 'fee-settled'"
    at = await office.pool.fetchval(settled, UUID(application))
    assert datetime.fromisoformat(json.loads(body)["accepted_at"]) == at


async def test_a_longer_limit_is_refused_where_the_procedure_has_none(office: Office) -> None:
    _, code = await ready(office)
    answer = await office.act(code, "accept", {"verification": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "verification-not-applicable")


async def test_dossier_codes_have_no_gaps_and_start_anew_per_agency(office: Office) -> None:
    codes = [r["dossier_code"] for r in await asyncio.gather(*(office.submit() for _ in range(20)))]
    stem = codes[0].rpartition("-")[0]
    assert sorted(codes) == [f"{stem}-{number:04d}" for number in range(1, 21)]
    other = await office.submit(submission(agency="H29.25.13"))
    assert other["dossier_code"].startswith("H29.25.13-")
    assert other["dossier_code"].endswith("-0001")


async def test_a_repeated_submission_gets_the_same_receipt_and_another_body_is_refused(office: Office) -> None:
    first, again = await office.submit(key="the-same-key"), await office.submit(key="the-same-key")
    assert first == again
    assert await office.pool.fetchval("SELECT count(*) FROM vault") == 1
    headers = office.as_citizen(key="the-same-key")
    body = submission(language="en") | {"documents": {"original": await office.upload(who=headers)}}
    other = await office.client.post("/applications", json=body, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_an_officers_repeated_step_under_one_key_is_answered_alike_and_refused_without(office: Office) -> None:
    _, code = await ready(office)
    first = await office.act(code, "accept", key="accept-once")
    again = await office.act(code, "accept", key="accept-once")
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    without = await office.act(code, "accept")
    assert (without.status_code, without.json()["code"]) == (409, "wrong-status")
    assert "đã tiếp nhận" in without.json()["detail_vi"]


async def test_a_step_out_of_turn_says_where_the_application_stands(office: Office) -> None:
    receipt = await office.submit()
    answer = await office.act(receipt["dossier_code"], "decide", {"outcome": "granted"})
    assert answer.status_code == 409
    assert "newly registered" in answer.json()["detail_en"]


async def test_a_rejected_identity_ends_the_application(office: Office) -> None:
    receipt = await office.submit()
    await office.hear_all(receipt["application_id"], REJECTED, VERIFIED, SETTLED)
    view = await office.follow(receipt["dossier_code"])
    assert view["status"] == "identity-rejected"
    assert len(view["timeline"]) == 2


async def test_only_the_citizen_and_the_officers_of_the_agency_see_an_application(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    seen = {
        "owner": office.as_citizen(),
        "agency": office.as_officer(),
        "agency above": office.as_officer("H29"),
        "stranger": office.as_citizen(uuid4()),
        "sister agency": office.as_officer("H29.25.13"),
        "agency of a similar name": office.as_officer("H29.25.1"),
    }
    statuses = {
        who: (await office.client.get(f"/applications/{code}", headers=headers)).status_code
        for who, headers in seen.items()
    }
    assert statuses == {
        "owner": 200,
        "agency": 200,
        "agency above": 200,
        "stranger": 404,
        "sister agency": 404,
        "agency of a similar name": 404,
    }
    assert (await office.act(code, "accept", agency="H29.25.13")).status_code == 404


async def test_the_queue_shows_what_waits_oldest_first_page_by_page(office: Office) -> None:
    codes = [(await ready(office))[1] for _ in range(3)]
    await office.submit()
    pages, after = [], ""
    while True:
        url = f"/officer/queue?status=fee-settled&limit=2{after}"
        page = (await office.client.get(url, headers=office.as_officer("H29"))).json()
        pages.append([item["dossier_code"] for item in page["items"]])
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert pages == [codes[:2], codes[2:]]
    elsewhere = await office.client.get("/officer/queue", headers=office.as_officer("H26.30"))
    assert elsewhere.json() == {"items": []}


async def test_no_event_and_no_state_holds_personal_data(office: Office) -> None:
    _, code = await ready(office)
    await office.act(code, "accept")
    stored = await office.pool.fetch(
        "SELECT convert_from(body, 'UTF8') || headers AS text FROM outbox "
        "UNION ALL SELECT state::text FROM aggregates UNION ALL SELECT convert_from(reply, 'UTF8') FROM commands"
    )
    assert len(stored) >= 5
    text = json.dumps([row["text"] for row in stored], ensure_ascii=False)
    for value in submission()["applicant"].values():
        assert value not in text


async def test_an_unknown_or_malformed_code_is_a_problem_not_an_error(office: Office) -> None:
    for code, status in ((f"{AGENCY}-261122-9999", 404), ("%00", 422), ("nonsense", 422)):
        answer = await office.client.get(f"/applications/{code}", headers=office.as_citizen())
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_the_catalogue_tells_what_can_be_filed_and_where(office: Office) -> None:
    listed = await office.client.get("/procedures", headers=office.as_citizen())
    assert {"2.000815", "1.001193"} <= {procedure["code"] for procedure in listed.json()}
    page = (await office.client.get("/procedures/2.000815", headers=office.as_citizen())).json()
    assert page["channels"] == ["in-person", "online"]
    assert AGENCY in {agency["code"] for agency in page["agencies"]}
    assert (await office.client.get("/procedures/9.999999", headers=office.as_citizen())).status_code == 404


async def test_the_openapi_document_describes_every_route_with_its_problems(office: Office) -> None:
    document = (await office.client.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            if not path.startswith(("/health", "/metrics", "/operations")):
                assert {"401", "422", "503"} <= set(operation["responses"]), (method, path)
