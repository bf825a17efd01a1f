"""Payers to whom the gateway says that their link is not signed as it should be: they open the pay page again."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx

from motcua_local.demo.people.payers import Payers

_PATIENCE = 60.0
_PAUSE = 0.5


class ReloadingPayers(Payers):
    """A link that was made before the gateway changed its secret is good for nothing once it did."""

    async def _pay(self, address: str, options: dict[str, Any]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    await super()._pay(address, options)
                except httpx.HTTPStatusError as refused:
                    if refused.response.status_code != httpx.codes.BAD_REQUEST:
                        raise
                    await asyncio.sleep(_PAUSE)
                    address = await self._another(address)
                else:
                    return

    async def _another(self, address: str) -> str:
        application = UUID(parse_qs(urlsplit(address).query)["vnp_TxnRef"][0])
        headers = self._cast.citizen(self._cast.submitted[application])
        page = await self._cast.insist("GET", self._cast.url("payment", f"/payments/{application}"), headers=headers)
        return str(page.json().get("pay_url") or address)
