"""Asks the population registry through the national data exchange (NDXP) and reduces its answer to how it compared.

A look-up changes nothing over there: whatever goes wrong, it is asked again. An answer that contradicts itself is an
answer, no outage: it is asked for again on the spot, and what is still contradictory then is an officer's business.
"""

import asyncio
import time
from datetime import date
from typing import Any

import aiohttp
import structlog

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_identity.comparison import compare
from motcua_identity.domain import REGISTRY, ApplicantGone, RegistryAnswered
from motcua_identity.pacer import Pacer
from motcua_identity.soap import HEADERS, Account, Citizen, fault_in, read_records, write_lookup

CLAIM_CHECK_SECONDS = 3.0
LOOKUP_SECONDS = 8.0
"""For all looks of one call together."""
IDLE_SECONDS = 4.0
"""Give idle connections up before the other side does: a request sent into a closing one is lost."""
RESTS = (0.0, 0.5, 1.0)
"""Seconds before each look of one call. The second and third are for contradictions: records may be under update."""

log = structlog.get_logger()


class AwayError(NotDoneError):
    """The registry, or the way to it, does not answer."""


class Registry(Adapter):
    """The adapter behind the work `registry`."""

    kind = REGISTRY
    repeatable = Repeatable.IDEMPOTENT
    attempts = 1_000
    """Out of reach: the timer `registry-outage` gives up first."""
    longest_pause = 10.0
    """A look-up costs the other side little, and all that wait should be asked again soon after an outage."""

    def __init__(
        self, url: str, account: Account, applicants: Applicants, *, rate: float | None = None, at_once: int = 64
    ) -> None:
        """`rate`: look-ups a second that the exchange allows us, None for any; `at_once`: how many calls may run."""
        self._url, self._account, self._applicants = url, account, applicants
        self._pacer = Pacer(rate)
        self._session: aiohttp.ClientSession | None = None
        queueing = len(RESTS) * at_once * self._pacer.gap
        self.timeout = CLAIM_CHECK_SECONDS + LOOKUP_SECONDS + sum(RESTS) + 1.0 + queueing

    async def call(self, task: Task) -> RegistryAnswered | ApplicantGone:
        """How the applicant of this application compares. Raises `NotDoneError` when nobody could tell."""
        try:
            citizen = _citizen(await self._applicants.of(task.application))
        except ErasedError:
            return ApplicantGone()
        return await self._look_up(task, citizen)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._applicants.close()
        if self._session is not None:
            await self._session.close()

    async def _look_up(self, task: Task, citizen: Citizen) -> RegistryAnswered:
        left = LOOKUP_SECONDS
        for look, rest in enumerate(RESTS, start=1):
            await asyncio.sleep(rest)
            await self._pacer.turn()
            started = time.monotonic()
            request = f"{task.application.hex}-{task.attempt}-{look}"
            lookup = write_lookup(
                self._account, citizen, request=request, procedure=task.state.request.dossier.procedure
            )
            answer = compare(citizen, read_records(await self._post(lookup, left)))
            if answer.doubt is None:
                break
            log.warning(
                "registry.contradicted", application=str(task.application), reason=answer.doubt.value, attempts=look
            )
            left = max(0.1, left - (time.monotonic() - started))  # 0 would mean without limit
        return answer

    async def _post(self, lookup: bytes, limit: float) -> bytes:
        try:
            async with self._connected().post(
                self._url,
                data=lookup,
                headers=HEADERS,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=limit),
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(type(error).__name__) from None
        if answer.status != 200:
            raise fault_in(body) or AwayError(str(answer.status))
        return body

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _citizen(applicant: dict[str, Any]) -> Citizen:
    born = date.fromisoformat(applicant["date_of_birth"])
    return Citizen(applicant["personal_number"], applicant["full_name"], born)
