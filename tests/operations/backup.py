"""A PostgreSQL server's back-up, taken while it works by the programs that come with it, and brought back from it.

Invariant: what is lost is lost whole: the server is killed and its folder removed before anything is brought back.
"""

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGQUIT

import asyncpg

from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Program, complete
from motcua_local.waiting import comes_true

_SERVER, _RECEIVER = "postgres", "pg_receivewal"


@dataclass
class Backup:
    """Of one server: a base back-up, and the log of everything after it where `archive` was asked for."""

    server: EmbeddedPostgres
    archived: bool = False

    def __post_init__(self) -> None:
        self._program = self.server.supervisor._children[_SERVER].program
        self._programs = Path(self._program.command[0]).parent
        self._data = Path(self._program.command[2])
        self.base = self._data.with_name("base")
        self.log = self._data.with_name("archive")
        self._socket = self._program.command[4]

    async def archive(self) -> None:
        """From now on a commit is answered once its log lies in the archive as well: nothing that was said is lost."""
        await self._make(self.log)
        where = f"host={self._socket} user=postgres application_name=archive"
        receive = ("pg_receivewal", "-d", where, "-D", str(self.log), "--slot=archive")
        await self._run(*receive, "--create-slot")
        program = self._of(*receive, "--synchronous")
        await self.server.supervisor.start(replace(program, name=_RECEIVER, restart=True))
        assert await comes_true(self._is_received, 30)
        await self._administer("ALTER SYSTEM SET synchronous_standby_names = 'archive'", "SELECT pg_reload_conf()")
        self.archived = True

    async def take(self) -> None:
        """A base back-up of the server at work, and a look whether it is whole."""
        await self._run(
            "pg_basebackup", "-h", self._socket, "-U", "postgres", "-D", str(self.base), "--checkpoint=fast"
        )
        await self._run("pg_verifybackup", str(self.base))

    async def lose(self) -> None:
        """The server dies at once, and its disk with it."""
        supervisor = self.server.supervisor
        supervisor.signal(_SERVER, SIGQUIT)
        await supervisor.stop(_SERVER)
        await supervisor.stop(_RECEIVER)
        await asyncio.to_thread(shutil.rmtree, self._data)

    async def restore(self) -> None:
        """The back-up, and after it whatever the archive knows."""
        await self._run("cp", "-a", str(self.base), str(self._data))
        if self.archived:
            await asyncio.to_thread(self._recover_to_the_end)
        await self.server.supervisor.start(self._program)
        await self.server.wait_ready(60)

    def _recover_to_the_end(self) -> None:
        (self._data / "recovery.signal").touch()
        with (self._data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"restore_command = 'cp {self.log}/%f %p || cp {self.log}/%f.partial %p'\n")
            settings.write("synchronous_standby_names = ''\n")

    async def _is_received(self) -> bool:
        connection = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            return bool(await connection.fetchval("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"))
        finally:
            await connection.close()

    async def _administer(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _make(self, folder: Path) -> None:
        await self._run("mkdir", "-m", "700", str(folder))

    async def _run(self, *command: str) -> None:
        await complete(self._of(*command), self.server.supervisor.logs / "back-up.log")

    def _of(self, name: str, *arguments: str) -> Program:
        own = self._programs / name
        command = (str(own) if own.exists() else name, *arguments)
        return Program(name, command, directory=self._data.parent, user=self._program.user, restart=False)
