"""`python -m tests.load.recordings`: record, validate and replay beside bare aiokafka loops, in one run.

A bare loop takes the same records from, or puts them into, the same broker and does nothing else with them. There are
two that produce: `send()` for each record, as the documentation shows it, and batches made by hand, the fastest there
is; shares are told of both, and judged by the first. Every command runs as people run it: as a process of its own, its
start and its last flush included.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID, uuid4

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from rich.console import Console
from rich.table import Table

from motcua_contracts import Stream, write_headers
from motcua_contracts.tools.examples import paid
from motcua_events.placement import partition_of
from motcua_local.broker import EmbeddedBroker
from motcua_local.processes import Supervisor
from motcua_local.topics import create_topics

PARTITIONS = 12
AT_ONCE = 100_000
AT_LEAST = 0.5
MOST_MEMORY = 400
Outgoing = tuple[str, bytes, bytes, list[tuple[str, bytes]]]


def story(application: UUID) -> list[Outgoing]:
    """The events of a paid application, under another id."""
    key = str(application).encode()
    return [
        (e.event.stream.topic, key, e.body(), write_headers(e.envelope._replace(subject=application))) for e in paid()
    ]


async def produce(brokers: str, prefix: str, records: list[Outgoing]) -> None:
    """The bare loop: batches by partition, one after the other for each, several partitions at once."""
    async with AIOKafkaProducer(bootstrap_servers=brokers, acks="all", max_batch_size=200_000) as producer:
        batches: dict[tuple[str, int], object] = {}
        waiting: list[Awaitable[object]] = []

        async def depart(place: tuple[str, int]) -> None:
            batch = batches.pop(place)
            batch.close()  # type: ignore[attr-defined]
            waiting.append(await producer.send_batch(batch, place[0], partition=place[1]))

        for topic, key, value, headers in records:
            place = prefix + topic, partition_of(key, PARTITIONS)
            batch = batches.get(place)
            if batch is None or not batch.append(key=key, value=value, timestamp=None, headers=headers):  # type: ignore[attr-defined]
                if batch is not None:
                    await depart(place)
                batch = batches[place] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)
        for place in list(batches):
            await depart(place)
        await asyncio.gather(*waiting)


async def send(brokers: str, prefix: str, records: list[Outgoing]) -> None:
    """The bare loop as it is usually written."""
    async with AIOKafkaProducer(bootstrap_servers=brokers, acks="all") as producer:
        for topic, key, value, headers in records:
            await producer.send(prefix + topic, value, key, headers=headers)
        await producer.flush()


async def consume(brokers: str, count: int) -> None:
    """The bare loop: everything there is, counted."""
    async with AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=50
    ) as consumer:
        consumer.assign([TopicPartition(stream.topic, number) for stream in Stream for number in range(PARTITIONS)])
        while count > 0:
            count -= sum(map(len, (await consumer.getmany(timeout_ms=1_000)).values()))


async def timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def command(brokers: str, *arguments: object) -> tuple[float, float]:
    """Seconds, and the most memory in MB, of one command."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "motcua_events", "--brokers", brokers, *map(str, arguments),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    ended = asyncio.create_task(process.communicate())
    most = 0
    while not (await asyncio.wait([ended], timeout=0.25))[0]:  # at first it still looks like us
        with suppress(psutil.NoSuchProcess):
            most = max(most, psutil.Process(process.pid).memory_info().rss)
    _, said = await ended
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {said.decode()}")
    return seconds, most / 1e6


class Measured(NamedTuple):
    """One line: its rate, that of its bare loop, that of the fastest one, and memory in MB."""

    name: str
    rate: float
    bare: float | None = None
    fastest: float | None = None
    memory: float | None = None


async def measure(brokers: str, events: int, directory: Path) -> list[Measured]:
    """Bare loops and commands over the same records."""
    prefixes = ["", "sent.", "bare.", "exact.", "new."]
    await create_topics(brokers, [NewTopic(p + s.topic, PARTITIONS, 1) for p in prefixes for s in Stream])
    count = 0
    while count < events:
        some = [event for _ in range(min(AT_ONCE, events - count) // len(paid()) + 1) for event in story(uuid4())]
        await produce(brokers, "", some)
        count += len(some)
    consuming = count / await timed(consume(brokers, count))
    record, record_memory = await command(brokers, "record", directory)
    sending = len(some) / await timed(send(brokers, "sent.", some))
    batching = len(some) / await timed(produce(brokers, "bare.", some))
    exact, exact_memory = await command(brokers, "replay", directory, "--exact", "--into", "exact.")
    new, new_memory = await command(brokers, "replay", directory, "--into", "new.")
    validate, validate_memory = await command(brokers, "validate", directory)
    return [
        Measured("bare aiokafka, getmany()", consuming),
        Measured("record", count / record, consuming, consuming, record_memory),
        Measured("bare aiokafka, send()", sending),
        Measured("bare aiokafka, batches by hand", batching),
        Measured("replay --exact", count / exact, sending, batching, exact_memory),
        Measured("replay, new ids", count / new, sending, batching, new_memory),
        Measured("validate", count / validate, memory=validate_memory),
    ]


def _share(rate: float, bare: float | None) -> str:
    return "" if bare is None else f"{rate / bare:.2f}"


async def main(events: int) -> int:
    with TemporaryDirectory() as scratch:
        supervisor = Supervisor(Path(scratch))
        try:
            broker = await EmbeddedBroker.start(supervisor)
            rows = await measure(broker.address, events, Path(scratch) / "recording")
        finally:
            await supervisor.stop()
    table = Table(title=f"{events:,} events, embedded broker, {os.cpu_count()} processors")
    for column in ("", "events/s", "of bare", "of the fastest", "memory, MB"):
        table.add_column(column, justify="right" if column else "left")
    for row in rows:
        memory = "" if row.memory is None else f"{row.memory:,.0f}"
        shares = _share(row.rate, row.bare), _share(row.rate, row.fastest)
        table.add_row(row.name, f"{row.rate:,.0f}", *shares, memory)
    Console().print(table)
    slow = [row.name for row in rows if row.bare is not None and row.rate < AT_LEAST * row.bare]
    large = [row.name for row in rows if row.memory is not None and row.memory > MOST_MEMORY]
    for name in (*slow, *large):
        Console(stderr=True).print(f"{name}: below {AT_LEAST} of the bare loop, or above {MOST_MEMORY} MB", style="red")
    return 1 if slow or large else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    sys.exit(asyncio.run(main(parser.parse_args().events)))
