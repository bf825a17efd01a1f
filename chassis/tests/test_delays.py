"""What is held back passes later, in its order; the rest passes now."""

from types import SimpleNamespace
from typing import Any

from motcua_chassis.delays import hold_back, read_delays


def test_delays_are_read_from_one_line() -> None:
    assert read_delays("a.events:2.5, b.events:0.5") == {"a.events": 2.5, "b.events": 0.5}
    assert read_delays("") == {}


def test_a_young_record_waits_and_everything_behind_it_in_its_partition_too() -> None:
    records = [_record("a", 0, 7, at=100.0), _record("b", 0, 3, at=109.9), _record("a", 0, 8, at=109.0)]
    records += [_record("a", 0, 9, at=100.0), _record("a", 1, 4, at=100.0)]

    held = hold_back({"a": 5.0}, records, now=110.0)

    assert [(r.topic, r.partition, r.offset) for r in held.ready] == [("a", 0, 7), ("b", 0, 3), ("a", 1, 4)]
    assert held.waiting == {("a", 0): 8}
    assert held.seconds == 4.0


def _record(topic: str, partition: int, offset: int, *, at: float) -> Any:
    return SimpleNamespace(topic=topic, partition=partition, offset=offset, timestamp=int(at * 1_000))
