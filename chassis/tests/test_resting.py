"""Under load a consumer asks for nothing until its rest is over, and for longer when something is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from motcua_chassis import consumer as consumers
from motcua_chassis.consumer import Consumer
from motcua_chassis.failures import HaltedError
from motcua_chassis.health import Health
from motcua_chassis.metrics import Metrics
from motcua_chassis.pace import FEW
from motcua_chassis.path import Path
from motcua_chassis.relay import Relay
from motcua_chassis.settings import ChassisSettings
from motcua_local.waiting import comes_true

PLACES = {TopicPartition("motcua.identity.events", number) for number in range(3)}


class Client:
    """A Kafka client as far as a consumer gives it orders."""

    def __init__(self) -> None:
        self._paused: set[TopicPartition] = set()
        self.committing: Callable[[], Awaitable[None]] = _at_once

    def assignment(self) -> set[TopicPartition]:
        return set(PLACES)

    def paused(self) -> set[TopicPartition]:
        return set(self._paused)

    def pause(self, *places: TopicPartition) -> None:
        self._paused |= set(places)

    def resume(self, *places: TopicPartition) -> None:
        self._paused -= set(places)

    def seek(self, _place: TopicPartition, _offset: int) -> None: ...

    async def commit(self, _offsets: object) -> None:
        await self.committing()

    def highwater(self, _place: TopicPartition) -> int:
        return 0


class Bench:
    """A consumer between a client and a path of ours."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = Client()
        self.during: list[set[TopicPartition]] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self._handle: Any = None
        monkeypatch.setattr(consumers, "subscribe", self._subscribe)
        settings = ChassisSettings(database="postgresql://nowhere", kafka="nowhere:9092", token_secret="s" * 32)
        path = cast("Path[Any]", self)
        topics = ["motcua.identity.events"]
        self.consumer = Consumer(settings, "test", topics, path, Metrics(), pool=None, find_cluster=_nowhere)

    async def deliver(self, _cluster: str, records: Sequence[Any], _holes: object) -> dict[tuple[str, int], int]:
        self.during.append(self.client.paused())
        if self.meanwhile is not None:
            await self.meanwhile()
        return {(record.topic, record.partition): record.offset + 1 for record in records}

    async def take(self, count: int) -> None:
        await self._handle(tuple(_records(count)))

    def _subscribe(self, *given: Any) -> tuple[Any, Any]:
        self._handle = given[-1]

        async def stop() -> None: ...

        return SimpleNamespace(stop=stop), SimpleNamespace(consumer=self.client)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_under_load_nothing_is_fetched_until_the_rest_is_over(bench: Bench) -> None:
    await bench.take(FEW)
    assert bench.during == [PLACES]
    assert bench.client.paused() == set()


async def test_few_records_hold_up_nothing(bench: Bench) -> None:
    await bench.take(FEW - 1)
    assert bench.during == [set()]


async def test_what_somebody_else_paused_stays_so(bench: Bench) -> None:
    held = min(PLACES)
    bench.client.pause(held)
    await bench.take(FEW)
    assert bench.client.paused() == {held}


@pytest.mark.parametrize("trouble", [ConnectionResetError("gone"), HaltedError("looked at by a person first")])
async def test_after_a_failure_the_end_of_the_rest_opens_nothing(bench: Bench, trouble: Exception) -> None:
    async def fail() -> None:
        raise trouble

    bench.meanwhile = fail
    await bench.take(FEW)
    assert bench.client.paused() == PLACES


async def test_one_that_is_being_stopped_takes_nothing_more(bench: Bench) -> None:
    async def stop() -> None:
        stopping.append(asyncio.create_task(bench.consumer.stop()))
        await asyncio.sleep(0)

    stopping: list[asyncio.Task[None]] = []
    bench.meanwhile = stop
    await bench.take(FEW)
    await stopping[0]
    assert bench.client.paused() == PLACES


async def test_one_that_is_halted_stays_so_when_partitions_are_given_anew_during_its_batch(bench: Bench) -> None:
    async def rebalance() -> None:
        await bench.consumer.assigned_to(PLACES)

    bench.consumer.halted = True
    bench.meanwhile = rebalance
    await bench.take(FEW)
    assert bench.client.paused() == PLACES


async def test_a_commit_that_fails_unexpectedly_leaves_nothing_shut(bench: Bench) -> None:
    async def fail() -> None:
        raise AssertionError

    bench.client.committing = fail
    with pytest.raises(AssertionError):
        await bench.take(FEW)
    assert bench.client.paused() == set()


async def test_one_that_hangs_while_nothing_is_fetched_is_found_standing_still(bench: Bench) -> None:
    relay = SimpleNamespace(beat=float("inf"))
    health = Health(cast("Any", None), bench.consumer, cast("Relay", relay), [], Metrics(), stuck_after=0.05)
    bench.client.committing = asyncio.Event().wait  # type: ignore[assignment]  # and nobody sets it
    hanging = asyncio.create_task(bench.take(FEW))
    assert await comes_true(lambda: _stands(health), 5)
    hanging.cancel()


async def _stands(health: Health) -> bool:
    return health.not_live() == ["consumer"]


async def _at_once() -> None: ...


def _records(count: int) -> Iterable[Any]:
    places = sorted(PLACES)
    for offset in range(count):
        place = places[offset % len(places)]
        yield SimpleNamespace(topic=place.topic, partition=place.partition, offset=offset)


async def _nowhere(_settings: ChassisSettings) -> str:
    return "a cluster"
