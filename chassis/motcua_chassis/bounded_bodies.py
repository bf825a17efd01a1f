"""Reads no body larger than any that is asked for: one of somebody without a token could fill the memory otherwise."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 11 * 1024 * 1024
"""Bytes: a document of 10 MB, with room. A route may ask for less."""
LARGEST_JSON = 2 * 1024 * 1024
"""Bytes: the largest form, every letter written as an escape. Read, it may take twenty times as much."""


class BoundedBodies:
    """ASGI middleware: whoever reads a larger body meets `HTTPException` 413, told how much it may be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, _bounded(scope, receive) if scope["type"] == "http" else receive, send)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    headers = dict(scope["headers"])
    largest = LARGEST_JSON if b"json" in headers.get(b"content-type", b"").lower() else LARGEST
    told = headers.get(b"content-length", b"")[:20]
    if told.isdigit() and int(told) <= largest and b"transfer-encoding" not in headers:
        return receive  # the server reads no more than it was told
    size = int(told) if told.isdigit() else 0

    async def counted() -> Message:
        nonlocal size
        _check(size, largest)
        message = await receive()
        size += len(message.get("body", b""))
        _check(size, largest)
        return message

    return counted


def _check(size: int, largest: int) -> None:
    if size > largest:
        raise HTTPException(413, f"{largest >> 20} MB")
