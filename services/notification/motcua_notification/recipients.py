"""Whom a message goes to: whether they want it by this medium, and the address, fetched from intake when it is needed.

Invariant: asking has no effect on anybody; whatever goes wrong here ends as `NotDoneError`, in time.
"""

import asyncio
from typing import Any
from uuid import UUID

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import NotDoneError
from motcua_contracts import Medium, NotificationRequested
from motcua_notification.attempts import LazyPool, Pool
from motcua_notification.preferences import opted_out

CLAIM_CHECK_SECONDS = 5.0
ASKING_SECONDS = 6.0
"""For the claim check and our own database; with a provider's patience it must stay below the time-out of a call."""


class OptedOutError(Exception):
    """This person does not want to be written to by this medium."""


class Recipients:
    """Shared by the channels: look-ups of all of them travel together."""

    def __init__(self, applicants: Applicants, pool: Pool) -> None:
        self._applicants, self._pool = applicants, pool

    async def of(self, application: UUID, request: NotificationRequested) -> dict[str, Any]:
        """`full_name`, `email`, `phone` as far as there are any, and in `notes` the words that the message quotes.

        Raises `OptedOutError`, `ErasedError`, `NotDoneError`.
        """
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                return await self._ask(application, request)
        except (ErasedError, OptedOutError, NotDoneError):
            raise
        except Exception as error:
            raise NotDoneError(type(error).__name__) from error

    async def close(self) -> None:
        """Let go of connections; harmless when repeated."""
        await self._applicants.close()
        if isinstance(self._pool, LazyPool):
            await self._pool.close()

    async def _ask(self, application: UUID, request: NotificationRequested) -> dict[str, Any]:
        if await opted_out(self._pool, request.dossier, request.medium, required=request.required):
            raise OptedOutError
        return await self._applicants.of(application, _quoted(request))


def _quoted(request: NotificationRequested) -> set[UUID]:
    """The notes whose words stand in this message: only a letter has room for them."""
    if request.medium is not Medium.EMAIL:
        return set()
    notes = {request.facts.note, *(marked.note for marked in request.facts.items or ())}
    return {note for note in notes if note is not None}
