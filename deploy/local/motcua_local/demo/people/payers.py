"""Payers: in time, late, twice, with the wrong amount, or never; and banks that repeat themselves."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from motcua_local.demo.people.cast import Cast
from motcua_local.demo.scripts import Payer, Refunds


class Payers:
    """Those who pay in one run."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._late: dict[UUID, str] = {}

    async def asked(self, application: UUID) -> None:
        """Somebody is asked to pay."""
        planned = self._cast.submitted[application]
        if planned.script.payer is Payer.NEVER:
            return
        url = self._cast.url("payment", f"/payments/{application}")
        page = (await self._cast.insist("GET", url, headers=self._cast.citizen(planned))).json()
        address = page.get("pay_url")
        if not address:
            return
        if planned.script.refunds is not Refunds.MADE:
            await self._trouble_refunds(application, planned.script.refunds)
        if planned.script.payer is Payer.LATE:
            self._late[application] = address
            return
        for options in _WAYS[planned.script.payer](page["amount"]):
            await self._pay(address, options)

    async def expired(self, application: UUID) -> None:
        """Some pay only now, with the address they kept."""
        if (address := self._late.pop(application, None)) is not None:
            await self._pay(address, {"ignore_expiry": True})

    async def _pay(self, address: str, options: dict[str, Any]) -> None:
        try:
            await self._cast.insist(
                "POST", self._cast.url("vnpay", "/control/pay"), json={"pay_url": address, **options}
            )
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != httpx.codes.CONFLICT:  # paid, and only the answer was lost
                raise

    async def _trouble_refunds(self, application: UUID, trouble: Refunds) -> None:
        body = {"txn_ref": application.hex, "mode": trouble.value, "times": _TIMES[trouble]}
        await self._cast.insist("PUT", self._cast.url("vnpay", "/control/orders"), json=body)


_TIMES = {Refunds.REFUSED: None, Refunds.FAILS_TWICE: 2, Refunds.UNANSWERED: 1}
_WAYS: dict[Payer, Callable[[int], list[dict[str, Any]]]] = {
    Payer.ONCE: lambda _amount: [{}],
    Payer.TWICE: lambda _amount: [{}, {"again": True}],
    Payer.WRONG_THEN_RIGHT: lambda amount: [{"amount": amount - 1_000}, {"again": True}],
    Payer.NOTICED_THRICE: lambda _amount: [{"notices": 3, "shuffle": True}],
}
