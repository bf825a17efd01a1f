"""Merges partitions into the order of Kafka's timestamps, with bounded memory.

Invariant: within a partition the order is that of offsets, whatever the timestamps say. Across partitions it is that of
time for as long as partitions are behind; one that has caught up is not waited for.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from aiokafka import TopicPartition

from motcua_events.records import Record

MOST_WAITING = 20_000
"""Records of one partition held back until the others are as far: its reading is paused there."""


class Interleaver:
    """Records go in by partition and come out merged."""

    def __init__(self, behind: Iterable[TopicPartition]) -> None:
        self.behind = set(behind)
        self._times: dict[TopicPartition, list[int]] = {}
        self._records: dict[TopicPartition, list[Record]] = {}
        self._latest: dict[TopicPartition, int] = {}

    def add(self, partition: TopicPartition, records: Sequence[Record]) -> None:
        """Take the next records of a partition."""
        times = accumulate((record.timestamp for record in records), max, initial=self._latest.get(partition, -1))
        next(times)  # the initial value
        waiting = self._times.setdefault(partition, [])
        waiting.extend(times)
        self._records.setdefault(partition, []).extend(records)
        self._latest[partition] = waiting[-1]

    def full(self) -> set[TopicPartition]:
        """Partitions that must not be read further for now."""
        return {partition for partition, times in self._times.items() if len(times) >= MOST_WAITING}

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
