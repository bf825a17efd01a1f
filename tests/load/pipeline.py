"""Four stages end to end: from the first submitted event until the last event of the last application is published."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg
import httpx

from tests.load.feed import prepared, publish
from tests.load.parts import Parts, Sample, fresh_parts
from tests.load.stages import STAGES

PATIENCE = 120.0
WARM_UP = 20


@dataclass(frozen=True)
class Build:
    """One way of building the stages: the module that is its process, and its outbox."""

    title: str
    module: str
    outbox: str = "outgoing"
    sequence: str = "outgoing_id_seq"

    @property
    def published(self) -> str:
        """How many events went through the outbox; null while some wait in it."""
        return f"SELECT last_value FROM {self.sequence} WHERE NOT EXISTS (SELECT 1 FROM {self.outbox})"  # noqa: S608


OURS = Build("Motcua", "tests.load.ours", "outbox", "outbox_seq_seq")
USUAL = Build("usual build", "tests.load.baseline")
LIBRARY = Build("usual build with faststream-outbox", "tests.load.baseline_library")


@asynccontextmanager
async def running(build: Build) -> AsyncIterator[Parts]:
    """Fresh parts, all stages on them, warm."""
    async with fresh_parts() as parts:
        for stage in STAGES:
            await parts.start(build.module, stage, stage)
        if build is OURS:  # one that starts would find events in its own topic that it never published, and refuse
            await ready(parts)
        await publish(parts.broker.address, WARM_UP)
        await reach(parts, WARM_UP, build)
        yield parts


async def from_the_bus(build: Build, applications: int) -> Sample:
    """One round at saturation."""
    async with running(build) as parts:
        return await carry(parts, applications, WARM_UP, build)


async def carry(parts: Parts, applications: int, before: int, build: Build = OURS) -> Sample:
    """Publish so many more than before, and wait for the last of them."""
    async with prepared(parts.broker.address, applications) as send:
        work = asyncio.gather(send(), reach(parts, before + applications, build))
        return await parts.measure([*STAGES], applications, work)


async def reach(
    parts: Parts, applications: int, build: Build = OURS, *, door: bool = False, stages: Sequence[str] = tuple(STAGES)
) -> None:
    """Until these stages have published all that these applications make them publish. Raises `TimeoutError`.

    `door`: they came in by intake's door, which so published their first event too. Asked is what an outbox ever held
    and whether it is empty: that costs the same however much was carried before.
    """
    wanted = {name: applications * (STAGES[name].published + (door and name == "intake")) for name in stages}
    async with AsyncExitStack() as held:
        connections = {}
        for name in stages:
            connections[name] = await asyncpg.connect(parts.databases[name])
            held.push_async_callback(connections[name].close)

        async def done() -> bool:
            for name, connection in connections.items():
                try:
                    published = await connection.fetchval(build.published)
                except asyncpg.UndefinedTableError:
                    return False
                if (published or 0) < wanted[name]:
                    return False
            return True

        await until(done)


async def ready(parts: Parts) -> None:
    """Until every program says so over HTTP. Raises `TimeoutError`."""
    async with httpx.AsyncClient() as client:

        async def answers() -> bool:
            with suppress(httpx.HTTPError):
                states = [await client.get(f"http://127.0.0.1:{port}/health/ready") for port in parts.ports.values()]
                return all(state.status_code == 200 for state in states)
            return False

        await until(answers)


async def until(done: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Ask ten times a second. Raises `TimeoutError`."""
    deadline = time.monotonic() + patience
    while not await done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not finished within {patience:.0f} s")
        await asyncio.sleep(0.1)
