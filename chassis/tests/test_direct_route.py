import asyncio
import json
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chassis.tests.toy_desk import CITIZEN, OPERATOR, SECRET, Applicant, as_
from motcua_chassis import problems
from motcua_chassis.direct_route import DirectRoute
from motcua_chassis.http import AtDesk, Citizen, Desk, Key, OptionalKey
from motcua_chassis.principals import Role
from motcua_chassis.problems import ProblemError

Number = Annotated[str, Field(pattern=r"^[0-9]+$")]


looked_at: list[object] = []


def look_at(value: object) -> object:
    looked_at.append(value)
    return value


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    applicant: Applicant
    pages: Annotated[int, Field(ge=1)] = 1
    wishes: dict[str, str | int] = {}
    weight: float = 1.0
    count: Annotated[int, BeforeValidator(look_at)] = 0


def told(**values: Any) -> Response:
    return Response(json.dumps(values, default=str, sort_keys=True), 201, media_type="application/json")


async def make(thing: Thing, request: Request, desk: AtDesk, citizen: Citizen, key: Key) -> Response:
    if thing.pages == 13:
        raise ProblemError("not-allowed", 403)
    assert isinstance(desk, Desk)
    return told(thing=repr(thing), sent=len(await request.body()), by=citizen.subject, key=key)


async def change(
    number: Number,
    place: UUID,
    key: OptionalKey = None,
    x_language: Annotated[str | None, Header()] = "vi",
    thing: Thing | None = None,
) -> Response:
    return told(number=number, place=place, key=key, language=x_language, thing=thing)


async def refused_there(request: Request) -> None:
    if "x-unwanted" in request.headers:
        raise ProblemError("not-allowed", 403)


def app_of(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)
    router.post("/things")(make)
    router.put("/things/{number}/{place}")(change)
    app = FastAPI()
    app.state.desk = Desk(None, None, SECRET)  # type: ignore[arg-type]
    problems.install(app, {})
    app.include_router(router, dependencies=[Depends(refused_there)])
    return app


APPS = [app_of(DirectRoute), app_of(APIRoute)]
Answer = tuple[int, list[tuple[str, str]], bytes]


def answers(*request: Any, **more: Any) -> list[Answer]:
    """Of the direct route, and of FastAPI's own."""

    async def both() -> list[Answer]:
        found = []
        for app in APPS:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy") as client:
                response = await client.request(*request, **more)
                found.append((response.status_code, response.headers.multi_items(), response.content))
        return found

    return asyncio.run(both())


