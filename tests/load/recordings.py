"""`python -m tests.load.recordings`: record and replay beside bare aiokafka loops, in the same run.

A bare loop does the least that moves the same records. There are two each way. The usual one is what the documentation
shows and people write: `async for record in consumer`, which drops them, and `await producer.send(...)` for each of a
list in memory. The fastest one takes them with `getmany`, or puts them into batches by partition and sends those with
`send_batch`. Every round runs everything once, every other one backwards, so that what disturbs the machine disturbs
all; told are medians. A command's rate is the one it tells itself, from the first request to the last answer, as that
of a bare loop; the start of Python is told apart. Garbage is collected as seldom in all of them.
"""

import argparse
import asyncio
import gc
import os
import platform
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from rich.console import Console
from rich.table import Table

from motcua_contracts import Stream
from motcua_events.records import StoredRecord
from motcua_local.broker import EmbeddedBroker
from motcua_local.topics import create_topics
from tests.load.crowd import PARTITIONS, Crowd
from tests.load.million import run
from tests.support.parts import embedded_parts

AT_LEAST = 0.5
LOOPS = {
    "record": ("async for", "getmany"),
    "replay --exact": ("send", "send_batch"),
    "replay, new ids": ("send", "send_batch"),
}
"""The usual and the fastest, by command; each must have half of the usual."""
TOPICS = [stream.topic for stream in Stream]
_RATE = re.compile(r"([\d,]+)/s")


