"""Migrations as a Job applies them, and services that wait for it instead of migrating themselves."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from chassis.tests.conftest import settings_for
from chassis.tests.nursery import Life, nursery
from chassis.tests.rig import open_rig
from motcua_chassis.database import NotMigratedError, migrate, migrations_of, open_pool, require_migrated
from motcua_local.postgres import PostgresServer
from motcua_local.waiting import comes_true

PAYMENT = migrations_of("motcua_payment")


@pytest_asyncio.fixture
async def empty(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with nothing in it."""
    pool = await open_pool(settings_for(database))
    yield pool
    await pool.close()


async def _run_job(**environment: str) -> tuple[int | None, str]:
    """Exit code and all it said, of a job that is told nothing else."""
    job = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "motcua_chassis.migrate", "payment", env=environment, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await asyncio.wait_for(job.communicate(), 60)
    return job.returncode, said.decode()


async def test_the_job_needs_the_database_alone_and_may_run_again(empty: asyncpg.Pool, database: str) -> None:
    for _ in range(2):
        code, said = await _run_job(MOTCUA_DATABASE=database)
        assert code == 0, said
        assert "database.up-to-date" in said
        await require_migrated(empty, PAYMENT)
    assert await empty.fetchval("SELECT to_regclass('payments') IS NOT NULL")


async def test_a_job_goes_past_the_pooler_fails_where_nobody_answers_and_says_no_password(database: str) -> None:
    nowhere = "postgresql://user:sesame@127.0.0.1:1/nowhere"
    code, said = await _run_job(MOTCUA_DATABASE=database, MOTCUA_DATABASE_DIRECT=nowhere)
    assert code == 1
    assert "database.migration-failed" in said
    assert "sesame" not in said


async def test_a_job_says_so_where_the_server_only_answers(database: str, empty: asyncpg.Pool) -> None:
    name = await empty.fetchval("SELECT current_database()")
    await empty.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    code, said = await _run_job(MOTCUA_DATABASE=database)
    assert code == 1
    assert "database.migration-failed" in said


async def test_what_is_missing_is_named_and_what_is_too_much_is_not(empty: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("SELECT 1")
    with pytest.raises(NotMigratedError, match=r"service/0001_first\.sql"):
        await require_migrated(empty, tmp_path)
    async with empty.acquire() as connection:
        await migrate(connection, tmp_path)
    await require_migrated(empty, tmp_path)
    (tmp_path / "0002_second.sql").write_text("SELECT 1")
    with pytest.raises(NotMigratedError, match=r"^service/0002_second\.sql$"):
        await require_migrated(empty, tmp_path)
    await require_migrated(empty, None)


async def test_a_service_that_may_not_migrate_waits_for_the_job(postgres: PostgresServer, tmp_path: Path) -> None:
    async with nursery() as lives, open_rig(postgres, lives, tmp_path) as rig:
        life = await rig.live(migrate_at_start="false")
        assert await comes_true(lambda: _waits(life), 60), life.last_words()
        assert await rig.value("SELECT to_regclass('migrations')") is None
        connection = await asyncpg.connect(postgres.dsn(rig.database))
        await migrate(connection, migrations_of("motcua_identity"))
        await connection.close()
        await life.becomes_ready()
        assert await life.end() == 0, life.last_words()


async def _waits(life: Life) -> bool:
    return life.said("service.waiting") > 1 and "NotMigratedError" in life.last_words()
