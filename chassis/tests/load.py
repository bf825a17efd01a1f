"""A steady load on a rig while something is done to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.tests.rig import Rig


@asynccontextmanager
async def load(rig: Rig) -> AsyncIterator[list[UUID]]:
    """Applications, each submitted three times, keep coming while the block runs; the list holds them all after it."""
    sent: list[UUID] = []
    over = asyncio.Event()

    async def keep_sending() -> None:
        while not over.is_set():
            sent.extend(await rig.submit(5, times=3, repeat=len(sent) % 20 == 0))
            await asyncio.sleep(0.05)  # the pace of the load

    sending = asyncio.create_task(keep_sending())
    try:
        yield sent
    finally:
        over.set()
        await sending
