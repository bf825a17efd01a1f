"""I8: a database rebuilt from its topic alone says the same as the one that lived through it all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
from pydantic import SecretStr

from motcua_chassis import database, inbox
from motcua_chassis.codec import Incoming
from motcua_chassis.own_topic import OwnTopic
from motcua_chassis.rebuild import Rebuild, SequenceGapError, state_hash
from motcua_chassis.replayable import Given, Replayable, find
from motcua_chassis.settings import ChassisSettings
from motcua_local.apache.rights import OBSERVER
from motcua_local.demo.checker import Violation
from motcua_local.stack import Stack
from motcua_local.wiring import SERVICES

_TIMES = 3
"""A timer may fall due between the two looks: what differs is looked at again."""


async def replay(stack: Stack) -> list[Violation]:
    """Rebuild every service beside itself and compare."""
    found = await asyncio.gather(*(_same(stack, name) for name in SERVICES))
    return [Violation("I8", None, fault) for fault in found if fault]


async def _same(stack: Stack, name: str) -> str | None:
    for _ in range(_TIMES):
        try:
            async with _opened(stack.dsn(name)) as live:
                lived = await state_hash(live)
            rebuilt = await _rebuilt(stack, name)
        except SequenceGapError as gap:
            return f"{name}: {gap}"
        if lived == rebuilt:
            return None
        await asyncio.sleep(1)
    return f"{name}: lived {lived}, rebuilt {rebuilt}"


async def _rebuilt(stack: Stack, name: str) -> tuple[str, int]:
    twin = f"twin_{name}_{uuid4().hex[:8]}"
    await stack.postgres.create_database(twin)
    try:
        async with _opened(stack.dsn(twin)) as pool:
            async with pool.acquire() as connection:
                await database.migrate(connection, database.migrations_of(f"motcua_{name}"))
                await inbox.keep_partitions(connection, datetime.now(UTC).date())
            await _fold(stack, find(name), pool)
            return await state_hash(pool)
    finally:
        await stack.postgres.drop_database(twin)


async def _fold(stack: Stack, replayable: Replayable[object], pool: asyncpg.Pool) -> None:
    access = stack.broker.access(OBSERVER)
    security = {name: value for name, value in access.options.items() if name != "bootstrap_servers"}
    topic = OwnTopic(access.addresses, replayable.stream.topic, security)
    rebuild = Rebuild(pool, replayable.decider(Given()), replayable.project)
    reader = replayable.own_events()
    async for records in topic.all():
        events = [reading for record in records if isinstance(reading := reader.read(record), Incoming)]
        for part in _parts(events):
            await rebuild.take(part)


def _parts(events: list[Incoming]) -> Iterator[list[Incoming]]:
    return (events[start : start + 500] for start in range(0, len(events), 500))


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    settings = ChassisSettings.model_construct(database=SecretStr(dsn), database_pool=2, database_timeout=30.0)
    pool = await database.open_pool(settings)
    try:
        yield pool
    finally:
        await pool.close()
