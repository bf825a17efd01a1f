"""Fetches personal data from intake's vault at the moment it is needed; nothing of it is kept.

Look-ups of a few milliseconds share one `POST /internal/applicants:batch` of up to 500 applications.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp

from motcua_chassis.worker import NotDoneError

LARGEST_BATCH = 500
MOST_NOTES = 100 * LARGEST_BATCH
"""A message quotes at most the words about each place that an officer marked: fewer than a hundred."""
GATHER_SECONDS = 0.005


class ErasedError(Exception):
    """The citizen's key was destroyed: a normal answer, there is nobody to ask about any more."""


@dataclass(slots=True)
class _Asked:
    """Askers of one application share the answer, and so what they may read of it."""

    answer: asyncio.Future[dict[str, Any] | None]
    notes: set[UUID] = field(default_factory=set)


class Applicants:
    """What one service may know of applicants, for one stated purpose."""

    def __init__(self, intake_url: str, purpose: str, token: Callable[[], str], limit: float = 5.0) -> None:
        self._url = f"{intake_url}/internal/applicants:batch"
        self._limit = aiohttp.ClientTimeout(total=limit)
        self._client: aiohttp.ClientSession | None = None
        self._purpose = purpose
        self._token = token
        self._waiting: dict[UUID, _Asked] = {}
        self._gathering: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def of(self, application: UUID, notes: Collection[UUID] = ()) -> dict[str, Any]:
        """The applicant of this application, the fields this purpose allows, and the words of these notes.

        Raises `ErasedError` after erasure and `NotDoneError` when intake does not answer.
        """
        asked = self._waiting.get(application)
        if asked is None:
            asked = self._waiting[application] = _Asked(asyncio.get_running_loop().create_future())
        asked.notes.update(notes)
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather())
            self._running.add(self._gathering)  # the loop itself holds tasks only weakly
            self._gathering.add_done_callback(self._running.discard)
        found = await asyncio.shield(asked.answer)
        if found is None:
            raise ErasedError
        return found

    async def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            await self._client.close()

    async def _gather(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        self._gathering = None
        waiting, self._waiting = self._waiting, {}
        ids = list(waiting)
        for start in range(0, len(ids), LARGEST_BATCH):
            await self._fetch({id_: waiting[id_] for id_ in ids[start : start + LARGEST_BATCH]})

    async def _fetch(self, waiting: Mapping[UUID, _Asked]) -> None:
        try:
            self._client = self._client or aiohttp.ClientSession(timeout=self._limit, raise_for_status=True)
            body = {"purpose": self._purpose, "applications": [str(id_) for id_ in waiting]}
            if notes := [str(note) for asked in waiting.values() for note in asked.notes]:
                body["notes"] = notes
            headers = {"Authorization": f"Bearer {self._token()}"}
            async with self._client.post(self._url, json=body, headers=headers) as response:
                applicants = (await response.json())["applicants"]
                found = {id_: applicants.get(str(id_)) for id_ in waiting}
        except Exception as error:  # noqa: BLE001  # a look-up has no effect: always safe to repeat
            for asked in waiting.values():
                _settle(asked.answer, NotDoneError(f"intake: {type(error).__name__}"))
            return
        for id_, asked in waiting.items():
            _settle(asked.answer, found[id_])


def _settle(future: asyncio.Future[dict[str, Any] | None], found: dict[str, Any] | Exception | None) -> None:
    if future.done():
        return
    if isinstance(found, Exception):
        future.set_exception(found)
        future.exception()  # its askers may have given up: not an error of the loop
    else:
        future.set_result(found)
