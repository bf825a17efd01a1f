"""Many HTTP requests at once over a few kept connections, cheaply: what is measured is the server, not the client."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Sequence
from typing import cast
from uuid import UUID, uuid4

from motcua_chassis.principals import Role, mint
from tests.load.parts import SECRET

_LENGTH = re.compile(rb"(?i)content-length: (\d+)")


class RefusedError(RuntimeError):
    """The server said something else than 201."""


class _Connection(asyncio.Protocol):
    """Sends one request after the other from what they all take from, until nothing is left or one is refused."""

    def __init__(self, waiting: deque[bytes], took: list[float]) -> None:
        self._waiting, self._took = waiting, took
        self._answer = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(_LENGTH.findall(head)[0]):
            return
        if not head.startswith(b"HTTP/1.1 201"):
            self.over.set_exception(RefusedError(self._answer.decode()))
            return
        self._took.append(time.perf_counter() - self._started)
        self._next()

    def _next(self) -> None:
        if not self._waiting:
            self.over.set_result(None)
            return
        self._answer, self._started = b"", time.perf_counter()
        self._transport.write(self._waiting.popleft())

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


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


async def send_all(port: int, requests: Sequence[bytes], connections: int = 128) -> list[float]:
    """All of them, so many at a time; how many seconds each took. Raises `RefusedError`."""
    waiting, took = deque(requests), list[float]()
    loop = asyncio.get_running_loop()
    opened = []
    try:
        for _ in range(connections):
            _, connection = await loop.create_connection(lambda: _Connection(waiting, took), "127.0.0.1", port)
            opened.append(connection)
        await asyncio.gather(*(connection.over for connection in opened))
    finally:
        for connection in opened:
            connection.close()
    return took
