"""Documents: sealed at rest, used once by who sent them in, read by the officers of the agency, each look recorded."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from motcua_intake import vault
from motcua_intake.uploads import LARGEST
from services.intake.tests.office import PDF, Office, submission


async def send(office: Office, content: bytes, kind: str, key: str | None = None) -> httpx.Response:
    headers = office.as_citizen(key=key) | {"Content-Type": kind}
    return await office.client.post("/uploads", content=content, headers=headers)


async def test_a_document_is_sealed_at_rest(office: Office) -> None:
    upload = UUID(await office.upload())
    row = await office.pool.fetchrow("SELECT * FROM uploads WHERE id = $1", upload)
    assert row is not None
    assert PDF not in row["sealed"]
    assert (row["size"], row["content_type"], row["owner"]) == (len(PDF), "application/pdf", office.citizen)


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (PDF, "text/html", 415, "upload-of-another-kind"),
        (PDF, "image/png", 422, "upload-not-what-it-says"),
        (b"", "application/pdf", 422, "upload-not-what-it-says"),
        (PDF + b"\0" * LARGEST, "application/pdf", 413, "upload-too-large"),
        (PDF + b"\0" * (LARGEST - len(PDF)), "application/pdf; charset=binary", 201, None),
        (b"\xff\xd8\xff\xe0", "image/jpeg", 201, None),
        (b"\x89PNG\r\n\x1a\n", "image/png", 201, None),
    ],
)
async def test_only_documents_of_the_right_kind_and_size_are_taken(
    office: Office, content: bytes, kind: str, status: int, code: str | None
) -> None:
    answer = await send(office, content, kind)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_too_large_a_body_is_not_read_to_its_end(office: Office) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while sent < 2 * LARGEST:
            sent += 1 << 20
            yield PDF.ljust(1 << 20)

    headers = office.as_citizen() | {"Content-Type": "application/pdf"}
    answer = await office.client.post("/uploads", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert sent < 2 * LARGEST


async def test_a_repeated_upload_gets_the_same_id_and_another_content_is_refused(office: Office) -> None:
    first, again = (
        await send(office, PDF, "application/pdf", "upload-1"),
        await send(office, PDF, "application/pdf", "upload-1"),
    )
    assert first.json() == again.json()
    other = await send(office, PDF + b"x", "application/pdf", "upload-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_only_who_sent_a_document_in_may_use_it(office: Office) -> None:
    body = submission() | {"documents": {"original": await office.upload()}}
    other = await office.client.post("/applications", json=body, headers=office.as_citizen(uuid4(), "a-good-key"))
    assert other.status_code == 422
    assert [(f["pointer"], f["code"]) for f in other.json()["faults"]] == [("/documents/original", "upload-unknown")]


async def test_a_document_belongs_to_one_application(office: Office) -> None:
    body = submission() | {"documents": {"original": await office.upload()}}
    first = await office.client.post("/applications", json=body, headers=office.as_citizen(key="first-key"))
    second = await office.client.post("/applications", json=body, headers=office.as_citizen(key="second-key"))
    assert (first.status_code, second.status_code) == (201, 422)


async def test_of_two_submissions_at_once_with_one_document_one_is_filed(office: Office) -> None:
    body = submission() | {"documents": {"original": await office.upload()}}
    answers = await asyncio.gather(
        *(office.client.post("/applications", json=body, headers=office.as_citizen(key=uuid4().hex)) for _ in range(8)),
        *(office.submit() for _ in range(3)),
    )
    statuses = sorted(answer.status_code for answer in answers if isinstance(answer, httpx.Response))
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {409, 422}
    assert await office.pool.fetchval("SELECT count(*) FROM applications") == 4


async def test_an_old_document_is_refused_and_cleared_away(office: Office) -> None:
    upload = await office.upload()
    await office.pool.execute("UPDATE uploads SET uploaded_at = now() - interval '9 days'")
    body = submission() | {"documents": {"original": upload}}
    answer = await office.client.post("/applications", json=body, headers=office.as_citizen(key="a-good-key"))
    assert answer.status_code == 422
    await office.upload()
    assert await office.pool.fetchval("SELECT count(*) FROM uploads WHERE id = $1", UUID(upload)) == 0


async def test_officers_of_the_agency_fetch_a_document_and_leave_a_record(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    [paper] = (await read(office, code))["documents"]
    url = f"/officer/applications/{code}/documents/{paper['upload']}"
    fetched = await office.client.get(url, headers=office.as_officer())
    assert (fetched.status_code, fetched.content, fetched.headers["content-type"]) == (200, PDF, "application/pdf")
    for who in (office.as_officer("H29.25.13"), office.as_citizen()):
        assert (await office.client.get(url, headers=who)).status_code in {403, 404}
    other = (await office.submit())["dossier_code"]
    elsewhere = url.replace(code, other)
    assert (await office.client.get(elsewhere, headers=office.as_officer())).status_code == 404
    seen = await office.pool.fetch("SELECT purpose, upload FROM vault_accesses ORDER BY at")
    assert [tuple(row) for row in seen] == [("case-file", None), ("document", UUID(paper["upload"]))]


async def read(office: Office, code: str) -> dict[str, list[dict[str, str]]]:
    answer = await office.client.get(f"/officer/applications/{code}/file", headers=office.as_officer())
    assert answer.status_code == 200, answer.text
    file: dict[str, list[dict[str, str]]] = answer.json()
    return file


async def test_an_erased_applicants_documents_are_gone_with_the_rest(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    [paper] = (await read(office, code))["documents"]
    spare = await office.upload()
    async with office.pool.acquire() as connection:
        assert await vault.destroy(connection, office.citizen) == 1
    gone = await office.client.get(f"/officer/applications/{code}/file", headers=office.as_officer())
    assert (gone.status_code, gone.json()["code"]) == (410, "applicant-erased")
    url = f"/officer/applications/{code}/documents/{paper['upload']}"
    assert (await office.client.get(url, headers=office.as_officer())).status_code == 404
    keys = await office.pool.fetch(
        "SELECT wrapped_key FROM uploads WHERE id = ANY($1)", [UUID(spare), UUID(paper["upload"])]
    )
    assert [row[0] for row in keys] == [None, None]
