"""One stage of the pipeline as it is usually built: `python -m tests.load.baseline STAGE`.

FastStream handlers with pydantic models, one transaction per message (inbox, state, outbox), acknowledged after the
commit, and an outbox that is polled and sent record by record. Kept small, correct and fair: same events, same
database settings, same broker, same business functions.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel

from motcua_contracts import Envelope, Event, write_headers
from tests.load.stages import STAGES, Progress, Stage, evolve

POLL_SECONDS = 0.1
Begin = Callable[[], AbstractAsyncContextManager[Any]]
Save = Callable[[Any, str, str, dict[str, str], Event], Awaitable[None]]

SCHEMA = """
CREATE TABLE IF NOT EXISTS processed (id uuid PRIMARY KEY);
CREATE TABLE IF NOT EXISTS applications (id uuid PRIMARY KEY, version int NOT NULL, state jsonb NOT NULL);
CREATE TABLE IF NOT EXISTS outgoing (
    id bigserial PRIMARY KEY, topic text NOT NULL, key text NOT NULL, type text NOT NULL, headers jsonb NOT NULL,
    body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
"""


class ProgressModel(BaseModel):
    """The state as people usually keep it: a pydantic model in jsonb."""

    seen: list[str] = []
    status: str = "submitted"


class Handler:
    """Handles one message in one transaction; `begin` opens it, `save` writes an event into the outbox within it."""

    def __init__(self, stage: Stage, begin: Begin, save: Save) -> None:
        self.stage, self.begin, self.save = stage, begin, save

    async def handle(self, event: Event, headers: dict[str, str]) -> None:
        """Inbox, load, decide, save, outbox, commit."""
        application, id_ = UUID(headers["ce_subject"]), UUID(headers["ce_id"])
        async with self.begin() as connection:
            fresh = await connection.fetchval(
                "INSERT INTO processed (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", id_
            )
            if fresh is None:
                return
            # Two subscribers may meet one new application at once: without a row to lock one of them would be lost.
            await connection.execute(
                "INSERT INTO applications (id, version, state) VALUES ($1, 0, '{}') ON CONFLICT DO NOTHING", application
            )
            row = await connection.fetchrow(
                "SELECT version, state::text AS state FROM applications WHERE id = $1 FOR UPDATE", application
            )
            model, version = ProgressModel.model_validate_json(row["state"]), row["version"]
            state = Progress(tuple(model.seen), model.status)
            events = self.stage.decide(state, event, id_)
            for published in events:
                state = evolve(state, published)
                version += 1
                await self._save_event(connection, published, application, id_, headers, version)
            saved = ProgressModel(seen=list(state.seen), status=state.status)
            await connection.execute(
                "UPDATE applications SET version = $2, state = $3 WHERE id = $1",
                application,
                version,
                saved.model_dump_json(),
            )

    async def _save_event(
        self, connection: Any, event: Event, application: UUID, cause: UUID, headers: dict[str, str], sequence: int
    ) -> None:
        envelope = Envelope(
            uuid4(), self.stage.stream.source, event.type, datetime.now(UTC), application, cause,
            UUID(headers["ce_correlationid"]), sequence,
        )  # fmt: skip
        headers = {name: value.decode() for name, value in write_headers(envelope)}
        await self.save(connection, self.stage.stream.topic, str(application), headers, event)


def own_transactions(pool: asyncpg.Pool) -> Begin:
    """A connection of the pool, in a transaction."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[asyncpg.Connection]:
        async with pool.acquire() as connection, connection.transaction():
            yield connection

    return begin


async def save_row(connection: Any, topic: str, key: str, headers: dict[str, str], event: Event) -> None:
    """Into the outbox, in the caller's transaction."""
    await connection.execute(
        "INSERT INTO outgoing (topic, key, type, headers, body) VALUES ($1, $2, $3, $4, $5)",
        topic,
        key,
        event.type,
        HeaderValues(values=headers).model_dump_json(),
        event.model_dump_json(),
    )


class HeaderValues(BaseModel):
    """Of one record, as jsonb."""

    values: dict[str, str]


async def publish_outgoing(pool: asyncpg.Pool, brokers: list[str]) -> None:
    """Poll the outbox and send row by row, deleting in the same transaction."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all")
    await producer.start()
    while True:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch("SELECT * FROM outgoing ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED")
            for row in rows:
                headers = HeaderValues.model_validate_json(row["headers"]).values
                await producer.send_and_wait(
                    row["topic"],
                    row["body"].encode(),
                    row["key"].encode(),
                    headers=[(name, value.encode()) for name, value in headers.items()],
                )
            await connection.execute("DELETE FROM outgoing WHERE id = ANY($1)", [row["id"] for row in rows])
        if not rows:
            await asyncio.sleep(POLL_SECONDS)


def subscribe(broker: KafkaBroker, stage: Stage, handler: Handler) -> None:
    """One subscriber per topic, one typed handler per event."""
    for topic in sorted({event.stream.topic for event in stage.reads}):
        subscriber = broker.subscriber(
            topic,
            group_id=f"motcua.{stage.stream}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            fetch_max_wait_ms=int(os.environ["MOTCUA_KAFKA_FETCH_WAIT_MS"]),
            session_timeout_ms=int(os.environ["MOTCUA_KAFKA_SESSION_TIMEOUT_MS"]),
        )
        for model in stage.reads:
            if model.stream.topic == topic:
                subscriber(_handler(handler, model), filter=_of_type(model.type))
        subscriber(_ignore)


def _of_type(name: str) -> Any:
    async def chosen(message: KafkaMessage) -> bool:
        return message.headers.get("ce_type") == name

    return chosen


def _handler(handler: Handler, model: type[Event]) -> Any:
    async def handle(event: Any, message: KafkaMessage) -> None:
        await handler.handle(event, message.headers)
        await message.ack()

    handle.__annotations__["event"] = model
    return handle


async def _ignore(_body: Any, message: KafkaMessage) -> None:
    await message.ack()


async def main(stage: Stage) -> None:
    """Run until SIGTERM."""
    brokers = os.environ["MOTCUA_KAFKA"].split(",")
    pool = await asyncpg.create_pool(os.environ["MOTCUA_DATABASE"], min_size=2, max_size=10)
    await pool.execute(SCHEMA)
    broker = KafkaBroker(brokers, logger=None)
    subscribe(broker, stage, Handler(stage, own_transactions(pool), save_row))
    relay = asyncio.create_task(publish_outgoing(pool, brokers))
    app = FastStream(broker, logger=None)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.exit)
    await app.run(run_extra_options={})
    relay.cancel()


if __name__ == "__main__":
    uvloop.run(main(STAGES[sys.argv[1]]))
