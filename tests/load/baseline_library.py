"""The usual build with the published `faststream-outbox`: `python -m tests.load.baseline_library STAGE`.

The same handlers and business; the library writes the outbox in the handler's transaction and relays its rows to Kafka
through a subscriber. Ten workers, for one
alone waits for every row in turn; the events of an application may so overtake each other, which it is not charged for.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream_outbox import OutboxBroker, make_outbox_table
from faststream_outbox.annotations import OutboxMessage
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from motcua_contracts import Event
from tests.load.baseline import SCHEMA, Begin, Handler, HeaderValues, Save, subscribe
from tests.load.stages import STAGES, Stage

QUEUE = "events"


class Statements:
    """asyncpg's ways of asking, over SQLAlchemy's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def execute(self, sql: str, *values: Any) -> Any:
        """Run it."""
        return await self.connection.exec_driver_sql(sql, values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first value, or None."""
        return (await self.execute(sql, *values)).scalar()

    async def fetchrow(self, sql: str, *values: Any) -> Any:
        """The first row, by name."""
        return (await self.execute(sql, *values)).mappings().first()


def transactions(engine: AsyncEngine) -> Begin:
    """A transaction each."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Statements]:
        async with engine.begin() as connection:
            yield Statements(connection)

    return begin


def saving(outbox: OutboxBroker) -> Save:
    """Writes an event through the library."""

    async def save(connection: Statements, topic: str, key: str, headers: dict[str, str], event: Event) -> None:
        named = {"topic": topic, "key": key, "event": HeaderValues(values=headers).model_dump_json()}
        body = event.model_dump_json().encode()
        await outbox.publish(body, queue=QUEUE, session=connection.connection, headers=named)

    return save


def relay(outbox: OutboxBroker, kafka: KafkaBroker) -> None:
    """From the table to Kafka."""

    @outbox.subscriber(QUEUE, max_workers=10, fetch_batch_size=100, min_fetch_interval=0.02, max_fetch_interval=0.1)
    async def send(message: OutboxMessage) -> None:
        headers = message.headers
        await kafka.publish(
            message.body,
            headers["topic"],
            key=headers["key"].encode(),
            headers=HeaderValues.model_validate_json(headers["event"]).values,
        )


async def main(stage: Stage) -> None:
    """Run until SIGTERM."""
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="outgoing")
    engine = create_async_engine(_with_driver(os.environ["MOTCUA_DATABASE"]), pool_size=10)
    async with engine.begin() as connection:
        for statement in SCHEMA.split(";")[:2]:
            await connection.exec_driver_sql(statement)
        await connection.run_sync(metadata.create_all)
    kafka = KafkaBroker(os.environ["MOTCUA_KAFKA"].split(","), logger=None)
    outbox = OutboxBroker(engine, outbox_table=table)
    subscribe(kafka, stage, Handler(stage, transactions(engine), saving(outbox)))
    relay(outbox, kafka)
    app = FastStream(kafka, logger=None, after_startup=[outbox.start], on_shutdown=[outbox.stop])
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
    await app.run(run_extra_options={})


def _with_driver(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


if __name__ == "__main__":
    uvloop.run(main(STAGES[sys.argv[1]]))
