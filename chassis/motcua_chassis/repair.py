"""What a person can do with a parked record: send it through the path again, or give it up.

Either way the records that wait behind it follow in order, each in a transaction of its own.
"""

from functools import partial
from typing import Generic, TypeVar

import asyncpg

from motcua_chassis import dead_letters, inbox
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Incoming, Poison, Reader
from motcua_chassis.database import Connection, transaction
from motcua_chassis.dead_letters import DeadLetter, Standing
from motcua_chassis.decisions import Decided
from motcua_chassis.failures import unless_overtaken
from motcua_chassis.inputs import Delivery

S = TypeVar("S")
_Treated = tuple[str, int | None]
"""What became of a record, and the one that waits behind it and may follow."""


class Repair(Generic[S]):
    """Retries and discards the dead letters of one service."""

    def __init__(self, pool: asyncpg.Pool, reader: Reader, writer: BatchWriter[S]) -> None:
        self._pool = pool
        self._reader = reader
        self._writer = writer

    async def retry(self, id_: int, by: str) -> str:
        """Feed a parked record through the path again, then those behind it, until one fails or none is left.

        Answers what became of this one: 'unknown', 'held' (an earlier one comes first), 'parked' (with its new reason)
        or 'retried'.
        """
        return await self._treat(id_, by, "retry")

    async def discard(self, id_: int, by: str) -> str:
        """Give a record up and release those behind it; answers 'unknown', 'held' or 'discarded'."""
        return await self._treat(id_, by, "discard")

    async def edit(self, id_: int, by: str, body: bytes) -> str:
        """Replace a body; answers 'unknown', or how the record reads now: 'readable', 'unread' or why it is not."""
        async with transaction(self._pool) as connection:
            if not await dead_letters.edit(connection, id_, body, now=self._writer.clock(), by=by):
                return "unknown"
            letter = await dead_letters.find(connection, id_)
        reading = self._reader.read(letter.record) if letter is not None else None
        if isinstance(reading, Poison):
            return f"{reading.reason}: {reading.detail}"
        return "unread" if reading is None else "readable"

    async def _treat(self, id_: int, by: str, action: str) -> str:
        verdict, behind = await unless_overtaken(partial(self._settle, id_, by, action))
        while behind is not None:
            _, behind = await unless_overtaken(partial(self._settle, behind, by, "release"))
        return verdict

    async def _settle(self, id_: int, by: str, action: str) -> _Treated:
        try:
            async with transaction(self._pool) as connection:
                letter, delivery = await self._open(connection, id_)
                decided: Decided[S] = Decided({})
                if delivery is not None and action != "discard":
                    decided = await self._writer.reapply(connection, delivery)
                treated = await self._note(connection, letter, decided, by, action)
        except _NotNowError as refused:
            return refused.verdict, None
        self._writer.committed(decided)
        return treated

    async def _open(self, connection: Connection, id_: int) -> tuple[DeadLetter, Delivery | None]:
        """Lock in the order of the path. No delivery: nobody reads it any more, or its twin was taken in.

        The consumer asks for holds under the lock of the application, so nothing queues up unseen behind the last.
        """
        letter = await dead_letters.find(connection, id_)
        if letter is None:
            raise _NotNowError("unknown")
        reading = self._reader.read(letter.record)
        fresh = not isinstance(reading, Incoming) or await inbox.take(connection, [reading.envelope.id])
        if letter.application is not None:
            _, unknown = await self._writer.aggregates.lock(connection, [letter.application])
            await self._writer.aggregates.place(connection, unknown)
        standing = await dead_letters.take(connection, id_)
        if standing is not Standing.FIRST:
            raise _NotNowError("held" if standing is Standing.WAITS else "unknown")
        letter = await dead_letters.find(connection, id_) or letter  # its body may have been edited before we held it
        reading = self._reader.read(letter.record)
        return letter, Delivery(letter.record, reading) if reading is not None and fresh else None

    async def _note(
        self, connection: Connection, letter: DeadLetter, decided: Decided[S], by: str, action: str
    ) -> _Treated:
        item, reason, detail = decided.parked[0] if decided.parked else (None, None, None)
        state = "parked" if item else "discarded" if action == "discard" else "retried"
        now = self._writer.clock()
        await dead_letters.mark(
            connection, letter.id, state, now=now, by=by, action=action, reason=reason, detail=detail
        )
        if letter.application is not None:
            await self._writer.aggregates.sweep(connection, [letter.application])
        if item is None:
            return state, await dead_letters.next_held(connection, letter)
        if isinstance(item.reading, Incoming):
            await inbox.forget(connection, [item.reading.envelope.id])
        return state, None


class _NotNowError(Exception):
    """Rolls back: there is no such open record, or it has to wait."""

    def __init__(self, verdict: str) -> None:
        super().__init__(verdict)
        self.verdict = verdict
