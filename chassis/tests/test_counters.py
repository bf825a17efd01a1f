import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg

from chassis.tests.toy import TOY, Settle, Toy, decide, due, evolve, record
from chassis.tests.toy_path import ToyPath, command, insist
from motcua_chassis import counters
from motcua_chassis.message import Decider, Message

SERIES = ("BL26H29", "BL26H30", "BL26H31")


async def receipts(path: ToyPath) -> dict[str, list[int]]:
    """The numbers that were given out, per series, in order."""
    rows = await path.pool.fetch("SELECT jsonb_array_elements_text(state -> 'receipts') AS receipt FROM aggregates")
    found: dict[str, list[int]] = {}
    for row in rows:
        series, _, number = row["receipt"].partition("-")
        found.setdefault(series, []).append(int(number))
    return {series: sorted(numbers) for series, numbers in found.items()}


async def test_numbers_have_no_gap_and_no_repeat_whatever_is_refused_fails_or_is_rolled_back(
    make_path: Callable[..., ToyPath],
) -> None:
    chance = random.Random(5)
    applications = [uuid4() for _ in range(30)]

    async def disturbs(connection: Any, changes: Any) -> None:
        if chance.random() < 0.15:
            raise asyncpg.SerializationError
        if chance.random() < 0.15:
            await connection.fetchval("SELECT 1 / 0")
        assert changes

    path = make_path(project=disturbs)
    accepted = 0

    async def client() -> None:
        nonlocal accepted
        for _ in range(6):
            batch = [
                command(Settle(chance.choice([*SERIES, "not a series"]), refuse=chance.random() < 0.2), application)
                for application in chance.sample(applications, 5)
            ]
            await insist(lambda batch=batch: path.decide(batch))  # type: ignore[misc]
            accepted += sum(c.outcome is not None and not (c.outcome.fault or c.outcome.refusal) for c in batch)

    await asyncio.gather(*(client() for _ in range(8)))

    found = await receipts(path)
    assert sum(map(len, found.values())) == accepted > 50
    assert found == {series: list(range(1, len(numbers) + 1)) for series, numbers in found.items()}
    stored = {row["name"]: row["value"] for row in await path.pool.fetch("SELECT name, value FROM counters")}
    assert {series: stored[series] for series in found} == {series: len(numbers) for series, numbers in found.items()}


async def test_a_counter_that_only_the_batch_itself_reveals_is_locked_in_time(
    make_path: Callable[..., ToyPath],
) -> None:
    def second_series(state: Toy, message: Message) -> str | None:
        return SERIES[len(state.receipts)] if isinstance(message.body, Settle) else None

    def numbered(state: Toy, message: Message) -> Any:
        name = second_series(state, message)
        return decide(
            state, Message(Settle(name or ""), message.application, message.now, message.cause, message.number)
        )

    path, application = make_path(decider=Decider(Toy(), numbered, evolve, due, second_series)), uuid4()

    await path.decide([command(Settle(""), application) for _ in range(3)])

    assert await receipts(path) == {series: [1] for series in SERIES}


async def test_batches_that_name_counters_crosswise_never_deadlock(path: ToyPath) -> None:
    async def client(order: tuple[str, ...]) -> None:
        for _ in range(10):
            await path.decide([command(Settle(series)) for series in order])

    await asyncio.wait_for(asyncio.gather(*(client(SERIES[::step]) for step in (1, -1, 1, -1))), 20)

    assert await receipts(path) == {series: list(range(1, 41)) for series in SERIES}


async def test_a_number_is_offered_again_until_it_is_consumed(path: ToyPath) -> None:
    async with path.pool.acquire() as connection, connection.transaction():
        offer = await counters.lock(connection, ["b", "a", "b"])
        assert (offer.peek("a"), offer.peek("a"), offer.peek(None)) == (1, 1, None)
        offer.consume("a")
        offer.consume(None)
        assert offer.peek("a") == 2
        await counters.save(connection, offer)

    assert await path.pool.fetchval("SELECT value FROM counters WHERE name = 'a'") == 1


async def test_messages_without_a_number_touch_no_counter(path: ToyPath) -> None:
    await path.deliver(record())

    assert (await path.counts())["counters"] == 0
    assert TOY.counter is not None
