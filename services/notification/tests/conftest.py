"""A migrated database of the notification service with its pool."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest_asyncio

from motcua_chassis.database import migrate, migrations_of, open_pool
from motcua_notification.settings import Settings
from tests.support.postgres import PostgresServer

SECRET = "a secret of at least thirty-two bytes"


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with notification's tables."""
    settings = Settings(
        database=database,
        kafka="127.0.0.1:9",
        token_secret=SECRET,
        intake_url="http://127.0.0.1:9",
        smtp_host="127.0.0.1",
        portal_url="http://portal.example",
    )
    pool = await open_pool(settings)
    async with pool.acquire() as connection:
        await migrate(connection, migrations_of("motcua_notification"))
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="session")
async def shared_pool(postgres: PostgresServer) -> AsyncIterator[asyncpg.Pool]:
    """One database for all tests that only note calls: each uses applications of its own."""
    name = f"test_{uuid4().hex[:12]}"
    pool = await asyncpg.create_pool(await postgres.create_database(name), min_size=1, max_size=8)
    async with pool.acquire() as connection:
        await migrate(connection, migrations_of("motcua_notification"))
    yield pool
    await pool.close()
    await postgres.drop_database(name)
