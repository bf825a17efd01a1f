"""The spacing of calls, on a clock of its own."""

import asyncio

import pytest

from motcua_identity.pacer import Pacer


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    def __call__(self) -> float:
        return self.now

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))


async def test_each_waits_for_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    pacer = Pacer(4, clock)
    for _ in range(4):
        await pacer.turn()
    assert clock.slept == [0.25, 0.5, 0.75]


async def test_a_quiet_hour_saves_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    pacer = Pacer(4, clock)
    await pacer.turn()
    clock.now += 3600
    for _ in range(3):
        await pacer.turn()
    assert clock.slept == [0.25, 0.5]


async def test_without_a_rate_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    pacer = Pacer(None, clock)
    for _ in range(100):
        await pacer.turn()
    assert clock.slept == []
