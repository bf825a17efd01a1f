import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from aiokafka import ConsumerRecord

from chassis.tests.toy import RAISES, Settle, record, submitted
from chassis.tests.toy_path import ToyPath, command, twin, waiting_for_locks

MakePath = Callable[..., ToyPath]


async def test_overlapping_batches_of_many_consumers_lose_and_double_nothing(path: ToyPath) -> None:
    applications = [uuid4() for _ in range(15)]
    records = [record(random.choice(applications), n) for n in range(120)]
    expected = {a: sum(r.key == str(a).encode() for r in records) for a in applications}
    batches = [records[start : start + 40] for start in (0, 0, 20, 40, 60, 80, 80)]

    async def consumer(batches: list[list[ConsumerRecord]]) -> None:
        for batch in batches:
            await path.deliver(*batch)

    await asyncio.gather(consumer(batches), consumer(batches), consumer(batches[::2]))

    for application in applications:
        assert [e.sequence for e in await path.published(application)] == list(range(1, expected[application] + 1))


async def test_a_consumer_waits_for_the_one_before_it_and_then_takes_nothing_twice(
    path: ToyPath, make_path: MakePath
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_connection: Any, _changes: Sequence[Any]) -> None:
        reached.set()
        await go_on.wait()

    await path.deliver(record(offset=0))
    batch = [record(offset=1, key=b"?", headers=[]), record(offset=2)]  # the first has no id to know it by
    lost_its_partition = asyncio.create_task(make_path(project=slow).deliver(*batch))
    await reached.wait()
    took_over = asyncio.create_task(path.deliver(*batch))
    await asyncio.wait([took_over], timeout=0.2)
    go_on.set()
    await asyncio.gather(lost_its_partition, took_over)

    assert len(await path.dead("parked")) == 1


async def test_batches_that_meet_in_the_same_applications_wait_in_one_order_and_never_deadlock(path: ToyPath) -> None:
    applications, chance = [uuid4() for _ in range(40)], random.Random(7)
    sent: Counter[UUID] = Counter()

    def chosen(turn: int, count: int) -> list[UUID]:
        """Known applications and, the first of them, some that come up in every turn for the first time."""
        found = chance.sample(applications[: 8 * (turn + 1)], count)
        sent.update(found)
        return found

    async def partition(number: int) -> None:
        for turn in range(5):
            batch = [record(a, 10 * turn + n, partition=number) for n, a in enumerate(chosen(turn, 8))]
            await path.deliver(*batch)

    async def door() -> None:
        for turn in range(5):
            await path.decide([command(Settle("BL26H29"), a) for a in chosen(turn, 6)])

    await asyncio.wait_for(asyncio.gather(*(partition(n) for n in range(5)), door(), door()), 30)

    for application in applications:
        assert [e.sequence for e in await path.published(application)] == list(range(1, sent[application] + 1))
    assert len({e.id for e in await path.published()}) == sum(sent.values())


async def test_replicas_that_get_one_event_at_the_same_time_take_it_in_once(path: ToyPath) -> None:
    originals = [record(uuid4(), n) for n in range(20)]

    async def replica(number: int) -> None:
        mine = random.sample(originals, len(originals))
        await path.deliver(*(twin(original, n, partition=number) for n, original in enumerate(mine)))

    await asyncio.gather(*(replica(n) for n in range(6)))

    assert len(await path.published()) == 20


class Slow:
    """A projector that waits inside its transaction until it may go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, _connection: Any, _changes: Sequence[Any]) -> None:
        self.reached.set()
        await self.go_on.wait()


async def test_an_application_made_known_meanwhile_is_decided_on_again_as_it_is_now(
    path: ToyPath, make_path: MakePath
) -> None:
    application, slow = uuid4(), Slow()
    first = asyncio.create_task(make_path(project=slow).decide([command(Settle("BL26H29"), application)]))
    await slow.reached.wait()
    second = command(Settle("BL27H29"), application)
    overtaken = asyncio.create_task(path.decide([second]))
    delivered = asyncio.create_task(path.deliver(record(), record(application, 1)))
    await waiting_for_locks(path.pool, 2)
    slow.go_on.set()
    await asyncio.gather(first, overtaken, delivered)

    assert [e.sequence for e in await path.published(application)] == [1, 2, 3]
    assert second.outcome is not None
    assert all(receipt in second.outcome.reply for receipt in (b"BL26H29", b"BL27H29"))
    assert len(await path.published()) == 4


async def test_a_batch_with_something_held_is_begun_again_too(path: ToyPath, make_path: MakePath) -> None:
    parked, application, slow = uuid4(), uuid4(), Slow()
    await path.deliver(record(parked, 0, event=submitted(RAISES)))
    first = asyncio.create_task(make_path(project=slow).decide([command(Settle("BL26H29"), application)]))
    await slow.reached.wait()
    delivered = asyncio.create_task(path.deliver(record(parked, 1), record(application, 2)))
    await waiting_for_locks(path.pool, 1)
    slow.go_on.set()
    await asyncio.gather(first, delivered)

    assert [e.sequence for e in await path.published(application)] == [1, 2]
    assert len(await path.dead("held")) == 1


async def test_who_waits_to_create_never_waits_for_one_who_waits_for_it(path: ToyPath, make_path: MakePath) -> None:
    low, middle, high = sorted(uuid4() for _ in range(3))
    slow = Slow()
    in_the_way = asyncio.create_task(make_path(project=slow).decide([command(Settle("BL26H29"), middle)]))
    await slow.reached.wait()
    all_three = asyncio.create_task(path.deliver(*(record(a, n) for n, a in enumerate((low, middle, high)))))
    await waiting_for_locks(path.pool, 1)  # has created the first, and met the second
    await path.decide([command(Settle("BL27H29"), high)])
    two = asyncio.create_task(path.deliver(record(high, 0, partition=1), record(low, 1, partition=1)))
    await waiting_for_locks(path.pool, 2)  # holds the last, and waits for the first
    slow.go_on.set()
    await asyncio.gather(in_the_way, all_three, two)

    assert [len(await path.published(a)) for a in (low, middle, high)] == [2, 2, 3]
