"""Merges partitions into the order of Kafka's timestamps, with bounded memory.

Invariant: within a partition the order is that of offsets, whatever the timestamps say. Across partitions it is that of
time for as long as partitions are behind; one that has caught up is not waited for.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sized
from itertools import accumulate
from operator import gt
from typing import Generic, TypeVar

from aiokafka import TopicPartition

_MOST_WAITING = 30_000
"""Items held back until other partitions are as far, shared out among them: reading one is paused at its share."""
Item = TypeVar("Item")


class Interleaver(Generic[Item]):
    """Items go in by partition, with their times, and come out merged."""

    def __init__(self, behind: Iterable[TopicPartition]) -> None:
        self.behind = set(behind)
        self._share = max(500, _MOST_WAITING // max(1, len(self.behind)))
        self._times: dict[TopicPartition, list[int]] = {}
        self._items: dict[TopicPartition, list[Item]] = {}
        self._latest: dict[TopicPartition, int] = {}

    def add(self, partition: TopicPartition, times: list[int], items: list[Item]) -> None:
        """Take what is next in a partition."""
        if not times:
            return
        if times[0] < self._latest.get(partition, -1) or any(map(gt, times, times[1:])):
            times[0] = max(times[0], self._latest.get(partition, -1))
            times = list(accumulate(times, max))
        waiting = self._times.setdefault(partition, [])
        waiting += times
        self._items.setdefault(partition, []).extend(items)
        self._latest[partition] = waiting[-1]

    def full(self, coming: Mapping[TopicPartition, Sized]) -> set[TopicPartition]:
        """Partitions that must not be read further for now, once what is coming has been added."""
        return {
            partition
            for partition in self._times.keys() | coming
            if len(self._times.get(partition, ())) + len(coming.get(partition, ())) >= self._share
        }

    def take(self) -> list[Item]:
        """Everything that nothing earlier can come before."""
        if not self.behind:
            return self._until(None)
        if any(not self._times.get(partition) for partition in self.behind):
            return []
        return self._until(min(self._latest[partition] for partition in self.behind))

    def _until(self, horizon: int | None) -> list[Item]:
        times: list[int] = []
        items: list[Item] = []
        for partition, waiting in self._times.items():
            count = len(waiting) if horizon is None else bisect_right(waiting, horizon)
            times += waiting[:count]
            items += self._items[partition][:count]
            del waiting[:count], self._items[partition][:count]
        order = sorted(range(len(times)), key=times.__getitem__)
        return [items[index] for index in order]
