"""A stack whose payment has a PostgreSQL server of its own, as every service has in a cluster, and a login of its own.

So one database can be lost while the others stay, and a password means something.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Supervisor
from motcua_local.stack import Stack, StackOptions
from motcua_local.waiting import together
from motcua_local.wiring import SERVICES
from tests.failures.drill.deaths import Deaths
from tests.failures.drill.grounds import WAITS

SERVICE = "payment"
FIRST_PASSWORD = "the-first-password"
_HBA = f"local all {SERVICE} scram-sha-256\n"


@dataclass(frozen=True)
class Servers(EmbeddedPostgres):
    """The server of three services, and beside it payment's own."""

    own: EmbeddedPostgres

    def dsn(self, database: str) -> str:
        return self.own.dsn(database) if database == SERVICE else super().dsn(database)

    async def create_missing_database(self, name: str) -> None:
        if name != SERVICE:
            await super().create_missing_database(name)


class ApartStack(Stack):
    """Payment is told to refuse, not to catch up, where its topic is ahead: as in production."""

    postgres: Servers

    def __init__(self, deaths: Deaths, broker: str) -> None:
        self.told = {name: dict(waits) for name, waits in WAITS.items()}
        self.told[SERVICE] |= {"MOTCUA_CATCH_UP": "false", "MOTCUA_PAYMENT_WINDOW": "60"}
        super().__init__(StackOptions(broker, service_environment=self.told, deadline=120), deaths)

    def own_dsn(self, password: str, server: EmbeddedPostgres | None = None) -> str:
        """As payment itself opens its database."""
        return (server or self.postgres.own).dsn(SERVICE).replace("postgres@", f"{SERVICE}:{password}@", 1)

    async def _start_postgres(self, directory: Path, data: Path | None) -> None:
        logs = self.directory / "own-logs"
        logs.mkdir(mode=0o700)
        self._apart = Supervisor(logs)
        common, own = await together(
            EmbeddedPostgres.start(directory, self._supervisor, data),
            EmbeddedPostgres.start(self.directory / "own", self._apart),
        )
        await self._give_payment_its_own(own)
        self.told[SERVICE]["MOTCUA_DATABASE"] = self.own_dsn(FIRST_PASSWORD, own)
        self.postgres = Servers(common.address, common.supervisor, own)
        await together(*(self.postgres.create_missing_database(name) for name in SERVICES))

    async def _give_payment_its_own(self, own: EmbeddedPostgres) -> None:
        hba = self.directory / "own" / "data" / "pg_hba.conf"
        await asyncio.to_thread(lambda: hba.write_text(_HBA + hba.read_text("utf-8"), "utf-8"))
        connection = await asyncpg.connect(own.dsn("postgres"))
        try:
            await connection.execute(f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{FIRST_PASSWORD}'")
            await connection.execute(f"CREATE DATABASE {SERVICE} OWNER {SERVICE}")
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()

    async def _stop(self) -> None:
        await super()._stop()
        if hasattr(self, "_apart"):
            await self._apart.stop()
