"""`python -m motcua_chassis.migrate intake`: applies a service's migrations and ends; a cluster runs it as a Job.

It is told where the database is and nothing else, so that a Job needs none of the service's other secrets.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import asyncpg
import structlog
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from motcua_chassis import log as logs
from motcua_chassis.database import WRITABLE, migrate, migrations_of
from motcua_contracts import Stream

log = structlog.get_logger()


class MigrationSettings(BaseSettings):
    """The database, and who may wait how long."""

    model_config = SettingsConfigDict(env_prefix="MOTCUA_", frozen=True, extra="ignore", hide_input_in_errors=True)

    database: SecretStr
    database_direct: SecretStr | None = None
    """Past a transaction pooler: the lock that keeps two migrations apart belongs to a session. Default: `database`."""
    log_level: str = "info"

    @property
    def dsn(self) -> str:
        return (self.database_direct or self.database).get_secret_value()


def main(arguments: Sequence[str] | None = None) -> int:
    """Apply what is missing and answer the exit code; whoever started it tries again."""
    parser = argparse.ArgumentParser(prog="motcua_chassis.migrate", description=__doc__)
    parser.add_argument("service", type=Stream, choices=list(Stream), help="whose migrations, beside the chassis'")
    service: Stream = parser.parse_args(arguments).service
    settings = MigrationSettings()
    logs.configure(service.value, settings.log_level)
    try:
        asyncio.run(_migrate(service, settings))
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InternalClientError, OSError) as error:
        log.critical("database.migration-failed", **logs.describe(error))
        return 1
    log.info("database.up-to-date")
    return 0


async def _migrate(service: Stream, settings: MigrationSettings) -> None:
    connection = await asyncpg.connect(settings.dsn, timeout=10, target_session_attrs=WRITABLE)
    try:
        await migrate(connection, migrations_of(f"motcua_{service.value}"))
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
