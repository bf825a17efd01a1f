"""Merges partitions into the order of Kafka's timestamps, with bounded memory.

Invariant: within a partition the order is that of offsets, whatever the timestamps say. Across partitions it is that of
time for as long as partitions are behind; one that has caught up is not waited for.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import gt

from aiokafka import TopicPartition

from motcua_events.records import Record

_MOST_WAITING = 30_000
"""Records held back until other partitions are as far, shared out among them: reading one is paused at its share."""


class Interleaver:
    """Records go in by partition and come out merged."""

    def __init__(self, behind: Iterable[TopicPartition]) -> None:
        self.behind = set(behind)
        self._share = max(500, _MOST_WAITING // max(1, len(self.behind)))
        self._times: dict[TopicPartition, list[int]] = {}
        self._records: dict[TopicPartition, list[Record]] = {}
        self._latest: dict[TopicPartition, int] = {}

    def add(self, partition: TopicPartition, records: Sequence[Record]) -> None:
        """Take the next records of a partition."""
        times = [record.timestamp for record in records]
        if times[0] < self._latest.get(partition, -1) or any(map(gt, times, times[1:])):
            times[0] = max(times[0], self._latest.get(partition, -1))
            times = list(accumulate(times, max))
        waiting = self._times.setdefault(partition, [])
        waiting += times
        self._records.setdefault(partition, []).extend(records)
        self._latest[partition] = waiting[-1]

    def full(self) -> set[TopicPartition]:
        """Partitions that must not be read further for now."""
        return {partition for partition, times in self._times.items() if len(times) >= self._share}

    def take(self) -> list[Record]:
        """Everything that nothing earlier can come before."""
        if not self.behind:
            return self._until(None)
        if any(not self._times.get(partition) for partition in self.behind):
            return []
        return self._until(min(self._latest[partition] for partition in self.behind))

    def _until(self, horizon: int | None) -> list[Record]:
        times: list[int] = []
        records: list[Record] = []
        for partition, waiting in self._times.items():
            count = len(waiting) if horizon is None else bisect_right(waiting, horizon)
            times += waiting[:count]
            records += self._records[partition][:count]
            del waiting[:count], self._records[partition][:count]
        order = sorted(range(len(times)), key=times.__getitem__)
        return [records[index] for index in order]
