"""Officers who see to refunds that the gateway would not make: the treasury pays, they record it."""

import asyncio
from uuid import UUID

from motcua_local.demo.people.cast import Cast

_LOOK_AGAIN = 1.0


class Cashiers:
    """The officers of payment."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast

    async def serve(self, agency: str) -> None:
        """Record a transfer for every failed refund of an agency and those below it until cancelled."""
        headers = self._cast.officer(agency)
        while True:
            page = await self._cast.insist(
                "GET", self._cast.url("payment", "/refunds"), params={"state": "failed"}, headers=headers
            )
            for task in page.json()["items"]:
                if UUID(task["application_id"]) in self._cast.submitted:
                    await self._record(task["refund"], headers)
            await asyncio.sleep(_LOOK_AGAIN)

    async def _record(self, refund: str, headers: dict[str, str]) -> None:
        url = self._cast.url("payment", f"/refunds/{refund}/record")
        key = {"Idempotency-Key": f"record-{refund}"}
        body = {"reference": f"KB{refund[:12].upper()}"}
        await self._cast.insist("POST", url, headers=headers | key, json=body)
