"""Officers at the one-stop desk: each agency works through its queue, every dossier by its script."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx

from motcua_contracts import Status
from motcua_local.demo.people.cast import Cast
from motcua_local.demo.plan import Planned
from motcua_local.demo.scripts import ACCEPT, GRANT, RETURN, SUPPLEMENT, Step

_QUEUE_PAUSE = 0.25
_LOOK_AGAIN = 5.0
_WAITING = {
    Status.FEE_SETTLED: ("accept", "supplement", "decline"),
    Status.ACCEPTED: ("start", "extend", "supplement", "decide"),
    Status.IN_PROCESS: ("extend", "supplement", "decide"),
    Status.DECIDED: ("return",),
}
"""What can be done with an application in each status of the queue."""
_USUAL = (ACCEPT, GRANT, RETURN)
"""What is done with applications of nobody's script: those of an earlier run on the same broker."""


class Desk:
    """The officers of intake."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._bells: dict[str, asyncio.Event] = {}
        self._done: Counter[UUID] = Counter()

    async def serve(self, agency: str) -> None:
        """Be the officers of an agency and those below it until cancelled."""
        headers = self._cast.officer(agency)
        bell = self._bells.setdefault(agency, asyncio.Event())
        while True:
            bell.clear()
            done = [await self._work(status, headers) for status in _WAITING]
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
        page = await self._cast.insist(
            "GET", self._cast.url("intake", "/officer/queue"), params={"status": status, "limit": 200}, headers=headers
        )
        done = await asyncio.gather(*(self._handle(status, item, headers) for item in page.json()["items"]))
        return sum(done)

    async def _handle(self, status: Status, item: dict[str, Any], headers: dict[str, str]) -> int:
        application = UUID(item["application_id"])
        planned = self._cast.submitted.get(application)
        steps = planned.script.desk if planned else _USUAL
        at = self._done[application]
        if at >= len(steps) or steps[at].verb not in _WAITING[status]:
            return 0
        self._done[application] += await self._step(steps[at], at, item["dossier_code"], planned, headers)
        return 1

    async def _step(self, step: Step, at: int, code: str, planned: Planned | None, headers: dict[str, str]) -> int:
        url = self._cast.url("intake", f"/officer/applications/{code}/{step.verb}")
        form = _marked(planned) if step is SUPPLEMENT and planned else step.form
        key = {"Idempotency-Key": f"{step.verb}-{code}-{at}"}
        try:
            await self._cast.insist("POST", url, headers=headers | key, json=form)
        except httpx.HTTPStatusError as refusal:
            if refusal.response.status_code != httpx.codes.CONFLICT:  # it was withdrawn between look and step
                raise
            return 0
        return 1


def _marked(planned: Planned) -> dict[str, Any]:
    words = {"vi": "Đề nghị bổ sung nội dung này.", "en": "Please supply this."}[planned.submission["language"]]
    return {"items": [{"item": item, "reason": "missing", "words": words} for item in planned.form.marks]}
