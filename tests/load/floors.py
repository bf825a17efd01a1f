"""The floors: a topic consumed and produced, and a topic consumed and copied into a table; nothing between."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka import AIOKafkaConsumer

from motcua_contracts import Stream
from tests.load.feed import prepared, publish
from tests.load.parts import Parts, Sample, fresh_parts
from tests.load.pipeline import PATIENCE, WARM_UP, until


async def to_a_topic(records: int) -> Sample:
    """Every record of intake's topic to identity's."""
    async with fresh_parts() as parts:
        await parts.start("tests.load.floor", "identity", name="floor")
        consumer = AIOKafkaConsumer(
            Stream.IDENTITY.topic, bootstrap_servers=parts.broker.address, auto_offset_reset="earliest"
        )
        await consumer.start()
        seen = 0

        async def reach(total: int) -> None:
            nonlocal seen
            async with asyncio.timeout(PATIENCE):
                while seen < total:
                    seen += sum(map(len, (await consumer.getmany(timeout_ms=100)).values()))

        try:
            return await _measured(parts, records, reach)
        finally:
            await consumer.stop()


async def to_a_table(records: int) -> Sample:
    """Every record of intake's topic into a table, by COPY."""
    async with fresh_parts() as parts:
        connection = await asyncpg.connect(parts.databases["identity"])
        await connection.execute("CREATE TABLE copied (key text, type text, body text)")
        await parts.start("tests.load.floor", "identity", "table", name="floor")

        async def reach(total: int) -> None:
            async def done() -> bool:
                return (await connection.fetchval("SELECT count(*) FROM copied")) >= total

            await until(done)

        try:
            return await _measured(parts, records, reach)
        finally:
            await connection.close()


async def _measured(parts: Parts, records: int, reach: Callable[[int], Awaitable[None]]) -> Sample:
    await publish(parts.broker.address, WARM_UP)
    await reach(WARM_UP)

    async with prepared(parts.broker.address, records) as send:
        return await parts.measure(["floor"], records, asyncio.gather(send(), reach(records + WARM_UP)))
