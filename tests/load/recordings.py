"""`python -m tests.load.recordings`: record, validate and replay beside bare aiokafka loops, in one run.

A bare loop takes the same records from, or puts them into, the same broker and does nothing else with them. Every
command runs as people run it: as a process of its own, its start and its last flush included.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
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

        async def send(place: tuple[str, int]) -> None:
            batch = batches.pop(place)
            batch.close()  # type: ignore[attr-defined]
            waiting.append(await producer.send_batch(batch, place[0], partition=place[1]))

        for topic, key, value, headers in records:
            place = prefix + topic, partition_of(key, PARTITIONS)
            batch = batches.get(place)
            if batch is None or not batch.append(key=key, value=value, timestamp=None, headers=headers):  # type: ignore[attr-defined]
                if batch is not None:
                    await send(place)
                batch = batches[place] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)
        for place in list(batches):
            await send(place)
        await asyncio.gather(*waiting)


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
    watched, most = psutil.Process(process.pid), 0
    while not ended.done():
        try:
            most = max(most, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        await asyncio.wait([ended], timeout=0.05)
    _, said = await ended
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {said.decode()}")
    return seconds, most / 1e6


async def measure(brokers: str, events: int, directory: Path) -> list[tuple[str, float, float | None, float | None]]:
    """Name, rate, share of its bare loop, memory."""
    length = len(paid())
    prefixes = ["", "bare.", "exact."]
    topics = [NewTopic(prefix + s.topic, PARTITIONS, 1) for prefix in prefixes for s in Stream]
    await create_topics(brokers, topics)
    records = [event for _ in range(events // length) for event in story(uuid4())]
    count = len(records)
    await produce(brokers, "", records)
    bare_in = count / await timed(consume(brokers, count))
    record, record_memory = await command(brokers, "record", directory)
    bare_out = count / await timed(produce(brokers, "bare.", records))
    exact, exact_memory = await command(brokers, "replay", directory, "--exact", "--into", "exact.")
    new, new_memory = await command(brokers, "replay", directory, "--into", "new.")
    validate, validate_memory = await command(brokers, "validate", directory)
    return [
        ("bare aiokafka, consuming", bare_in, None, None),
        ("record", count / record, count / record / bare_in, record_memory),
        ("bare aiokafka, producing", bare_out, None, None),
        ("replay --exact", count / exact, count / exact / bare_out, exact_memory),
        ("replay, new ids", count / new, count / new / bare_out, new_memory),
        ("validate", count / validate, None, validate_memory),
    ]


async def main(events: int) -> int:
    with TemporaryDirectory() as scratch:
        supervisor = Supervisor(Path(scratch))
        try:
            broker = await EmbeddedBroker.start(supervisor)
            rows = await measure(broker.address, events, Path(scratch) / "recording")
        finally:
            await supervisor.stop()
    table = Table(title=f"{events:,} events, embedded broker, {os.cpu_count()} processors")
    for column in ("", "events/s", "of bare", "memory, MB"):
        table.add_column(column, justify="left" if not column else "right")
    for name, rate, share, memory in rows:
        table.add_row(
            name, f"{rate:,.0f}", "" if share is None else f"{share:.2f}", "" if memory is None else f"{memory:,.0f}"
        )
    Console().print(table)
    slow = [name for name, _, share, _ in rows if share is not None and share < AT_LEAST]
    large = [name for name, _, _, memory in rows if memory is not None and memory > MOST_MEMORY]
    for name in (*slow, *large):
        Console(stderr=True).print(f"{name}: below {AT_LEAST} of the bare loop, or above {MOST_MEMORY} MB", style="red")
    return 1 if slow or large else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    sys.exit(asyncio.run(main(parser.parse_args().events)))
