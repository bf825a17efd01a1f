"""`postgres`: one server for the session, a container where one can be had, else embedded; `database`: a new one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from testcontainers.community.postgres import PostgresContainer

from motcua_local.postgres import EmbeddedPostgres, PostgresServer
from motcua_local.processes import Supervisor
from tests.support.engine import why_not

IMAGE = "postgres:18-alpine"


@pytest_asyncio.fixture(scope="session")
async def postgres(
    session_parts: tuple[Path, Supervisor], report_part: Callable[[str], None]
) -> AsyncIterator[PostgresServer]:
    """A real PostgreSQL 18, reached as superuser."""
    reason = await asyncio.to_thread(why_not, IMAGE)
    if reason is None:
        try:
            async with _container() as server:
                report_part(f"PostgreSQL: container {IMAGE}")
                yield server
                return
        except _NotStartedError as error:
            reason = str(error)
    directory, supervisor = session_parts
    report_part(f"PostgreSQL: embedded ({reason})")
    yield await EmbeddedPostgres.start(directory / "postgres", supervisor)


@pytest_asyncio.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[str]:
    """The DSN of an empty database, dropped afterwards whoever is still connected."""
    name = f"test_{uuid4().hex[:12]}"
    yield await postgres.create_database(name)
    await postgres.drop_database(name)


class _NotStartedError(Exception):
    """The container was there to be had and yet did not start."""


@asynccontextmanager
async def _container() -> AsyncIterator[PostgresServer]:
    container = PostgresContainer(IMAGE, username="postgres", dbname="postgres", driver=None)
    container.with_command("postgres -c max_connections=200")
    try:
        await asyncio.to_thread(container.start)
    except Exception as error:
        await asyncio.to_thread(container.stop)
        raise _NotStartedError(f"its container did not start: {str(error)[:120]}") from error
    try:
        address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
        yield PostgresServer(f"postgresql://postgres:{container.password}@{address}/{{database}}")
    finally:
        await asyncio.to_thread(container.stop)
