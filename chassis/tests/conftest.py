"""A migrated database with its pool, and the toy's path over it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chassis.tests.toy_path import ToyPath
from motcua_chassis.database import migrate, open_pool
from motcua_chassis.settings import ChassisSettings

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def settings(database: str) -> ChassisSettings:
    """Settings of a service over the test's database, with no broker behind them."""
    return ChassisSettings(database=database, kafka="127.0.0.1:9", token_secret=SECRET)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def pool(settings: ChassisSettings) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with the chassis' tables."""
    pool = await open_pool(settings)
    async with pool.acquire() as connection:
        await migrate(connection, None)
    yield pool
    await pool.close()


@pytest.fixture
def make_path(pool: asyncpg.Pool) -> Callable[..., ToyPath]:
    """`make_path(clock=..., project=..., ...)` gives the toy's path with these parts replaced."""

    def make(**parts: Any) -> ToyPath:
        return ToyPath(pool, **parts)

    return make


@pytest.fixture
def path(make_path: Callable[..., ToyPath]) -> ToyPath:
    """The toy's path as it is."""
    return make_path()
