"""The floor as a process: intake's topic into another topic, or into a table: `python -m tests.load.floor [TABLE]`."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from motcua_chassis.service import LARGEST_BATCH, tune_garbage_collector
from motcua_contracts import Stream

SOURCE, TARGET = Stream.INTAKE.topic, Stream.IDENTITY.topic
Fetched = dict[TopicPartition, Sequence[Any]]
Take = Callable[[Fetched], Awaitable[None]]


async def main(*, table: bool) -> None:
    """Run until SIGTERM."""
    consumer = AIOKafkaConsumer(
        SOURCE,
        bootstrap_servers=_brokers(),
        group_id="floor",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
        session_timeout_ms=6_000,
    )
    await consumer.start()
    take = await (_into_a_table() if table else _into_a_topic())
    tune_garbage_collector()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    while not stopped.is_set():
        if fetched := await consumer.getmany(timeout_ms=50, max_records=500):
            await take(fetched)
    await consumer.stop()


async def _into_a_topic() -> Take:
    producer = AIOKafkaProducer(bootstrap_servers=_brokers(), acks="all", max_batch_size=LARGEST_BATCH)
    await producer.start()

    async def take(fetched: Fetched) -> None:
        sends = []
        for place, records in fetched.items():
            batch = producer.create_batch()
            for record in records:
                headers = list(record.headers)
                while batch.append(key=record.key, value=record.value, timestamp=None, headers=headers) is None:
                    sends.append(await producer.send_batch(batch, TARGET, partition=place.partition))
                    batch = producer.create_batch()
            sends.append(await producer.send_batch(batch, TARGET, partition=place.partition))
        await asyncio.gather(*sends)

    return take


async def _into_a_table() -> Take:
    connection = await asyncpg.connect(os.environ["MOTCUA_DATABASE"])

    async def take(fetched: Fetched) -> None:
        rows = [
            (record.key.decode(), dict(record.headers)["ce_type"].decode(), record.value.decode())
            for records in fetched.values()
            for record in records
        ]
        await connection.copy_records_to_table("copied", records=rows)

    return take


def _brokers() -> list[str]:
    return os.environ["MOTCUA_KAFKA"].split(",")


if __name__ == "__main__":
    uvloop.run(main(table=len(sys.argv) > 1))
