import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

import motcua_chassis.door
from chassis.tests.toy import Settle
from chassis.tests.toy_path import ToyPath, command
from motcua_chassis.door import Door
from motcua_chassis.failures import OverloadedError
from motcua_chassis.inputs import Outcome


class Batches:
    """A path that does what it is told for each batch in turn, then decides."""

    def __init__(self, *does: Exception | Callable[[], Awaitable[Any]]) -> None:
        self._does = list(does)
        self.taken: list[int] = []

    async def decide(self, inputs: Sequence[Any]) -> None:
        self.taken.append(len(inputs))
        does = self._does.pop(0) if self._does else None
        if isinstance(does, Exception):
            raise does
        if does is not None:
            await does()
        for item in inputs:
            item.outcome = Outcome(reply=b"decided")


@asynccontextmanager
async def open_door(path: Any, **how: Any) -> AsyncIterator[Door[Any]]:
    door: Door[Any] = Door(path, **how)
    running = asyncio.create_task(door.run())
    yield door
    door.close()
    await asyncio.wait_for(running, 5)


async def submit(door: Door[Any], count: int) -> list[Any]:
    submitted = asyncio.gather(*(door.submit(command(Settle("x"))) for _ in range(count)), return_exceptions=True)
    return list(await asyncio.wait_for(submitted, 10))


async def test_commands_that_come_together_share_transactions_of_limited_size() -> None:
    path = Batches()
    async with open_door(path, window=0.01, batch=50) as door:
        found = await submit(door, 120)

    assert [outcome.reply for outcome in found] == [b"decided"] * 120
    assert path.taken == [50, 50, 20]


async def test_commands_are_decided_in_the_order_they_came(path: ToyPath) -> None:
    async with open_door(path.path) as door:
        outcomes = await asyncio.gather(*(door.submit(command(Settle("BL26H29"))) for _ in range(5)))

    assert [o.reply for o in outcomes] == [b'{"receipts":["BL26H29-000000%d"],"ended":false}' % n for n in range(1, 6)]


async def test_a_transient_failure_is_waited_out() -> None:
    path = Batches(asyncpg.SerializationError(), ConnectionResetError(), asyncpg.AdminShutdownError())
    async with open_door(path) as door:
        assert [outcome.reply for outcome in await submit(door, 3)] == [b"decided"] * 3

    assert path.taken == [3, 3, 3, 3]


async def test_a_database_that_stays_away_sends_the_callers_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motcua_chassis.door, "PATIENCE", 0.2)
    async with open_door(Batches(*[ConnectionResetError()] * 100)) as door:
        assert [type(error) for error in await submit(door, 3)] == [OverloadedError] * 3


@pytest.mark.parametrize(
    "error", [KeyError("a defect"), asyncpg.NotNullViolationError(), asyncpg.ProgramLimitExceededError()]
)
async def test_what_waiting_cannot_mend_is_told_at_once(error: Exception) -> None:
    async with open_door(path := Batches(error)) as door:
        assert await submit(door, 2) == [error, error]
        assert (await submit(door, 1))[0].reply == b"decided"

    assert path.taken == [2, 1]


async def test_a_full_queue_sends_away_and_a_closed_one_too() -> None:
    go_on = asyncio.Event()
    async with open_door(Batches(go_on.wait), window=0, limit=2, batch=1) as door:
        waiting = [asyncio.create_task(door.submit(command(Settle("x"))))]
        while not door._path.taken:  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        waiting += [asyncio.create_task(door.submit(command(Settle("x")))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await door.submit(command(Settle("x")))
        door.close()
        go_on.set()

        assert [outcome.reply for outcome in await asyncio.gather(*waiting)] == [b"decided"] * 3
        with pytest.raises(OverloadedError):
            await door.submit(command(Settle("x")))


async def test_a_caller_that_gave_up_is_not_decided_for_again() -> None:
    failed = asyncio.Event()

    async def fails() -> None:
        failed.set()
        raise ConnectionResetError

    async with open_door(path := Batches(fails), window=0.01) as door:
        gives_up, stays = (asyncio.create_task(door.submit(command(Settle("x")))) for _ in range(2))
        await failed.wait()
        gives_up.cancel()

        assert (await stays).reply == b"decided"

    assert path.taken == [2, 1]
