"""How long an application takes through all four stages while few come in: 20 a second, far from saturation."""

import asyncio
import time
from dataclasses import dataclass
from statistics import quantiles
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer

from motcua_contracts import Stream
from tests.load.feed import Feed
from tests.load.pipeline import Build, running

A_SECOND = 20
WARM_UP_SECONDS = 5
"""At the same rate, before the clock runs: a broker that has just started is not what is measured."""
OWN_WAIT_MS = 5
"""Of the reader that looks for the last events: each build is charged with half of it."""
LAST = {Stream.NOTIFICATION.topic: 2}
"""The last events of an application: told that it came in, and that nothing is to be paid."""


@dataclass(frozen=True)
class Latency:
    """Seconds from submission until the last event of an application can be read."""

    median: float
    p99: float
    """With 20 applications a second for 20 seconds, the fourth slowest."""


async def measure(build: Build, seconds: int = 20) -> Latency:
    """One round."""
    async with running(build) as parts:
        arrivals = _Arrivals(parts.broker.address)
        await arrivals.start()
        try:
            async with Feed(parts.broker.address) as feed:
                await _trickle(feed, WARM_UP_SECONDS * A_SECOND)
                started = await _trickle(feed, seconds * A_SECOND)
            await arrivals.all_of(started)
        finally:
            await arrivals.stop()
    took = sorted(arrivals.done[application] - at for application, at in started.items())
    return Latency(quantiles(took, n=2)[0], quantiles(took, n=100)[98])


async def _trickle(feed: Feed, count: int) -> dict[UUID, float]:
    started: dict[UUID, float] = {}
    begin = time.monotonic()
    for index in range(count):
        await asyncio.sleep(max(0.0, begin + index / A_SECOND - time.monotonic()))
        application = uuid4()
        started[application] = time.monotonic()
        await feed.publish([application])
    return started


class _Arrivals:
    """When each application was through."""

    def __init__(self, address: str) -> None:
        self._consumer = AIOKafkaConsumer(
            *LAST, bootstrap_servers=address, fetch_max_wait_ms=OWN_WAIT_MS, group_id=None
        )
        self._seen: dict[tuple[UUID, str], int] = {}
        self.done: dict[UUID, float] = {}

    async def start(self) -> None:
        await self._consumer.start()
        await self._consumer.seek_to_end()
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._consumer.stop()

    async def all_of(self, started: dict[UUID, float]) -> None:
        async with asyncio.timeout(60):
            while not self.done.keys() >= started.keys():
                await asyncio.sleep(0.05)

    async def _read(self) -> None:
        async for record in self._consumer:
            place = UUID(record.key.decode()), record.topic
            self._seen[place] = self._seen.get(place, 0) + 1
            if all(self._seen.get((place[0], topic), 0) >= count for topic, count in LAST.items()):
                self.done.setdefault(place[0], time.monotonic())
