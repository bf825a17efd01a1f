"""Many HTTP requests at once over a few kept connections, cheaply: what is measured is the server, not the client."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from typing import Self
from uuid import UUID, uuid4

from motcua_chassis.principals import Role, mint
from tests.load.parts import SECRET


class RefusedError(RuntimeError):
    """The server said something else than 201."""


class Client:
    """Requests over one connection, one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, request: bytes) -> bytes:
        """The body of the answer. Raises `RefusedError`."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 201"):
            raise RefusedError((head + body).decode())
        return body


def filings(count: int) -> list[bytes]:
    """So many requests of as many citizens, ready to be written."""
    return [_filing(index) for index in range(count)]


def _filing(index: int) -> bytes:
    body = {"code": f"H29.25.12-261122-{index:07d}", "procedure": "2.000815", "agency": "H29.25.12"}
    return post("/applications", json.dumps(body).encode(), uuid4())


def post(path: str, body: bytes, citizen: UUID) -> bytes:
    """One request, under a key of its own."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {mint(SECRET, Role.CITIZEN, citizen)}\r\nIdempotency-Key: {uuid4()}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(port: int, requests: Sequence[bytes], connections: int = 64) -> list[float]:
    """All of them, so many at a time; how many seconds each took."""
    waiting, took = deque(requests), []

    async def work() -> None:
        async with Client(port) as client:
            while waiting:
                started = time.perf_counter()
                await client.send(waiting.popleft())
                took.append(time.perf_counter() - started)

    await asyncio.gather(*(work() for _ in range(connections)))
    return took
