"""Asks the population registry through the national data exchange (NDXP) and reduces its answer to how it compared.

A look-up changes nothing over there: whatever goes wrong, it is asked again. An answer about another number, or one
that contradicts itself, is no answer.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import aiohttp

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Attributes, Match
from motcua_identity.domain import REGISTRY, ApplicantGone, RegistryAnswered
from motcua_identity.names import same_name
from motcua_identity.soap import HEADERS, Account, Citizen, Record, fault_in, read_records, write_lookup

CLAIM_CHECK_SECONDS = 3.0
LOOKUP_SECONDS = 8.0
IDLE_SECONDS = 4.0
"""Give idle connections up before the other side does: a request sent into a closing one is lost."""


class AwayError(NotDoneError):
    """The registry, or the way to it, does not answer."""


class ContradictionError(NotDoneError):
    """The answer is about another number, or says two things about this one."""


class Registry:
    """The adapter behind the work `registry`."""

    kind = REGISTRY
    repeatable = Repeatable.IDEMPOTENT
    timeout = CLAIM_CHECK_SECONDS + LOOKUP_SECONDS + 1.0
    attempts = 30
    """A quarter of an hour of trying or more, with the pauses of the breaker; then an officer looks."""

    def __init__(self, url: str, account: Account, applicants: Applicants) -> None:
        self._url, self._account, self._applicants = url, account, applicants
        self._session: aiohttp.ClientSession | None = None

    async def call(self, task: Task) -> RegistryAnswered | ApplicantGone:
        """How the applicant of this application compares. Raises `NotDoneError` when nobody could tell."""
        try:
            citizen = _citizen(await self._applicants.of(task.application))
        except ErasedError:
            return ApplicantGone()
        request = f"{task.application.hex}-{task.attempt}"
        lookup = write_lookup(self._account, citizen, request=request, procedure=task.state.request.dossier.procedure)
        return RegistryAnswered(compare(citizen, read_records(await self._post(lookup))))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._applicants.close()
        if self._session is not None:
            await self._session.close()

    async def _post(self, lookup: bytes) -> bytes:
        try:
            async with self._connected().post(self._url, data=lookup, headers=HEADERS, allow_redirects=False) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(type(error).__name__) from None
        if answer.status != 200:
            raise fault_in(body) or AwayError(str(answer.status))
        return body

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running loop; the worker bounds its calls
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=LOOKUP_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def compare(citizen: Citizen, records: Sequence[Record]) -> Attributes:
    """Attribute by attribute. Raises `ContradictionError` unless the records speak of this number with one voice."""
    if not records:
        return Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED)
    if any(record.personal_number != citizen.personal_number for record in records):
        raise ContradictionError("another number")
    found = {_compared(citizen, record) for record in records}
    if len(found) > 1:
        raise ContradictionError("several records that differ")
    return found.pop()


def _compared(citizen: Citizen, record: Record) -> Attributes:
    return Attributes(
        personal_number=Match.MATCH,
        full_name=_name(citizen.full_name, record.full_name),
        date_of_birth=_birth(citizen.date_of_birth, record),
    )


def _name(said: str, held: str) -> Match:
    if not held:
        return Match.NOT_CHECKED
    return Match.MATCH if same_name(said, held) else Match.MISMATCH


def _birth(said: date, record: Record) -> Match:
    """Of some citizens only the year is on record: another year is a mismatch, the same year proves nothing."""
    if record.birth_date:
        return Match.MATCH if record.birth_date == f"{said:%Y%m%d}" else Match.MISMATCH
    if record.birth_year and record.birth_year != f"{said:%Y}":
        return Match.MISMATCH
    return Match.NOT_CHECKED


def _citizen(applicant: dict[str, Any]) -> Citizen:
    born = date.fromisoformat(applicant["date_of_birth"])
    return Citizen(applicant["personal_number"], applicant["full_name"], born)
