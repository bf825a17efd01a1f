"""Keeps book of every process that ended unasked, and lets pass the time that a dead worker's leases still stand.

A lease outlives its worker by up to half a minute; what it then allows is the same after three seconds, for the outside
systems of a drill answer in milliseconds.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import asyncpg

from motcua_local.processes import Death
from motcua_local.stack import Stack
from motcua_local.wiring import SERVICES

STILL_ON_ITS_WAY = 3.0
"""Seconds that a call whose caller died may still need to arrive."""
_LEASES = "SELECT lease FROM work WHERE lease IS NOT NULL"
_LAPSE = "UPDATE work SET leased_until = now() WHERE lease = ANY($1::uuid[])"


class Seen(NamedTuple):
    """One death."""

    name: str
    returncode: int
    at: float


class Deaths:
    """Given to a stack as `on_death`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.stack: Stack | None = None
        """Once it stands; its services' leases are lapsed then."""
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, death: Death) -> None:
        self.seen.append(Seen(death.name, death.returncode, time.monotonic()))
        self._keep(self._tell())
        if self.stack is not None and death.name in SERVICES:
            self._keep(self._bury(self.stack, death.name))

    def of(self, name: str) -> list[Seen]:
        """Those of one process."""
        return [each for each in self.seen if each.name == name]

    async def next(self, name: str, strike: Callable[[], None] | None = None, within: float = 60.0) -> Seen | None:
        """The first death of this process from now on; None where there is none in time."""
        before = len(self.of(name))
        if strike is not None:
            strike()
        with suppress(TimeoutError):
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: len(self.of(name)) > before)
                return self.of(name)[before]
        return None

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _bury(self, stack: Stack, name: str) -> None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            connection = await asyncpg.connect(stack.dsn(name), timeout=1, command_timeout=5)
            try:  # asked at once: the next life has not begun to claim
                leases = [row[0] for row in await connection.fetch(_LEASES)]
                await asyncio.sleep(STILL_ON_ITS_WAY)
                await connection.execute(_LAPSE, leases)
            finally:
                await connection.close(timeout=1)

    def _keep(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
