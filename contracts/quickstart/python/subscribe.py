"""Prints what payment ever said, and goes on: `python subscribe.py localhost:9092`."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer

from motcua_contracts import CATALOGUE, read_headers, upcast


async def main(brokers: str) -> None:
    settings = {"bootstrap_servers": brokers, "group_id": "my-reports", "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer("motcua.payment.events", **settings) as consumer:
        async for record in consumer:
            envelope = read_headers(record.headers)
            if model := CATALOGUE.get(envelope.type):  # a type or version you do not know yet: skip it
                event = upcast(model.model_validate_json(record.value))
                print(envelope.subject, envelope.sequence, type(event).__name__, event, flush=True)


asyncio.run(main(sys.argv[1]))
