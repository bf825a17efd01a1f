import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chassis.tests.toy import Settle
from chassis.tests.toy_path import PRINCIPAL, ToyPath, command
from motcua_chassis.database import open_pool
from motcua_chassis.inputs import Command, Outcome
from motcua_chassis.settings import ChassisSettings

SERIES = "BL26H29"
MakePath = Callable[..., ToyPath]


def keyed(key: str = "a-key", **parts: Any) -> Command:
    return command(Settle(SERIES), key=key, **parts)


def outcome(of: Command) -> Outcome:
    assert of.outcome is not None
    return of.outcome


async def test_a_repetition_gets_the_same_bytes_and_is_not_decided_again(path: ToyPath) -> None:
    application = uuid4()
    first, between, again = keyed(application=application), command(Settle(SERIES), application), keyed()

    for each in (first, between, again):
        await path.decide([each])

    assert outcome(first).reply == b'{"receipts":["BL26H29-0000001"],"ended":false}'
    assert outcome(again).reply == outcome(first).reply
    assert len(await path.published()) == 2


async def test_repetitions_within_one_batch_are_decided_once(path: ToyPath) -> None:
    same = [keyed() for _ in range(4)]

    await path.decide(same)

    assert {outcome(each).reply for each in same} == {outcome(same[0]).reply}
    assert len(await path.published()) == 1


async def test_repetitions_at_two_replicas_at_the_same_time_are_decided_once(
    path: ToyPath, settings: ChassisSettings
) -> None:
    other_pool = await open_pool(settings)
    other = ToyPath(other_pool)
    commands = [keyed(f"key-{n}") for n in range(10) for _ in range(4)]

    await asyncio.gather(*((path if n % 2 else other).decide(commands[n::4][:: -1 if n > 1 else 1]) for n in range(4)))
    await other_pool.close()

    assert len(await path.published()) == 10
    for n in range(10):
        assert len({outcome(c).reply for c in commands[4 * n : 4 * n + 4]}) == 1
    assert await path.pool.fetchval("SELECT value FROM counters") == 10


@pytest.mark.parametrize("within_one_batch", [True, False])
async def test_the_same_key_for_another_request_is_refused(path: ToyPath, within_one_batch: bool) -> None:  # noqa: FBT001
    first, other = keyed(hashed=b"one"), keyed(hashed=b"other")

    for batch in [[first, other]] if within_one_batch else [[first], [other]]:
        await path.decide(batch)

    refusal = outcome(other).refusal
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("idempotency-key-reused", 422)
    assert len(await path.published()) == 1


async def test_a_repetition_is_known_though_a_stranger_uses_its_key_in_the_same_batch(path: ToyPath) -> None:
    first, stranger, again = keyed(hashed=b"one"), keyed(hashed=b"other"), keyed(hashed=b"one")
    await path.decide([first])

    await path.decide([stranger, again])

    assert outcome(stranger).refusal is not None
    assert outcome(again).reply == outcome(first).reply


async def test_principals_routes_and_keys_are_told_apart(path: ToyPath) -> None:
    elsewhere = keyed()
    assert elsewhere.idempotency is not None
    elsewhere.idempotency = elsewhere.idempotency._replace(route="POST /others")

    await path.decide([keyed(), keyed("another"), keyed(principal=str(uuid4())), elsewhere, command(Settle(SERIES))])

    assert len(await path.published()) == 5


@pytest.mark.parametrize("within_one_batch", [True, False])
async def test_a_refusal_stores_nothing_and_the_key_stays_usable(path: ToyPath, within_one_batch: bool) -> None:  # noqa: FBT001
    refused = [command(Settle(SERIES, refuse=True), key="a-key"), command(Settle(SERIES, refuse=True), key="a-key")]
    for batch in [refused] if within_one_batch else [[each] for each in refused]:
        await path.decide(batch)
    assert (await path.counts())["commands"] == 0

    accepted = keyed(hashed=b"another body")
    await path.decide([accepted])

    assert all(outcome(each).refusal is not None for each in refused)
    assert outcome(accepted).refusal is None
    assert len(await path.published()) == 1


@pytest.mark.parametrize("part", ["body", "reply"])
async def test_a_fault_stores_nothing_and_the_key_stays_usable(path: ToyPath, part: str) -> None:
    def raises(*_: Any) -> bytes:
        raise ArithmeticError

    failing = command(Settle(SERIES if part == "reply" else ""), key="a-key", reply=raises if part == "reply" else None)
    await path.decide([failing])
    assert isinstance(outcome(failing).fault, Exception)
    assert (await path.counts())["commands"] == 0

    accepted = keyed()
    await path.decide([accepted])

    assert outcome(accepted).fault is None
    assert [e.sequence for e in await path.published()] == [1]


async def test_a_fault_does_not_touch_the_other_commands_of_its_batch(path: ToyPath) -> None:
    commands = [keyed("1"), command(Settle(""), key="2"), keyed("3"), command(Settle(SERIES, refuse=True), key="4")]

    await path.decide(commands)

    assert [(bool(outcome(c).fault), bool(outcome(c).refusal)) for c in commands] == [
        (False, False),
        (True, False),
        (False, False),
        (False, True),
    ]
    kept = await path.pool.fetch("SELECT principal, key, reply FROM commands ORDER BY key")
    assert [(row["principal"], row["key"]) for row in kept] == [(PRINCIPAL, "1"), (PRINCIPAL, "3")]
    assert [row["reply"] for row in kept] == [outcome(commands[0]).reply, outcome(commands[2]).reply]


async def test_a_rival_that_is_refused_lets_the_one_who_waited_be_decided(make_path: MakePath) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_connection: Any, _changes: Any) -> None:
        reached.set()
        await go_on.wait()

    rival = [command(Settle(SERIES, refuse=True), key="a-key"), command(Settle(SERIES))]
    first = asyncio.create_task(make_path(project=slow).decide(rival))
    await reached.wait()
    waiting = keyed()
    second = asyncio.create_task(make_path().decide([waiting]))
    await asyncio.wait([second], timeout=0.05)
    assert not second.done()

    go_on.set()
    await asyncio.gather(first, second)

    assert outcome(waiting).reply == b'{"receipts":["BL26H29-0000002"],"ended":false}'
