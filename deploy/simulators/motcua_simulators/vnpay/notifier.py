"""Tells the merchant (IPN) until it confirms, ten times at most; what a restart interrupts is taken up again."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import httpx

from motcua_simulators.behaviour import Behaviour
from motcua_simulators.ledger import Ledger, timestamp
from motcua_simulators.vnpay.gateway import Merchant

ATTEMPTS = 10
CONFIRMED = {"00", "02"}
"""RspCodes that end it; VNPay repeats after any other and after a time-out."""
_LONGEST_PAUSE_SECONDS = 30.0
"""Ten tries so take two minutes: a drill has a merchant die and start again for nearly as long."""
_TIMEOUT_SECONDS = 15.0
_AT_ONCE = 16
_COPIES = 3
SHUFFLE_SECONDS = 0.5
"""Shuffled notices leave within this time, so that those of two payments overtake each other."""


class Notifier:
    """One task for each result that is not confirmed yet."""

    def __init__(self, merchant: Merchant, ledger: Ledger, behaviour: Behaviour, retry_seconds: float) -> None:
        self._merchant, self._ledger, self._behaviour = merchant, ledger, behaviour
        self._retry_seconds = retry_seconds
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._withheld: list[dict[str, Any]] = []
        behaviour.on_change = self._release

    def resume(self) -> None:
        for result in self._unconfirmed():
            self.tell(result)

    def tell(self, result: dict[str, Any], *, notices: int = 1, shuffle: bool = False) -> None:
        """Report a result, `notices` times whatever the merchant answers; shuffled ones leave in no order."""
        mode = self._behaviour.take("withhold", "late", "repeat")
        if mode == "withhold":
            self._withheld.append(result)
            return
        copies = max(notices, _COPIES if mode == "repeat" else 1)
        task = asyncio.create_task(self._tell(result, mode, copies, shuffle=shuffle))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _release(self) -> None:
        withheld, self._withheld = self._withheld, []
        for result in withheld:
            self.tell(result)

    def _unconfirmed(self) -> Iterable[dict[str, Any]]:
        over = {entry["result"] for entry in self._ledger.entries("ipn") if _ends(entry)}
        return [result for result in self._ledger.entries("results") if result["id"] not in over]

    async def _tell(self, result: dict[str, Any], mode: str, copies: int, *, shuffle: bool) -> None:
        if mode == "late":
            await self._behaviour.delay()
        pause, attempt = self._retry_seconds, 0
        chance = random.Random(result["id"])  # noqa: S311 - repeatable, not secret
        while attempt < ATTEMPTS:
            numbers = range(attempt + 1, attempt + copies + 1)
            waits = [chance.random() * SHUFFLE_SECONDS if shuffle else 0.0 for _ in numbers]
            entries = await asyncio.gather(
                *(self._call(result, number, wait) for number, wait in zip(numbers, waits, strict=True))
            )
            if any(_ends(entry) for entry in entries):
                return
            attempt += copies
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _call(self, result: dict[str, Any], attempt: int, wait: float) -> dict[str, Any]:
        await asyncio.sleep(wait)
        async with self._places:
            status, rsp_code = await self._answer(result["query"])
        entry = {
            "result": result["id"],
            "txn_ref": result["txn_ref"],
            "attempt": attempt,
            "status": status,
            "rsp_code": rsp_code,
            "at": timestamp(),
        }
        self._ledger.add("ipn", entry)
        return entry

    async def _answer(self, query: str) -> tuple[int | None, str | None]:
        """HTTP status and RspCode, each None where there was none."""
        if self._merchant.ipn_url is None:
            return None, None
        joint = "&" if "?" in self._merchant.ipn_url else "?"
        try:
            response = await self._client.get(self._merchant.ipn_url + joint + query)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None, None
        try:
            answer = response.json()
        except ValueError:
            return response.status_code, None
        code = answer.get("RspCode") if isinstance(answer, dict) else None
        return response.status_code, code if isinstance(code, str) else None


def _ends(entry: dict[str, Any]) -> bool:
    return entry["rsp_code"] in CONFIRMED or entry["attempt"] >= ATTEMPTS
