"""Reads a well-formed request itself; whatever is odd about one, FastAPI reads, and words what is wrong.

FastAPI spends more on a plain request than all that is done with it
([decision 15](../../docs/decisions/0015-plain-requests-read-directly.md)).

Invariant: every request gets the answer it would get without this. What is read here the same fields found valid, after
the same dependencies let it in; a dependency may be asked twice, so it does nothing but find out.
"""

from collections.abc import Callable, Coroutine
from inspect import isclass, iscoroutinefunction, signature
from typing import Any

import pydantic_core
from fastapi import Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, _effective_route_context_var
from starlette.requests import ClientDisconnect

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DirectRoute(APIRoute):
    """For routes that many requests go to: `APIRouter(route_class=DirectRoute)`.

    It reads parts of the path, texts of headers, one JSON body, the request itself, and dependencies on no more than
    the request, for a function that gives a `Response`. A function that wants more stays FastAPI's. An application's
    `dependency_overrides` are not asked.
    """

    def get_route_handler(self) -> Handler:
        """What answers a request."""
        usual = super().get_route_handler()
        included = _effective_route_context_var.get()  # has the dependencies of the routers around this one
        route: Any = included if included is not None and included.original_route is self else self
        function: Dependant = route.dependant
        if not is_plain(function):
            return usual

        async def answer(request: Request) -> Response:
            try:
                body = await _json(request) if function.body_params else None
                values = await _depended_on(function, request)
                values |= _carried(function, request, body)
            except _OddError:
                return await usual(request)
            response: Response = await _call(function, values, request)
            return response

        return answer


def is_plain(function: Dependant) -> bool:
    """Whether all that this route's function wants can be read directly."""
    call: Any = function.call
    return (
        iscoroutinefunction(call)
        and signature(call).return_annotation is Response
        and not _wants_more(function)
        and len(function.body_params) <= 1
        and all(_is_json(field.field_info) for field in function.body_params)
        and all(_is_text(field) for field in function.header_params)
        and all(_depends_on_request(each) for each in function.dependencies)
    )


def _is_json(body: object) -> bool:
    return isinstance(body, params.Body) and not isinstance(body, params.Form) and not body.embed


def _is_text(header: Any) -> bool:
    return header.field_info.annotation in (str, str | None) and header.validation_alias in (None, header.alias)


def _depends_on_request(dependency: Dependant) -> bool:
    call: Any = dependency.call
    awaited = iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
    carried = (dependency.body_params, dependency.header_params, dependency.path_params, dependency.dependencies)
    return awaited and not isclass(call) and not any(carried) and not _wants_more(dependency)


def _wants_more(known: Dependant) -> bool:
    return bool(
        known.query_params
        or known.cookie_params
        or known.websocket_param_name
        or known.http_connection_param_name
        or known.response_param_name
        or known.background_tasks_param_name
        or known.security_scopes_param_name
        or known.concurrency
    )


class _OddError(Exception):
    """To be read by FastAPI."""


async def _json(request: Request) -> Any:
    if request.headers.get("content-type") != "application/json":
        raise _OddError
    try:
        return pydantic_core.from_json(await request.body(), cache_strings="keys")
    except (ValueError, ClientDisconnect):
        raise _OddError from None


async def _depended_on(function: Dependant, request: Request) -> dict[str, Any]:
    values = {}
    for dependency in function.dependencies:
        found = await _call(dependency, {}, request)
        if dependency.name is not None:
            values[dependency.name] = found
    return values


def _carried(function: Dependant, request: Request, body: object) -> dict[str, Any]:
    """The arguments that a request carries. Raises `_OddError`."""
    values = {field.name: _valid(field, body) for field in function.body_params}
    for field in function.header_params:
        values[field.name] = _valid(field, request.headers.get(field.alias))
    for field in function.path_params:
        values[field.name] = _valid(field, request.path_params[field.alias])
    return values


def _valid(field: Any, given: object) -> Any:
    if given is None:
        raise _OddError
    value, faults = field.validate(given)
    if faults:
        raise _OddError
    return value


async def _call(known: Dependant, values: dict[str, Any], request: Request) -> Any:
    call: Any = known.call
    if known.request_param_name is not None:
        values[known.request_param_name] = request
    return await call(**values)
