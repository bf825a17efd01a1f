"""Notes the calls of one message. What is noted before one is committed; what is noted after it stops nothing.

A row that could not be ended stays open, which is read as "this provider may hold the message": the safe side.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import structlog

from motcua_chassis.log import describe
from motcua_chassis.worker import NotDoneError, Task
from motcua_contracts import Medium, Topic
from motcua_notification import attempts
from motcua_notification.attempts import Attempt, Pool, Result
from motcua_notification.domain import parse_key

log = structlog.get_logger()

NOTING_SECONDS = 2.0


class CallJournal(NamedTuple):
    """The calls about one occasion of a topic by one medium."""

    pool: Pool
    application: UUID
    medium: Medium
    topic: Topic
    number: int

    @classmethod
    def of(cls, pool: Pool, task: Task) -> "CallJournal":
        """The journal of the message that this work is about."""
        return cls(pool, task.application, *parse_key(task.key))

    async def history(self) -> list[Attempt]:
        """All calls so far, oldest first. Raises `NotDoneError`."""
        async with _in_time():
            found = await attempts.attempts_of(self.pool, self.application)
        return [a for a in found if (a.topic, a.number, a.medium) == (self.topic, self.number, self.medium)]

    async def begin(self, provider: str | None = None) -> int:
        """Commit that a call begins. Raises `NotDoneError` where that failed: the call must not be made then."""
        async with _in_time():
            return await attempts.started(self.pool, self.application, self.topic, self.number, self.medium, provider)

    async def end(self, call: int, result: Result) -> None:
        """Note how it ended."""
        try:
            async with asyncio.timeout(NOTING_SECONDS):
                await attempts.ended(self.pool, call, result)
        except Exception as error:  # noqa: BLE001  # what the provider said counts for more
            log.warning("attempt.not-noted", **describe(error))

    async def note(self, result: Result, provider: str | None = None) -> None:
        """Note a call that was not committed before it was made."""
        try:
            async with asyncio.timeout(NOTING_SECONDS):
                await attempts.noted(
                    self.pool, self.application, self.topic, self.number, self.medium, result, provider
                )
        except Exception as error:  # noqa: BLE001  # the same
            log.warning("attempt.not-noted", **describe(error))


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Whatever our own database does, nothing has been sent yet."""
    try:
        async with asyncio.timeout(NOTING_SECONDS):
            yield
    except Exception as error:
        raise NotDoneError(type(error).__name__) from error
