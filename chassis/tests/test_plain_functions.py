"""Which functions a direct route takes on, and which stay FastAPI's."""

from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, Header, Response
from fastapi.dependencies.models import Dependant

from chassis.tests.toy_desk import Thing, make_thing
from motcua_chassis.direct_route import DirectRoute, is_plain
from motcua_chassis.http import Key


def told(**_: Any) -> Response:
    return Response()


async def given_query(page: int) -> Response:
    return told(page=page)


async def given_two(one: Thing, other: Thing) -> Response:
    return told(one=one, other=other)


async def given_inside(thing: Annotated[Thing, Body(embed=True)]) -> Response:
    return told(thing=thing)


async def given_many(names: Annotated[list[str], Header()]) -> Response:
    return told(names=names)


async def gives_no_response(thing: Thing) -> Thing:
    return thing


def is_not_awaited(thing: Thing) -> Response:
    return told(thing=thing)


async def of_a_key(key: Key) -> str:
    return key


async def given_what_depends_on_more(found: Annotated[str, Depends(of_a_key)]) -> Response:
    return told(found=found)


async def opened() -> AsyncIterator[int]:
    yield 1


async def given_what_is_closed_again(found: Annotated[int, Depends(opened)]) -> Response:
    return told(found=found)


def found_at_once() -> int:
    return 1


async def given_what_is_not_awaited(found: Annotated[int, Depends(found_at_once)]) -> Response:
    return told(found=found)


class Found:
    async def __call__(self) -> None: ...


async def given_what_a_class_makes(found: Annotated[Found, Depends()]) -> Response:
    return told(found=found)


async def given_another_header(
    name: Annotated[str, Header(validation_alias="x-one", alias="x-other", serialization_alias="x-one")],
) -> Response:
    return told(name=name)


async def also_responds(response: Response) -> Response:
    return response


@pytest.mark.parametrize(
    "function",
    [
        given_query,
        given_two,
        given_inside,
        given_many,
        gives_no_response,
        is_not_awaited,
        given_what_depends_on_more,
        given_what_is_closed_again,
        given_what_is_not_awaited,
        given_what_a_class_makes,
        given_another_header,
        also_responds,
    ],
)
def test_a_function_that_wants_more_stays_fastapis(function: Any) -> None:
    assert not is_plain(DirectRoute("/things", function, methods=["POST"]).dependant)
    assert is_plain(DirectRoute("/things", make_thing, methods=["POST"]).dependant)


def test_a_function_can_want_nothing_that_was_not_thought_of() -> None:
    """A field that FastAPI adds is one more that `is_plain` has to ask about."""
    places = {"path_params", "query_params", "header_params", "cookie_params", "body_params", "dependencies"}
    names = {"request_param_name", "websocket_param_name", "http_connection_param_name", "response_param_name"}
    more = {"background_tasks_param_name", "security_scopes_param_name", "concurrency"}
    no_matter = {"name", "call", "own_oauth_scopes", "parent_oauth_scopes", "use_cache", "path", "scope"}

    assert {field.name for field in fields(Dependant)} == places | names | more | no_matter
