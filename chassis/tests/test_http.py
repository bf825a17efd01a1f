import asyncio
import json
import random
import string
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.tests.toy_desk import CITIZEN, NAME, as_, problem
from chassis.tests.toy_path import ToyPath
from motcua_chassis.http import cause_of
from motcua_chassis.principals import Principal, Role

THING = {"applicant": {"full_name": NAME, "born": "1984-05-02T00:00:00Z"}, "pages": 7}


async def post(client: httpx.AsyncClient, thing: Any, key: str = "a-key", **headers: str) -> httpx.Response:
    content = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
    kind = {"content-type": "application/json", "idempotency-key": key}
    return await client.post("/things", content=content, headers=CITIZEN | kind | headers)


async def test_a_command_is_answered_and_its_repetition_gets_the_same_bytes(
    client: httpx.AsyncClient, path: ToyPath
) -> None:
    first, again, other = await post(client, THING), await post(client, THING), await post(client, THING, "another-key")

    assert (first.status_code, first.json()) == (201, {"receipts": ["BL26H29-0000001"], "ended": False})
    assert again.content == first.content != other.content
    assert len(await path.published()) == 2


async def test_another_body_under_the_same_key_is_refused(client: httpx.AsyncClient) -> None:
    await post(client, THING)

    problem(await post(client, THING | {"pages": 8}), 422, "idempotency-key-reused")


async def test_a_key_longer_than_a_table_holds_is_an_invalid_request(client: httpx.AsyncClient, path: ToyPath) -> None:
    noise = "".join(random.Random(3).choices(string.ascii_letters, k=6_000))

    found = problem(await asyncio.wait_for(post(client, THING, noise), 5), 422, "invalid-request")

    assert [(fault["pointer"], fault["code"]) for fault in found["faults"]] == [
        ("header:Idempotency-Key", "string_too_long")
    ]
    assert len(await path.published()) == 0
    assert (await post(client, THING, "k" * 200)).status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "khóa", "tab\tbed"])
async def test_a_key_that_is_empty_or_not_plain_is_an_invalid_request(client: httpx.AsyncClient, key: str) -> None:
    headers = CITIZEN | {"idempotency-key": key.encode("latin-1")}  # type: ignore[dict-item]

    found = problem(await client.post("/things", json=THING, headers=headers), 422, "invalid-request")

    assert [fault["pointer"] for fault in found["faults"]] == ["header:Idempotency-Key"]


def test_the_cause_of_a_command_is_the_same_for_a_repetition_alone() -> None:
    somebody, somebody_else = (Principal(UUID(int=n), Role.CITIZEN, None) for n in (1, 2))
    first = cause_of(somebody, "POST /things", "a-key")

    assert first == cause_of(somebody, "POST /things", "a-key")
    assert len({first, *(cause_of(somebody, "POST /things", None) for _ in range(2))}) == 3
    assert first not in {
        cause_of(somebody_else, "POST /things", "a-key"),
        cause_of(somebody, "POST /others", "a-key"),
        cause_of(somebody, "POST /things", "another-key"),
    }


async def test_all_faults_are_named_at_once_in_both_languages_and_nothing_is_stored(
    client: httpx.AsyncClient, path: ToyPath
) -> None:
    thing = {"applicant": {"full_name": "A", "a/b~c": NAME}, "channel": NAME, "pages": 0}
    response = await client.post("/things", json=thing, headers=CITIZEN)

    found = problem(response, 422, "invalid-request")

    assert {(fault["pointer"], fault["code"]) for fault in found["faults"]} == {
        ("/applicant/full_name", "string_too_short"),
        ("/applicant/born", "missing"),
        ("/applicant/a~1b~0c", "extra_forbidden"),
        ("/channel", "literal_error"),
        ("/pages", "greater_than_equal"),
        ("header:Idempotency-Key", "missing"),
    }
    assert all(fault["vi"] and fault["en"] and fault["vi"] != fault["en"] for fault in found["faults"])
    assert set((await path.counts()).values()) == {0}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"'])
