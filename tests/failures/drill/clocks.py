"""The services' clocks jump an hour, forward and back, while the database's and everybody else's do not."""

import asyncio

from tests.failures.drill.clock import Clock
from tests.failures.drill.fault import Scene

HOUR = 3_600


async def jump_an_hour(scene: Scene, clock: Clock) -> int:
    """The services' wall clocks jump forward, and after a while back; the database's clock makes neither jump."""
    jumps = 0
    for _ in range(2):
        for seconds in (HOUR, 0):
            clock.shift(seconds)
            jumps += 1
            await asyncio.sleep(scene.random.uniform(5, 7))
    return jumps