@asynccontextmanager
async def consumer(brokers: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Of everything there is."""
    async with AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=50
    ) as started:
        started.assign([TopicPartition(topic, number) for topic in TOPICS for number in range(PARTITIONS)])
        yield started


async def consume(brokers: str, events: int) -> None:
    """The fastest loop that reads: counts and drops."""
    async with consumer(brokers) as started:
        while events > 0:
            events -= sum(map(len, (await started.getmany(timeout_ms=1_000)).values()))


async def read(brokers: str, events: int) -> None:
    """As a loop that reads is usually written."""
    async with consumer(brokers) as started:
        async for _ in started:
            events -= 1
            if not events:
                return


async def produce(brokers: str, prefix: str, records: Sequence[StoredRecord]) -> None:
    """The fastest loop that writes: batches by partition, several on their way at once."""
    async with AIOKafkaProducer(bootstrap_servers=brokers, acks="all", max_batch_size=200_000) as producer:
        batches: dict[tuple[str, int], Any] = {}
        waiting: list[Awaitable[object]] = []

        async def depart(place: tuple[str, int]) -> None:
            batch = batches.pop(place)
            batch.close()
            waiting.append(await producer.send_batch(batch, prefix + place[0], partition=place[1]))

        for topic, partition, _, timestamp, key, value, headers in records:
            place = topic, partition
            batch = batches.get(place)
            if batch is None or not batch.append(key=key, value=value, timestamp=timestamp, headers=headers):
                if batch is not None:
                    await depart(place)
                batch = batches[place] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=timestamp, headers=headers)
        for place in list(batches):
            await depart(place)
        await asyncio.gather(*waiting)


async def send(brokers: str, prefix: str, records: Sequence[StoredRecord]) -> None:
    """As a loop that writes is usually written."""
    async with AIOKafkaProducer(bootstrap_servers=brokers, acks="all") as producer:
        for topic, partition, _, timestamp, key, value, headers in records:
            await producer.send(prefix + topic, value, key, partition, timestamp, headers)
        await producer.flush()


class Rate(NamedTuple):
    """Records a second, as the loop or the command tells it; for a command also with its start and end."""

    told: float
    whole: float | None = None


class Rounds:
    """Everything that is compared, over the same records on the same broker."""

    def __init__(self, brokers: str, records: Sequence[StoredRecord], scratch: Path) -> None:
        self._brokers, self._records, self._scratch = brokers, records, scratch
        self._numbers = count()
        self.compared: dict[str, Callable[[], Awaitable[Rate]]] = {
            "async for": lambda: self._take(read),
            "getmany": lambda: self._take(consume),
            "record": self._record,
            "send": lambda: self._put(send),
            "send_batch": lambda: self._put(produce),
            "replay --exact": lambda: self._replay("--exact"),
            "replay, new ids": self._replay,
        }

    async def _take(self, loop: Callable[[str, int], Awaitable[None]]) -> Rate:
        return Rate(await self._timed(loop(self._brokers, len(self._records))))

    async def _put(self, loop: Callable[[str, str, Sequence[StoredRecord]], Awaitable[None]]) -> Rate:
        return Rate(await self._timed(loop(self._brokers, await self._topics(), self._records)))

    async def _record(self) -> Rate:
        return await self._command("record", self._scratch / f"recording-{next(self._numbers)}")

    async def _replay(self, *options: str) -> Rate:
        return await self._command("replay", self._scratch / "recording", "--into", await self._topics(), *options)

    async def _topics(self) -> str:
        """Of a prefix of their own: what replays find is empty."""
        prefix = f"round-{next(self._numbers)}."
        await create_topics(self._brokers, [NewTopic(prefix + topic, PARTITIONS, 1) for topic in TOPICS])
        return prefix

    async def _timed(self, work: Awaitable[None]) -> float:
        began = time.perf_counter()
        await work
        return len(self._records) / (time.perf_counter() - began)

    async def _command(self, *arguments: object) -> Rate:
        said, seconds, _ = await asyncio.to_thread(run, "--brokers", self._brokers, *arguments)
        told = _RATE.search(said)
        assert told is not None, said
        return Rate(float(told[1].replace(",", "")), len(self._records) / seconds)


async def measure(events: int, rounds: int) -> dict[str, list[Rate]]:
    """The rates of every round."""
    records = list(Crowd().records(events))
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    async with embedded_parts() as (scratch, supervisor):
        brokers = (await EmbeddedBroker.start(supervisor)).address
        compared = Rounds(brokers, records, scratch)
        await create_topics(brokers, [NewTopic(topic, PARTITIONS, 1) for topic in TOPICS])
        await produce(brokers, "", records)
        await asyncio.to_thread(run, "--brokers", brokers, "record", scratch / "recording")
        found: dict[str, list[Rate]] = {name: [] for name in compared.compared}
        for number in range(rounds):
            names = list(compared.compared)
            for name in names if number % 2 == 0 else reversed(names):
                found[name].append(await compared.compared[name]())
        return found


def _table(title: str, found: dict[str, list[Rate]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("", "records/s, median", "each round", "of the usual", "of the fastest", "with the start of Python"):
        table.add_column(column, justify="right" if column else "left")
    for name, rates in found.items():
        whole = [rate.whole for rate in rates if rate.whole is not None]
        shares = [f"{_median(rates) / _median(found[loop]):.2f}" for loop in LOOPS.get(name, ())] or ["", ""]
        each = " ".join(f"{rate.told:,.0f}" for rate in rates)
        table.add_row(name, f"{_median(rates):,.0f}", each, *shares, f"{median(whole):,.0f}" if whole else "")
    return table


def _median(rates: Sequence[Rate]) -> float:
    return median(rate.told for rate in rates)


async def main(events: int, rounds: int) -> int:
    load = os.getloadavg()[0]
    found = await measure(events, rounds)
    machine = f"{os.cpu_count()} processors ({platform.machine()}, load {load:.1f}), Python {platform.python_version()}"
    Console(width=150).print(_table(f"{events:,} records, embedded broker, {machine}", found))
    slow = [
        f"{name}: below {AT_LEAST} of `{usual}`"
        for name, (usual, _) in LOOPS.items()
        if _median(found[name]) < AT_LEAST * _median(found[usual])
    ]
    for each in slow:
        Console(stderr=True).print(each, style="red")
    return 1 if slow else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.events, options.rounds)))
