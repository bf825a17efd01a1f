import os
import signal
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from motcua_local import postgres as embedded
from motcua_local.postgres import EmbeddedPostgres, PostgresServer
from motcua_local.processes import Supervisor
from motcua_local.waiting import comes_true


async def ask(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def replaced(server: EmbeddedPostgres, killed: int) -> bool:
    return server.pid != killed


def shared_memory_made_by(pid: int) -> list[str]:
    """Segments of the kernel's table: the fifth column is the process that made them."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[4] == str(pid)]


async def test_it_runs_also_for_root_and_leaves_nothing(room: Path, supervisor: Supervisor) -> None:
    server = await EmbeddedPostgres.start(room / "pg", supervisor)
    process = psutil.Process(server.pid)
    processes = [process, *process.children(recursive=True)]
    users = {user for each in processes if (user := _user_of(each)) is not None}
    assert users
    assert 0 not in users
    assert str(await ask(server.dsn("postgres"), "SHOW server_version")).startswith("18")
    assert shared_memory_made_by(server.pid)
    pid = server.pid

    await server.stop()

    assert not [each for each in processes if each.is_running()]
    assert not shared_memory_made_by(pid)
    assert not list((room / "pg").glob(".s.PGSQL*"))


def _user_of(process: psutil.Process) -> int | None:
    """None for a worker that has come to its end meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return int(process.uids().effective)
    return None


async def test_it_promises_durability(room: Path, supervisor: Supervisor) -> None:
    server = await EmbeddedPostgres.start(room / "pg", supervisor)
    for setting, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "200",
        "listen_addresses": "",
    }.items():
        assert await ask(server.dsn("postgres"), f"SHOW {setting}") == value


async def test_committed_rows_survive_a_kill(room: Path, supervisor: Supervisor) -> None:
    server = await EmbeddedPostgres.start(room / "pg", supervisor)
    dsn = await server.create_database("kept")
    await ask(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = server.pid

    os.kill(killed, signal.SIGKILL)
    assert await comes_true(lambda: replaced(server, killed), 5)
    await server.wait_ready()

    assert await ask(dsn, "SELECT answer FROM kept") == 42


async def test_a_database_is_dropped_under_its_users(database: str, postgres: PostgresServer) -> None:
    user = await asyncpg.connect(await postgres.create_database("crowded"))
    await postgres.drop_database("crowded")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await user.fetchval("SELECT 1")
    assert await ask(database, "SELECT count(*) FROM pg_database WHERE datname = 'crowded'") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
async def test_an_environment_below_a_private_home_is_copied_not_opened(
    room: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = room / "home"
    private.mkdir(mode=0o700)
    package = embedded._installation().parent
    for name in (package.name, f"{package.name}.libs"):
        (private / name).symlink_to(package.parent / name)
    monkeypatch.setattr(embedded, "_installation", lambda: private / package.name / "pginstall")

    server = await EmbeddedPostgres.start(room / "pg", supervisor)

    assert await ask(server.dsn("postgres"), "SELECT 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700
