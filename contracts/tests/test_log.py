"""Reading up to now misses nothing, on a broker too that says its ends a batch too low when asked."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from motcua_events.log import Log, Stretch

TOPIC = "motcua.payment.events"
PLACES = [TopicPartition(TOPIC, number) for number in range(2)]


def record(place: TopicPartition, offset: int) -> Any:
    return ConsumerRecord(place.topic, place.partition, offset, 1_000 + offset, 0, b"key", b"{}", None, 3, 2, ())


class Consumer:
    """As the embedded broker answers: each partition's last record lies beyond the end that it tells when asked."""

    def __init__(self, held: int, told: int, at_once: int) -> None:
        self._held, self._told, self._at_once = held, told, at_once
        self._positions: dict[TopicPartition, int] = {}
        self._answered: set[TopicPartition] = set()
        self._paused: set[TopicPartition] = set()

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self._positions = dict.fromkeys(places, 0)

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self._told)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._positions[place] = offset

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Any]]:
        asked = [place for place in self._positions if place not in self._paused]
        self._answered.update(asked)
        found = {}
        for place in asked:
            begin, end = self._positions[place], min(self._held, self._positions[place] + self._at_once)
            if begin < end:
                found[place] = [record(place, offset) for offset in range(begin, end)]
                self._positions[place] = end
        return found

    def last_stable_offset(self, place: TopicPartition) -> int | None:
        return self._held if place in self._answered else None

    async def position(self, place: TopicPartition) -> int:
        return self._positions[place]

    def paused(self) -> set[TopicPartition]:
        return set(self._paused)

    def pause(self, *places: TopicPartition) -> None:
        self._paused.update(places)

    def resume(self, *places: TopicPartition) -> None:
        self._paused.difference_update(places)


class Cluster:
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    @asynccontextmanager
    async def consumer(self) -> AsyncIterator[Consumer]:
        yield self._consumer


@pytest.mark.parametrize("told", [0, 3, 6, 7])
@pytest.mark.parametrize("at_once", [1, 3, 100])
async def test_what_lies_beyond_the_end_that_was_told_is_read(told: int, at_once: int) -> None:
    log = Log(Cluster(Consumer(7, told, at_once)), Stretch(dict.fromkeys([TOPIC], len(PLACES))))  # type: ignore[arg-type]
    read = [(each.partition, each.offset) async for several in log.batches() for each in several]
    assert sorted(read) == [(place.partition, offset) for place in PLACES for offset in range(7)]
