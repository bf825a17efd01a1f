"""An HTTP client that repeats a request until it is answered by something other than trouble.

Every request that changes something carries an idempotency key, so repeating it after a broken connection is safe.
"""

import asyncio
from typing import Any

import httpx

_PATIENCE = 120.0


class Insistent:
    """Calls like `httpx.AsyncClient.request`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.repeated = 0

    async def __call__(self, method: str, url: str, **request: Any) -> httpx.Response:
        """Raises `TimeoutError` when there is no answer for two minutes, `httpx.HTTPStatusError` for a refusal."""
        pause = 0.1
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    response = await self._client.request(method, url, **request)
                except httpx.TransportError:
                    response = None
                if response is not None and response.status_code < 500:
                    response.raise_for_status()
                    return response
                self.repeated += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
