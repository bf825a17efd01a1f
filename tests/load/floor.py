"""The floor: consume a topic and produce every record to another, nothing between: `python -m tests.load.floor`."""

import asyncio
import os
import signal

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from motcua_chassis.service import tune_garbage_collector
from motcua_contracts import Stream

SOURCE, TARGET = Stream.INTAKE.topic, Stream.IDENTITY.topic


async def main() -> None:
    """Run until SIGTERM."""
    brokers = os.environ["MOTCUA_KAFKA"].split(",")
    consumer = AIOKafkaConsumer(
        SOURCE,
        bootstrap_servers=brokers,
        group_id="floor",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
        session_timeout_ms=6_000,
    )
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", max_batch_size=900_000)
    await consumer.start()
    await producer.start()
    tune_garbage_collector()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    while not stopped.is_set():
        sends = []
        for place, records in (await consumer.getmany(timeout_ms=50, max_records=500)).items():
            batch = producer.create_batch()
            for record in records:
                batch.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers))
            sends.append(await producer.send_batch(batch, TARGET, partition=place.partition))
        if sends:
            await asyncio.gather(*sends)
    await producer.stop()
    await consumer.stop()


if __name__ == "__main__":
    uvloop.run(main())
