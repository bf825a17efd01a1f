"""Reads no body larger than any that is asked for: somebody without a token could fill the memory otherwise."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 11 * 1024 * 1024
"""Bytes: a document of 10 MB, with room. A route may ask for less."""


class BoundedBodies:
    """ASGI middleware: whoever reads a larger body meets `HTTPException` 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, _bounded(scope, receive) if scope["type"] == "http" else receive, send)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    told = next((int(value) for name, value in scope["headers"] if name == b"content-length"), None)
    if told is not None and told <= LARGEST:  # the server reads no more than was told
        return receive
    size = told or 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST:
            raise HTTPException(413)
        return message

    return counted
