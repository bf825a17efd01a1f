"""Officers of the review queue: they settle what the registry left open, two of them where a rule demands it."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

from motcua_contracts import Verdict
from motcua_local.demo.people.cast import Cast

_OFFICERS = UUID("6f1d2c60-5d0f-4a7e-9a43-3d1b0a6a7c10")
_OFFICERS_ENOUGH = 2
_LOOK_AGAIN = 1.0


class Reviewers:
    """The officers of identity."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._found: Counter[UUID] = Counter()

    async def serve(self, agency: str) -> None:
        """Settle the reviews of an agency and those below it until cancelled."""
        while True:
            page = await self._cast.insist(
                "GET", self._cast.url("identity", "/reviews"), headers=self._cast.officer(agency)
            )
            done = [await self._settle(item, agency) for item in page.json()["items"]]
            with suppress(TimeoutError):
                await asyncio.sleep(0 if any(done) else _LOOK_AGAIN)

    async def _settle(self, item: dict[str, Any], agency: str) -> bool:
        application = UUID(item["application_id"])
        planned = self._cast.submitted.get(application)
        verdicts = planned.script.review if planned else (Verdict.VERIFIED,)
        at = self._found[application]
        if not verdicts or at >= _OFFICERS_ENOUGH:
            return False
        verdict = verdicts[min(at, len(verdicts) - 1)]  # where a second officer is needed, they agree
        officer = str(uuid5(_OFFICERS, f"{agency} {at}"))
        url = self._cast.url("identity", f"/reviews/{application}")
        headers = self._cast.officer(agency, officer) | {"Idempotency-Key": f"review-{application}-{at}"}
        await self._cast.insist("POST", url, headers=headers, json={"verdict": verdict.value})
        self._found[application] += 1
        return True