GOOD: dict[str, Any] = {"applicant": {"full_name": "NGUYỄN VĂN AN", "born": "1984-05-02T00:00:00Z"}, "pages": 7}
KEY = {"idempotency-key": "a-key"}
JSON = {"content-type": "application/json"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
things = st.fixed_dictionaries(
    {"applicant": st.just(GOOD["applicant"]) | anything},
    optional={
        "pages": st.integers(0, 14) | st.sampled_from(["7", 7.0, "x", None]),
        "wishes": st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | anything, max_size=2),
        "more": anything,
    },
)
bodies = (
    (things | anything).map(lambda found: json.dumps(found).encode())
    | st.binary(max_size=40)
    | things.map(lambda found: json.dumps(found).encode("utf-16"))
    | st.sampled_from(
        [b"", b"null", b"{", b'{"a":"\xff"}', b'"\\ud800"', b"[" * 3_000, b"\xef\xbb\xbf" + b"{}", b"9" * 5_000]
    )
)
NUMBERS = ["1", "-0", "-0.0", "1.0", "1e3", "1e400", "-1e400", "NaN", "-Infinity", "true", '"7"', "01", "1_0"]
NUMBERS += [digit * length for digit in "19" for length in (19, 40, 4_300, 4_301)]
bodies |= st.builds(
    lambda *found: (
        '{{"applicant":{},"weight":{},"count":{},"{}":{}}}'.format(json.dumps(GOOD["applicant"]), *found)
    ).encode(),
    st.sampled_from(NUMBERS),
    st.sampled_from(NUMBERS),
    st.sampled_from(["count", "pages", "applicant", "wishes", "\\u0063ount"]),
    st.sampled_from(
        [*NUMBERS, "null", "{}", '{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d"}', '{"a":1,"a":"2"}', '{"a":"\t"}']
    ),
)
TOKEN = CITIZEN["Authorization"]
heads = st.fixed_dictionaries(
    {
        "authorization": st.just(TOKEN)
        | st.sampled_from([OPERATOR["Authorization"], "Bearer x", "Basic x", TOKEN + "x"]),
        "content-type": st.just("application/json")
        | st.sampled_from(
            ["application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "application/x+json", ""]
        ),
        "idempotency-key": st.just("a-key") | st.sampled_from(["", "two words", "k" * 201]),
    },
    optional={"x-unwanted": st.just("1"), "x-language": st.sampled_from(["en", ""])},
).flatmap(lambda found: st.sets(st.sampled_from(sorted(found)), max_size=1).map(lambda left: without(found, left)))


def without(found: dict[str, str], left_out: set[str]) -> dict[str, str]:
    return {name: value for name, value in found.items() if name not in left_out}


@given(bodies, heads, heads.map(lambda found: list(found.items())[:1]) | st.just([]))
def test_every_request_gets_the_answer_it_would_get_without(
    body: bytes, headers: dict[str, str], repeated: list[tuple[str, str]]
) -> None:
    direct, usual = answers("POST", "/things", content=body, headers=[*headers.items(), *repeated])

    assert direct == usual


@given(things, st.sampled_from(["7", "x", "%20"]), st.sampled_from([str(UUID(int=7)), "7"]), heads)
def test_and_so_does_one_with_parts_of_the_path_and_nothing_it_must_have(
    thing: Any, number: str, place: str, headers: dict[str, str]
) -> None:
    content = json.dumps(thing).encode()
    direct, usual = answers("PUT", f"/things/{number}/{place}", content=content, headers=headers)

    assert direct == usual


@pytest.mark.parametrize(
    ("headers", "thing", "status"),
    [
        (CITIZEN, GOOD, 201),
        ({}, GOOD, 401),
        (OPERATOR, GOOD, 403),
        (CITIZEN, GOOD | {"pages": 0}, 422),
        ({}, GOOD | {"pages": 0}, 401),
        (CITIZEN, GOOD | {"pages": 13}, 403),
        (CITIZEN | {"x-unwanted": "1"}, GOOD, 403),
        (CITIZEN | {"content-type": "application/json; charset=utf-8"}, GOOD, 201),
        (CITIZEN | {"content-type": "text/plain"}, GOOD, 422),
    ],
)
def test_what_is_good_is_taken_and_what_is_not_refused(headers: dict[str, str], thing: Any, status: int) -> None:
    direct, usual = answers("POST", "/things", json=thing, headers=headers | KEY)

    assert direct == usual
    assert direct[0] == status


def test_one_who_leaves_while_the_body_is_read_is_no_defect() -> None:
    async def told_to(app: FastAPI) -> list[Any]:
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}])
        sent = []

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.encode(), value.encode()) for name, value in (CITIZEN | KEY | JSON).items()]
        scope = {"type": "http", "method": "POST", "path": "/things", "query_string": b"", "headers": headers}
        await app(scope, receive, send)
        return sent

    direct, usual = (asyncio.run(told_to(app)) for app in APPS)

    assert direct == usual
    assert direct[0]["status"] == 422


def test_nothing_is_looked_at_for_somebody_without_a_token() -> None:
    looked_at.clear()

    direct, usual = answers("POST", "/things", json=GOOD | {"count": 7}, headers=KEY)

    assert direct == usual
    assert (direct[0], looked_at) == (401, [])


def test_a_plain_request_is_not_read_by_fastapi(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(**_: Any) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", never)
    app = app_of(DirectRoute)

    async def both() -> list[int]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
            sent = [
                await client.post("/things", json=GOOD, headers=as_(Role.CITIZEN) | KEY),
                await client.put(f"/things/7/{UUID(int=7)}", json=GOOD, headers=KEY | {"x-language": "en"}),
                await client.post("/things", json={}, headers=as_(Role.CITIZEN) | KEY),
            ]
        return [response.status_code for response in sent]

    assert asyncio.run(both()) == [201, 201, 500]
