import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.tests.toy import RAISES, Settle, record, submitted
from chassis.tests.toy_path import ToyPath, show
from motcua_chassis.door import Door
from motcua_chassis.http import Anyone, AtDesk, Citizen, Desk, Officer, create_app, idempotency, json_reply
from motcua_chassis.inputs import Command
from motcua_chassis.message import Refusal
from motcua_chassis.principals import Role, mint
from motcua_chassis.problems import documented, refused

SECRET = "a secret of at least forty-eight bytes, for HS384 too"
NAME = "NGUYỄN VĂN AN"
SUBJECT = UUID(int=77)
SENTENCES = {"not-now": ("Chưa được, {when}.", "Not now, {when}.")}
router = APIRouter()


class Applicant(BaseModel):
    model_config = ConfigDict(extra="forbid")
    full_name: Annotated[str, Field(min_length=2)]
    born: datetime


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    applicant: Applicant
    channel: Literal["online", "post"] = "online"
    pages: Annotated[int, Field(ge=1)] = 1


@router.post("/things", responses=documented(409))
async def make_thing(
    request: Request, desk: AtDesk, citizen: Citizen, thing: Thing, idempotency_key: Annotated[str, Header()]
) -> Response:
    key = idempotency(citizen, "POST /things", idempotency_key, await request.body())
    settle = Settle("BL26H29" if thing.pages < 1000 else "not a series", refuse=thing.channel == "post")
    outcome = await desk.submit(Command(UUID(int=thing.pages), settle, uuid4(), show, key))
    return json_reply(outcome.reply, 201)


@router.get("/refusals/{code}")
async def refuse(code: str, _: Anyone) -> None:
    raise refused(Refusal(code, {"when": "22/11/2026"}, status=410))


@router.get("/defect")
async def fail(_: Anyone) -> None:
    raise ValueError(NAME)


@router.get("/database-away")
async def fail_for_now(_: Anyone) -> None:
    raise asyncpg.CannotConnectNowError(NAME)


@router.get("/desk-of/{agency}")
async def officers_only(officer: Officer, agency: str) -> dict[str, bool]:
    return {"serves": officer.serves(agency)}


class Pulse:
    """Health as a test wants it."""

    faults: tuple[str, ...] = ()

    def not_live(self) -> list[str]:
        return list(self.faults)

    not_ready = not_live


@pytest_asyncio.fixture
async def app(path: ToyPath) -> AsyncIterator[FastAPI]:
    door = Door(path.path, window=0)
    running = asyncio.create_task(door.run())
    yield create_app("Toy", Desk(door, path.pool, SECRET), Pulse(), path.metrics, path.repair, [router], SENTENCES)  # type: ignore[arg-type]
    door.close()
    await running


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


def as_(role: Role, agency: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(SECRET, role, SUBJECT, agency)}"}


CITIZEN = as_(Role.CITIZEN)
OPERATOR = as_(Role.OPERATOR)
THING = {"applicant": {"full_name": NAME, "born": "1984-05-02T00:00:00Z"}, "pages": 7}


async def post(client: httpx.AsyncClient, thing: Any, key: str = "a-key", **headers: str) -> httpx.Response:
    content = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
    kind = {"content-type": "application/json", "idempotency-key": key}
    return await client.post("/things", content=content, headers=CITIZEN | kind | headers)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a response, checked for what every problem has."""
    found: dict[str, Any] = response.json()
    assert response.status_code == status, found
    assert response.headers["content-type"] == "application/problem+json"
    assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:motcua:problem:{code}")
    assert found["title"]
    assert found["detail_vi"] != found["detail_en"]
    assert NAME not in response.text
    return found


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
        ("header:idempotency-key", "missing"),
    }
    assert all(fault["vi"] and fault["en"] and fault["vi"] != fault["en"] for fault in found["faults"])
    assert set((await path.counts()).values()) == {0}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"'])
async def test_a_body_that_is_no_object_is_an_invalid_request(client: httpx.AsyncClient, body: bytes) -> None:
    found = problem(await post(client, body), 422, "invalid-request")

    assert found["faults"]


@pytest.mark.parametrize("body", [b"\xff", b'{"a": \xff}', b"[" * 5000])
async def test_a_body_that_is_not_even_text_is_an_invalid_request(client: httpx.AsyncClient, body: bytes) -> None:
    problem(await post(client, body), 400, "invalid-request")


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


async def test_dead_letters_are_listed_retried_and_discarded_over_http(
    client: httpx.AsyncClient, path: ToyPath
) -> None:
    application = uuid4()
    await path.deliver(
        record(application, 0, event=submitted(RAISES)), record(application, 1), record(offset=2, value=b"{")
    )
    listed = (await client.get("/operations/dead-letters", headers=OPERATOR)).json()
    assert {(each["state"], each["reason"]) for each in listed} == {
        ("parked", "raised-ArithmeticError"), ("parked", "bad-json"), ("held", "behind-parked"),
    }  # fmt: skip
    assert "body" not in listed[0]
    assert len((await client.get("/operations/dead-letters?limit=1", headers=OPERATOR)).json()) == 1
    parked, held = (
        next(e["id"] for e in listed if e["reason"] == r) for r in ("raised-ArithmeticError", "behind-parked")
    )

    async def act(id_: int, action: str) -> httpx.Response:
        return await client.post(f"/operations/dead-letters/{id_}/{action}", headers=OPERATOR)

    assert (await act(held, "retry")).json() == {"verdict": "held"}
    assert (await act(parked, "retry")).json() == {"verdict": "parked"}
    assert (await act(parked, "discard")).json() == {"verdict": "discarded"}
    problem(await act(parked, "discard"), 404, "not-found")
    problem(await act(2**40, "retry"), 404, "not-found")
    problem(await act(2**70, "retry"), 422, "invalid-request")

    assert len(await path.published(application)) == 1
    history = json.loads((await path.dead("discarded"))[0]["history"])
    assert [step["by"] for step in history] == [str(SUBJECT)] * 2


async def test_a_halt_is_ended_by_an_operator(client: httpx.AsyncClient, app: FastAPI) -> None:
    resumed: list[bool] = []
    app.state.resume = lambda: resumed.append(True)

    assert (await client.post("/operations/resume", headers=OPERATOR)).json() == {"resumed": True}
    assert resumed == [True]


async def test_probes_say_what_is_wrong_and_need_no_token(client: httpx.AsyncClient, app: FastAPI) -> None:
    assert (await client.get("/health/ready")).json() == {"ready": True, "faults": []}
    assert (await client.get("/health/live")).status_code == 200
    app.state.health.faults = ("halted",)

    assert (await client.get("/health/ready")).json() == {"ready": False, "faults": ["halted"]}
    assert (await client.get("/health/live")).status_code == 503
    assert b"motcua_outbox_pending" in (await client.get("/metrics")).content


async def test_every_route_behind_a_token_documents_its_problems(app: FastAPI) -> None:
    described = app.openapi()["paths"]

    for place, method in (("/things", "post"), ("/operations/dead-letters/{id_}/retry", "post")):
        responses = described[place][method]["responses"]
        assert {"401", "403", "422", "500", "503"} <= set(responses)
        assert "application/problem+json" in responses["422"]["content"]
