"""What a person can do with a parked record: send it through the path again, or give it up.

Either way the records that wait behind it follow in order, each in a transaction of its own.
"""

from typing import Generic, TypeVar

import asyncpg

from motcua_chassis import dead_letters
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Reader
from motcua_chassis.database import Connection, transaction
from motcua_chassis.dead_letters import DeadLetter
from motcua_chassis.inputs import Delivery

S = TypeVar("S")


class Repair(Generic[S]):
    """Retries and discards the dead letters of one service."""

    def __init__(self, pool: asyncpg.Pool, reader: Reader, writer: BatchWriter[S]) -> None:
        self._pool = pool
        self._reader = reader
        self._writer = writer

    async def retry(self, id_: int, by: str) -> str:
        """Feed a parked record through the path again, then those behind it, until one fails or none is left.

        Answers what became of this one: 'unknown', 'parked' (with its new reason) or 'retried'.
        """
        verdict, behind = await self._retry(id_, by, "retry")
        while behind is not None:
            _, behind = await self._retry(behind, by, "release")
        return verdict

    async def discard(self, id_: int, by: str) -> str:
        """Give a parked record up and release those behind it; answers 'unknown' or 'discarded'."""
        async with transaction(self._pool) as connection:
            letter = await self._lock(connection, id_)
            if letter is None:
                return "unknown"
            await dead_letters.mark(connection, id_, "discarded", now=self._writer.clock(), by=by, action="discard")
            behind = await dead_letters.next_held(connection, letter)
        while behind is not None:
            _, behind = await self._retry(behind, by, "release")
        return "discarded"

    async def _retry(self, id_: int, by: str, action: str) -> tuple[str, int | None]:
        async with transaction(self._pool) as connection:
            letter = await self._lock(connection, id_)
            if letter is None:
                return "unknown", None
            reading = self._reader.read(letter.record)
            now = self._writer.clock()
            if reading is not None:
                decided = await self._writer.reapply(connection, Delivery(letter.record, reading))
                if decided.parked:
                    _, reason, detail = decided.parked[0]
                    await dead_letters.mark(
                        connection, id_, "parked", now=now, by=by, action=action, reason=reason, detail=detail
                    )
                    return "parked", None
            await dead_letters.mark(connection, id_, "retried", now=now, by=by, action=action)
            return "retried", await dead_letters.next_held(connection, letter)

    async def _lock(self, connection: Connection, id_: int) -> DeadLetter | None:
        application = await dead_letters.application_of(connection, id_)
        if application is not None:
            # The consumer asks for holds under this lock, so nothing can queue up unseen behind the last release.
            await self._writer.aggregates.lock(connection, [application])
        return await dead_letters.take(connection, id_)
