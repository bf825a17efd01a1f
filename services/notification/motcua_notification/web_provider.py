"""Posts JSON to a provider so that it is always clear whether the request can have arrived.

Invariant: `NotDoneError` only where it certainly had no effect: no connection, or an answer that says it was not taken
(4xx, 503). A connection lost after the request was written, another 5xx or an answer nobody can read leave it open.
"""

from collections.abc import Mapping
from typing import Any

import aiohttp

from motcua_chassis.worker import NotDoneError

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 8.0
IDLE_SECONDS = 4.0
"""Give idle connections up before the other side does: nobody knows what became of a request into a closing one."""

_NOT_TAKEN = frozenset({503})


class WebProvider:
    """One address and the headers that every request to it has."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, answer: float = ANSWER_SECONDS) -> None:
        self._url, self._headers = url, headers or {}
        self._limit = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=answer)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object of a 200. Raises `NotDoneError` or, where the outcome is open, something else."""
        try:
            async with self._connected().post(self._url, json=body, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise _unusable(answer.status)
                said = await answer.json(content_type=None)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotDoneError(type(error).__name__) from None
        if not isinstance(said, dict):
            raise ValueError("the answer is no object")  # noqa: TRY004  # a fault of the other side, not of a caller
        return said

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running loop; the worker bounds its calls
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
                timeout=self._limit,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _unusable(status: int) -> Exception:
    if status < 500 or status in _NOT_TAKEN:
        return NotDoneError(str(status))
    return RuntimeError(f"the provider answered {status}")
