"""How a web provider fails: an error without effect, a connection that closes, an answer that never comes."""

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send


class Cut(Response):
    """Promises a body and leaves: the server closes the connection of an answer that was not finished."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break off."""
        del scope, receive
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def hang(request: Request) -> Response:
    """Say nothing until the caller gives up; its body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Cut()


def unavailable(mode: str) -> Response:
    """`fail` is 503, anything else 500."""
    status, words = (503, "Service Unavailable") if mode == "fail" else (500, "Internal Server Error")
    return Response(words, status, media_type="text/plain")