async def test_a_body_that_is_no_object_is_an_invalid_request(client: httpx.AsyncClient, body: bytes) -> None:
    found = problem(await post(client, body), 422, "invalid-request")

    assert found["faults"]


@pytest.mark.parametrize("body", [b"\xff", b'{"a": \xff}', b"[" * 5000])
async def test_a_body_that_is_not_even_text_is_an_invalid_request(client: httpx.AsyncClient, body: bytes) -> None:
    problem(await post(client, body), 422, "invalid-request")


@pytest.mark.parametrize("authorization", [None, "Bearer x.y.z", "Bearer ", "Basic dXNlcjpwYXNz", "x"])
async def test_who_shows_no_valid_token_is_asked_for_one(client: httpx.AsyncClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("/defect", "/operations/dead-letters", "/desk-of/H29"):
        response = await client.get(path, headers=headers)

        problem(response, 401, "not-authenticated")
        assert response.headers["www-authenticate"] == "Bearer"


async def test_who_may_not_is_told_so(client: httpx.AsyncClient) -> None:
    for role in (Role.CITIZEN, Role.SERVICE, Role.OPERATOR):
        problem(await client.get("/desk-of/H29", headers=as_(role)), 403, "not-allowed")
    for method, path in (("GET", ""), ("POST", "/1/retry"), ("POST", "/1/discard")):
        response = await client.request(method, f"/operations/dead-letters{path}", headers=as_(Role.OFFICER, "H29"))
        problem(response, 403, "not-allowed")
    problem(await client.post("/operations/resume", headers=CITIZEN), 403, "not-allowed")
    assert (await client.get("/desk-of/H29.1", headers=as_(Role.OFFICER, "H29"))).json() == {"serves": True}


async def test_a_full_queue_asks_to_come_back(client: httpx.AsyncClient, app: FastAPI) -> None:
    app.state.desk._door._limit = 0

    response = await post(client, THING)

    problem(response, 503, "overloaded")
    assert int(response.headers["retry-after"]) > 0


async def test_a_database_that_is_away_asks_to_come_back(client: httpx.AsyncClient) -> None:
    response = await client.get("/database-away", headers=CITIZEN)

    problem(response, 503, "overloaded")
    assert response.headers["retry-after"]


@pytest.mark.parametrize("where", ["route", "decide"])
async def test_a_defect_is_told_by_its_id_and_by_no_word_more(client: httpx.AsyncClient, where: str) -> None:
    response = await (
        client.get("/defect", headers=CITIZEN) if where == "route" else post(client, THING | {"pages": 1000})
    )

    found = problem(response, 500, "internal-error")

    assert len(found["error_id"]) == 32
    assert found["error_id"] in found["detail_vi"]
    assert found["error_id"] in found["detail_en"]
    assert "Error" not in response.text.replace("Internal error", "")


async def test_a_refusal_is_told_in_both_languages_with_its_particulars(client: httpx.AsyncClient) -> None:
    found = problem(await client.get("/refusals/not-now", headers=CITIZEN), 410, "not-now")
    assert (found["detail_vi"], found["detail_en"]) == ("Chưa được, 22/11/2026.", "Not now, 22/11/2026.")

    problem(await client.get("/refusals/without-a-sentence", headers=CITIZEN), 410, "without-a-sentence")
    particulars_missing = problem(await post(client, THING | {"channel": "post"}), 409, "not-now")
    assert particulars_missing["detail_en"] == "Not now, {when}."


async def test_an_unknown_place_and_a_wrong_method_are_problems_too(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    response = await client.put("/things")
    problem(response, 405, "http-error")
    assert response.headers["allow"] == "POST"


async def test_every_route_behind_a_token_documents_its_problems(app: FastAPI) -> None:
    described = app.openapi()["paths"]

    for place, method in (("/things", "post"), ("/operations/dead-letters/{id_}/retry", "post")):
        responses = described[place][method]["responses"]
        assert {"401", "403", "422", "500", "503"} <= set(responses)
        assert "application/problem+json" in responses["422"]["content"]


async def test_the_framework_tells_nobody_of_a_request(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)

    assert (await post(client, THING)).status_code == 201

    assert told.get_finished_spans() == ()
