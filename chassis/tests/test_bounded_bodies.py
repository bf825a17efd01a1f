from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from chassis.tests.toy_desk import CITIZEN, problem
from motcua_chassis.bounded_bodies import LARGEST, LARGEST_JSON, BoundedBodies

PIECE = 1 << 16
KINDS = pytest.mark.parametrize(
    ("kind", "largest", "told"),
    [
        ("application/json", LARGEST_JSON, "2 MB"),
        ("application/x+JSON", LARGEST_JSON, "2 MB"),
        ("x/y", LARGEST, "11 MB"),
    ],
)


class Body:
    """So many bytes, and how many of them were read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.read < self._size:
            self.read += PIECE
            yield b" " * PIECE

    async def post(self, client: httpx.AsyncClient, kind: str, **headers: str) -> httpx.Response:
        given = CITIZEN | {"content-type": kind, "idempotency-key": "a-key"} | headers
        return await client.post("/things", content=self, headers=given)


@KINDS
@pytest.mark.parametrize("beyond", [PIECE, LARGEST])
@pytest.mark.parametrize("headers", [{}, {"content-length": "5", "transfer-encoding": "chunked"}])
async def test_a_body_larger_than_any_that_is_asked_for_is_read_no_further(
    client: httpx.AsyncClient, kind: str, largest: int, told: str, beyond: int, headers: dict[str, str]
) -> None:
    body = Body(largest + beyond)

    found = problem(await body.post(client, kind, **headers), 413, "body-too-large")

    assert told in found["detail_vi"]
    assert told in found["detail_en"]
    assert body.read <= largest + PIECE


@KINDS
@pytest.mark.parametrize("digits", [0, 5_000])
async def test_one_that_says_so_is_not_read_at_all(
    client: httpx.AsyncClient, kind: str, largest: int, told: str, digits: int
) -> None:
    body = Body(3 * LARGEST)

    found = problem(
        await body.post(client, kind, **{"content-length": "9" * digits or str(largest + 1)}), 413, "body-too-large"
    )

    assert told in found["detail_vi"]
    assert body.read == 0


@KINDS
async def test_the_largest_is_read(client: httpx.AsyncClient, kind: str, largest: int, told: str) -> None:
    for headers in ({}, {"content-length": str(largest)}):
        body = Body(largest)
        problem(await body.post(client, kind, **headers), 422, "invalid-request")
        assert (body.read, told) == (largest, f"{largest >> 20} MB")


async def test_whoever_asks_again_is_told_again_without_waiting_for_more() -> None:
    received = 0

    async def receive() -> Message:
        nonlocal received
        received += 1
        return {"type": "http.request", "body": bytes(LARGEST + 1), "more_body": False}

    async def send(_message: Any) -> None:
        raise AssertionError("nothing was to be sent")

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        for _ in range(2):
            with pytest.raises(HTTPException, match="11 MB"):
                await receive()

    await BoundedBodies(app)({"type": "http", "headers": []}, receive, send)

    assert received == 1
