"""A migrated database, emptied for every test, with its pool, and the toy's path over it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from chassis.tests.toy_desk import SECRET, SENTENCES, Pulse, router
from chassis.tests.toy_path import TABLES, ToyPath
from motcua_chassis import operations
from motcua_chassis.database import migrate, open_pool
from motcua_chassis.door import Door
from motcua_chassis.http import Desk, create_app
from motcua_chassis.settings import ChassisSettings
from motcua_local.postgres import PostgresServer

_EMPTY = "; ".join(f"DELETE FROM {table}" for table in TABLES)  # noqa: S608
_STRANGE = """
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> ALL($1)"""


def settings_for(dsn: str) -> ChassisSettings:
    """Settings of a service over a database, with no broker behind them."""
    return ChassisSettings(database=dsn, kafka="127.0.0.1:9", token_secret=SECRET)


@pytest_asyncio.fixture(scope="session")
async def migrated(postgres: PostgresServer) -> AsyncIterator[str]:
    """The DSN of one database with the chassis' tables: creating one for every test would be most of their time."""
    name = f"chassis_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(await postgres.create_database(name))
    await migrate(connection, None)
    await connection.close()
    yield postgres.dsn(name)
    await postgres.drop_database(name)


@pytest.fixture
def settings(migrated: str) -> ChassisSettings:
    return settings_for(migrated)


@pytest_asyncio.fixture
async def pool(settings: ChassisSettings) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with the chassis' tables, empty."""
    pool = await open_pool(settings)
    async with pool.acquire() as connection:
        await connection.execute(_EMPTY)
    yield pool
    async with pool.acquire() as connection:
        for row in await connection.fetch(_STRANGE, [*TABLES, "inbox_other_days", "migrations"]):
            await connection.execute(f'DROP TABLE "{row[0]}"')
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


@pytest_asyncio.fixture
async def app(path: ToyPath) -> AsyncIterator[FastAPI]:
    door = Door(path.path, window=0)
    running = asyncio.create_task(door.run())
    routers = [router, operations.router]
    yield create_app("Toy", Desk(door, path.pool, SECRET), Pulse(), path.metrics, path.repair, routers, SENTENCES)  # type: ignore[arg-type]
    door.close()
    await running


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client
