"""Gives every sampled HTTP request its span, named by its route: addresses and queries hold what people typed."""

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from motcua_chassis.span import Span, current
from motcua_chassis.traces import Traces

_PROBES = ("/health", "/metrics")


class TracedRequests:
    """ASGI middleware; a service without a collector does without."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self._app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        span = None
        if scope["type"] == "http" and not scope["path"].startswith(_PROBES):
            span = self._traces.request(_traceparent(scope))
        if span is None:
            await self._app(scope, receive, send)
        else:
            await self._traced(span, scope, receive, send)

    async def _traced(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = current.set(span)
        try:
            await self._app(scope, receive, sent)
        finally:
            current.reset(token)
            self._end(span, scope, status)

    def _end(self, span: Span, scope: Scope, status: int) -> None:
        route = getattr(scope.get("route"), "path", None)
        span.name = f"{scope['method']} {route}" if route else scope["method"]
        told: dict[str, Any] = {"http.request.method": scope["method"], "http.response.status_code": status}
        span.attributes |= told | ({"http.route": route} if route else {})
        self._traces.end([span], error="server error" if status >= 500 else None)


def _traceparent(scope: Scope) -> str | None:
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return found[0].decode("ascii", "replace") if len(found) == 1 else None
