import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from pydantic import SecretStr

from chassis.tests.conftest import settings_for
from motcua_chassis.database import migrate, migrations_of, open_pool, transaction
from motcua_chassis.failures import Failure, classify


@pytest_asyncio.fixture
async def empty(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with nothing in it."""
    pool = await open_pool(settings_for(database))
    yield pool
    await pool.close()


async def migrated(pool: asyncpg.Pool, scripts: Path | None) -> list[str]:
    async with pool.acquire() as connection:
        await migrate(connection, scripts)
        return [row[0] for row in await connection.fetch("SELECT name FROM migrations ORDER BY applied_at")]


async def test_migrations_are_applied_once_in_order_the_chassis_first(empty: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE things (n bigint); INSERT INTO things VALUES (1);")
    (tmp_path / "README.md").write_text("not SQL")
    own = sorted(script.name for script in (files("motcua_chassis") / "sql").iterdir())
    wanted = [*(f"chassis/{name}" for name in own), "service/0001_first.sql", "service/0002_second.sql"]
    (tmp_path / "0002_second.sql").write_text("SELECT version FROM aggregates; INSERT INTO things VALUES (2)")

    assert await migrated(empty, tmp_path) == wanted
    assert await migrated(empty, tmp_path) == wanted
    assert [row["n"] for row in await empty.fetch("SELECT n FROM things ORDER BY n")] == [1, 2]


async def test_replicas_that_start_together_migrate_once(empty: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE things (n int); INSERT INTO things VALUES (1)")

    await asyncio.gather(*(migrated(empty, tmp_path) for _ in range(5)))

    assert await empty.fetchval("SELECT count(*) FROM things") == 1


async def test_a_migration_that_fails_leaves_nothing_and_lets_the_next_start_try_again(
    empty: asyncpg.Pool, tmp_path: Path
) -> None:
    script = tmp_path / "0001_first.sql"
    script.write_text("CREATE TABLE things (n int); SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrated(empty, tmp_path)
    assert await empty.fetchval("SELECT to_regclass('things')") is None
    script.write_text("CREATE TABLE things (n int)")

    assert "service/0001_first.sql" in await asyncio.wait_for(migrated(empty, tmp_path), 5)


async def test_json_passes_as_the_bytes_it_was_written_with(pool: asyncpg.Pool) -> None:
    state = msgspec.json.encode({"name": "NGUYỄN", "n": 2**53, "list": [None, 1.5]})

    assert msgspec.json.decode(await pool.fetchval("SELECT $1::jsonb", state)) == msgspec.json.decode(state)
    assert await pool.fetchval("SELECT $1::jsonb -> 'name'", state) == '"NGUYỄN"'.encode()
    rows = await pool.fetch("SELECT * FROM unnest($1::jsonb[])", [state, b"{}"])
    assert len(rows) == 2


async def test_statements_and_acquisitions_end_in_time(database: str) -> None:
    settings = settings_for(database).model_copy(update={"database_timeout": 0.2, "database_pool": 2})
    pool = await open_pool(settings)

    with pytest.raises(asyncio.TimeoutError) as slow:
        await pool.execute("SELECT pg_sleep(10)")
    async with pool.acquire(), pool.acquire():
        with pytest.raises(asyncio.TimeoutError) as full:
            async with transaction(pool, patience=0.1):
                pass

    assert classify(slow.value) is classify(full.value) is Failure.TRANSIENT
    await pool.close()


async def test_a_transaction_abandoned_in_the_middle_leaves_its_connection_usable(pool: asyncpg.Pool) -> None:
    async def abandoned() -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO counters (name) VALUES ('x')")
            await connection.execute("SELECT pg_sleep(10)")

    task = asyncio.create_task(abandoned())
    done, _ = await asyncio.wait([task], timeout=0.1)
    assert not done
    task.cancel()
    await asyncio.wait([task])

    results = await asyncio.gather(*(pool.fetchval("SELECT count(*) FROM counters") for _ in range(10)))
    assert results == [0] * 10


async def test_sessions_speak_utc(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("SHOW timezone") == "UTC"


def test_the_password_is_not_shown() -> None:
    settings = settings_for("postgresql://user:sesame@host/name")

    assert "sesame" not in repr(settings)
    assert settings.direct_dsn == settings.dsn == "postgresql://user:sesame@host/name"
    assert settings.model_copy(update={"database_direct": SecretStr("x")}).direct_dsn == "x"


def test_a_service_in_the_source_tree_finds_its_migrations_beside_it() -> None:
    assert any(script.name.endswith(".sql") for script in migrations_of("motcua_payment").iterdir())


async def test_a_server_that_only_answers_is_as_good_as_away(database: str) -> None:
    connection = await asyncpg.connect(database)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await connection.close()

    with pytest.raises(asyncpg.InternalClientError) as refused:
        await open_pool(settings_for(database))
    assert classify(refused.value) is Failure.TRANSIENT
