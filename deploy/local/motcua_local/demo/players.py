"""Plays the people: citizens who submit, payers who pay, officers who work their queue. All over HTTP, all insistent.

Every request that changes something carries an idempotency key, so repeating it after a broken connection is safe.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx

from motcua_contracts import Status
from motcua_local.demo.plan import Planned
from motcua_local.stack import Stack

CLIENTS = 8
_PATIENCE = 120.0
_QUEUE_PAUSE = 0.25
_LOOK_AGAIN = 5.0
_STEPS = {
    Status.FEE_SETTLED: ("accept", {}),
    Status.ACCEPTED: ("decide", {"outcome": "granted"}),
    Status.DECIDED: ("return", {"handover": "electronic"}),
}


class Insistent:
    """An HTTP client that repeats a request until it is answered by something other than trouble."""

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


class Players:
    """Everybody who is not a computer."""

    def __init__(self, stack: Stack, client: httpx.AsyncClient) -> None:
        self._stack = stack
        self._insist = Insistent(client)
        self._asked: set[UUID] = set()
        self._bells: dict[str, asyncio.Event] = {}
        self._payable: asyncio.Queue[UUID] = asyncio.Queue()
        self.submitted: dict[UUID, Planned] = {}

    @property
    def repeated(self) -> int:
        """Requests that had to be sent again."""
        return self._insist.repeated

    async def register(self, planned: list[Planned]) -> None:
        """Make the population registry know whom it should know."""
        known = [p.registered for p in planned if p.registered is not None]
        for start in range(0, len(known), 1_000):
            people = [
                {
                    "personal_number": person.personal_number,
                    "full_name": person.full_name,
                    "date_of_birth": person.date_of_birth.isoformat(),
                    "gender": person.gender,
                }
                for person in known[start : start + 1_000]
            ]
            await self._insist("PUT", f"{self._stack.url('registry')}/control/people", json=people)

    async def submit_all(self, planned: list[Planned], on_submitted: Callable[[], None]) -> None:
        """Several citizens at once, each one application after the other."""
        waiting = iter(planned)

        async def client() -> None:
            for application in waiting:
                await self._submit(application)
                on_submitted()

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    async def _submit(self, planned: Planned) -> None:
        headers = self._citizen(planned) | {"Idempotency-Key": planned.key}
        url = f"{self._stack.url('intake')}/applications"
        answer = (await self._insist("POST", url, headers=headers, json=planned.form)).json()
        application = UUID(answer["application_id"])
        self.submitted[application] = planned
        if application in self._asked:
            self._payable.put_nowait(application)

    def ask(self, application: UUID) -> None:
        """Somebody is to pay. The event may be faster than the answer to the submission, or tell an older story."""
        self._asked.add(application)
        if application in self.submitted:
            self._payable.put_nowait(application)

    async def pay(self) -> None:
        """Pay whatever becomes payable, until cancelled."""
        while True:
            application = await self._payable.get()
            headers = self._citizen(self.submitted[application])
            url = f"{self._stack.url('payment')}/payments/{application}"
            page = (await self._insist("GET", url, headers=headers)).json()
            if page.get("pay_url"):
                await self._charge(page["pay_url"])

    async def _charge(self, pay_url: str) -> None:
        url = f"{self._stack.url('vnpay')}/control/pay"
        try:
            await self._insist("POST", url, json={"pay_url": pay_url})
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != httpx.codes.CONFLICT:  # paid, and only the answer was lost
                raise

    async def serve(self, agency: str) -> None:
        """Be the officers of an agency and those below it: accept, decide and return until cancelled."""
        token = self._stack.token("officer", agency=agency)
        headers = {"Authorization": f"Bearer {token}"}
        bell = self._bells.setdefault(agency, asyncio.Event())
        while True:
            bell.clear()
            done = [await self._work(status, headers) for status in _STEPS]
            if not any(done):
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), _LOOK_AGAIN)
            await asyncio.sleep(_QUEUE_PAUSE)

    def ring(self, agency: str) -> None:
        """Something may wait for the officers of this agency."""
        for office, bell in self._bells.items():
            if agency == office or agency.startswith(f"{office}."):
                bell.set()

    async def _work(self, status: Status, headers: dict[str, str]) -> int:
        intake = self._stack.url("intake")
        page = await self._insist(
            "GET", f"{intake}/officer/queue", params={"status": status, "limit": 200}, headers=headers
        )
        items = page.json()["items"]
        await asyncio.gather(*(self._step(status, item["dossier_code"], headers) for item in items))
        return len(items)

    async def _step(self, status: Status, code: str, headers: dict[str, str]) -> None:
        verb, form = _STEPS[status]
        key = {"Idempotency-Key": f"{verb}-{code}"}
        url = f"{self._stack.url('intake')}/officer/applications/{code}/{verb}"
        await self._insist("POST", url, headers=headers | key, json=form)

    def _citizen(self, planned: Planned) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._stack.token('citizen', str(planned.subject))}"}
