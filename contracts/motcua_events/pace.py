"""When the next record is due: at the recorded distances, faster, at once, or when somebody says so.

Invariant: nothing is due while paused, except what is stepped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from motcua_events.keyboard import Key

_SOON = 0.002
"""Seconds: what is due within them goes now, for waiting that short would cost more than it gives."""


class StoppedError(Exception):
    """Somebody pressed q."""


class Pace:
    """`speed` is how many times faster than recorded; None is as fast as possible."""

    def __init__(self, speed: float | None, keys: asyncio.Queue[Key] | None = None, *, paused: bool = False) -> None:
        self._speed, self._keys, self.paused = speed, keys, paused
        self._origin: tuple[int, float] | None = None
        self._latest = 0
        self._stepped = False

    @property
    def never_waits(self) -> bool:
        """As fast as possible, and nobody steers."""
        return self._speed is None and self._keys is None and not self.paused

    @property
    def free(self) -> bool:
        """Nobody waits for anything: the next record may go at once."""
        return self._speed is None and not self.paused and (self._keys is None or self._keys.empty())

    async def turn(self, timestamp: int, before_waiting: Callable[[], Awaitable[None]]) -> None:
        """Return when the record of this Kafka time is due. Raises `StoppedError`."""
        waited = False
        while True:
            if self._stepped:
                self._stepped = False
                return
            if self._keys is not None and not self._keys.empty():
                self._take(self._keys.get_nowait())
                continue
            delay = None if self.paused else self._delay(timestamp)
            if delay is not None and delay <= _SOON:
                return
            if not waited:
                await before_waiting()
                waited = True
                continue
            await self._wait(delay)

    def _delay(self, timestamp: int) -> float:
        if self._speed is None:
            return 0.0
        self._latest = max(self._latest, timestamp)  # times may go back where clocks did; we do not
        if self._origin is None:
            self._origin = (self._latest, time.monotonic())
        recorded, began = self._origin
        return began + (self._latest - recorded) / 1000 / self._speed - time.monotonic()

    async def _wait(self, seconds: float | None) -> None:
        if self._keys is None:
            await asyncio.sleep(seconds or 0)
            return
        try:
            self._take(await asyncio.wait_for(self._keys.get(), seconds))
        except TimeoutError:
            return

    def _take(self, key: Key) -> None:
        if key is Key.QUIT:
            raise StoppedError
        if key is Key.STEP:
            self.paused = self._stepped = True
        else:
            self.paused = not self.paused
        self._origin = None
