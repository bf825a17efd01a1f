"""Holds the records of chosen topics back for a while, so that effects arrive before their causes. Rehearsals only.

Topics are not ordered among each other; on a quiet machine they look it. What is held back keeps its order.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka import ConsumerRecord


class HeldBack(NamedTuple):
    """What may pass now, where each held partition goes on later, and how many seconds later."""

    ready: list[ConsumerRecord]
    waiting: dict[tuple[str, int], int]
    seconds: float


def read_delays(text: str) -> dict[str, float]:
    """`"motcua.identity.events:2.5,motcua.payment.events:0.5"`: seconds by topic. Raises `ValueError`."""
    pairs = [part.rpartition(":") for part in text.split(",") if part.strip()]
    return {topic.strip(): float(seconds) for topic, _, seconds in pairs}


def hold_back(delays: Mapping[str, float], records: Sequence[ConsumerRecord], now: float | None = None) -> HeldBack:
    """Part a batch by the age of its records; a partition never passes its own held record."""
    now = time.time() if now is None else now
    ready: list[ConsumerRecord] = []
    waiting: dict[tuple[str, int], int] = {}
    longest = 0.0
    for record in records:
        place = record.topic, record.partition
        left = record.timestamp / 1_000 + delays.get(record.topic, 0.0) - now
        if place in waiting or left > 0:
            waiting.setdefault(place, record.offset)
            longest = max(longest, left)
        else:
            ready.append(record)
    return HeldBack(ready, waiting, longest)
