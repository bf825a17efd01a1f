"""An outside system that does what a test tells it, and a worker that calls it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from chassis.tests.toy import Said, Toy, decide, due, evolve, record
from chassis.tests.toy_path import ToyPath
from motcua_chassis.door import Door
from motcua_chassis.message import Decider, Message
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task, Worker
from motcua_local.waiting import comes_true

VERIFIED, REJECTED = "vn.motcua.identity.verified.v1", "vn.motcua.identity.rejected.v1"


class Other(Adapter):
    """The outside system: it does what it was told for each call in turn, and the last thing ever after."""

    kind = "ask"

    def __init__(
        self,
        *does: Callable[[Task], Awaitable[Any]],
        repeatable: Repeatable = Repeatable.IDEMPOTENT,
        attempts: int = 3,
        timeout: float = 5.0,  # the adapter's own declaration
    ) -> None:
        self._does = list(does) or [says_yes]
        self.repeatable, self.attempts, self.timeout = repeatable, attempts, timeout
        self.calls: list[Task] = []
        self.closed = False

    async def call(self, task: Task) -> Any:
        self.calls.append(task)
        return await (self._does.pop(0) if len(self._does) > 1 else self._does[0])(task)

    async def close(self) -> None:
        self.closed = True


async def says_yes(_task: Task) -> Said:
    return Said(yes=True)


async def is_away(_task: Task) -> Said:
    raise NotDoneError("connection refused")


async def breaks_off(_task: Task) -> Said:
    raise ConnectionResetError("in the middle")


async def hangs(_task: Task) -> Said:
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def at_work(
    path: ToyPath, other: Other | None, *, kinds: list[str] | None = None, **how: Any
) -> AsyncIterator[Worker[Toy]]:
    """A worker with its door, running."""
    door = how.pop("door", None) or Door(path.path, window=0)
    decode = path.writer.aggregates.decode
    worker: Worker[Toy] = Worker(path.pool, door, path.metrics, decode, kinds or ["ask"], other, **how)
    tasks = [asyncio.create_task(worker.run()), asyncio.create_task(door.run())]
    try:
        yield worker
    finally:
        await worker.stop(grace=0.1)
        door.close()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


class Seen:
    """The toy's decider, with what it was told."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.decider = Decider(Toy(), self._decide, evolve, due)

    def _decide(self, state: Toy, message: Message) -> Any:
        self.bodies.append(message.body)
        return decide(state, message)


async def submit(path: ToyPath, count: int = 1) -> list[UUID]:
    applications = [uuid4() for _ in range(count)]
    await path.deliver(*(record(a, n) for n, a in enumerate(applications)))
    return applications


async def ended(path: ToyPath, count: int = 1, within: float = 10.0, *, hurry: bool = True) -> bool:
    """Whether so many applications end; back-off is not waited for unless asked."""

    async def done() -> bool:
        if hurry:
            await path.pool.execute("UPDATE work SET at = now() WHERE lease IS NULL AND at > now()")
        found = await path.pool.fetchval("SELECT count(*) FROM aggregates WHERE (state ->> 'ended')::bool")
        return bool(found == count)

    return await comes_true(done, within, pause=0.02)


async def types(path: ToyPath) -> list[str]:
    return [e.type for e in await path.published()][1:]
