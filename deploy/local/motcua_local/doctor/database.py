"""Examines one service's database: reachable, migrated, on the same clock, strong enough for its pool."""

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from motcua_local.doctor.finding import Finding

_OLDEST = 150_000
_SKEW_SECONDS = 2.0
_MEND = "check address, network policy, role and password in MOTCUA_DATABASE"


async def examine_database(service: str, dsn: str | None) -> list[Finding]:
    """Everything that can be asked without writing."""
    subject = f"database of {service}"
    if not dsn:
        return [Finding.bad(subject, "MOTCUA_DATABASE is not set", "set it to the DSN of the service's own database")]
    try:
        connection = await asyncpg.connect(dsn, timeout=10, command_timeout=10)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        return [Finding.bad(subject, f"cannot be opened: {type(error).__name__}", _MEND)]
    try:
        return [
            Finding.good(subject, f"PostgreSQL {connection.get_server_version().major} lets the role in"),
            *_version(subject, connection),
            await _clock(subject, connection),
            *await _rights(subject, connection),
            await _migrations(subject, service, connection),
        ]
    finally:
        await connection.close()


def _version(subject: str, connection: asyncpg.Connection) -> Iterator[Finding]:
    version = connection.get_server_version()
    if version.major * 10_000 < _OLDEST:
        yield Finding.bad(subject, f"PostgreSQL {version.major} is older than 15", "upgrade the server")


async def _clock(subject: str, connection: asyncpg.Connection) -> Finding:
    before = datetime.now(UTC)
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    apart = abs((theirs - (before + (after - before) / 2)).total_seconds())
    if apart > _SKEW_SECONDS + (after - before).total_seconds():
        return Finding.bad(
            subject, f"its clock is {apart:.1f} s from ours", "synchronise both by NTP: deadlines are at stake"
        )
    return Finding.good(subject, f"its clock is within {_SKEW_SECONDS:.0f} s of ours")


async def _rights(subject: str, connection: asyncpg.Connection) -> list[Finding]:
    if await connection.fetchval("SELECT has_schema_privilege(current_user, 'public', 'CREATE')"):
        return []
    mend = "make the role the owner of its database, or give it CREATE on schema public"
    return [Finding.bad(subject, "the role may not create tables: migrations will fail", mend)]


async def _migrations(subject: str, service: str, connection: asyncpg.Connection) -> Finding:
    if await connection.fetchval("SELECT to_regclass('migrations')") is None:
        return Finding.bad(
            subject, "no migration was applied", f"start the service, or python -m motcua_chassis.migrate {service}"
        )
    applied = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    expected = _expected(service)
    if expected is None:
        return Finding.note(subject, f"{len(applied)} migrations applied; how many there are is not known here")
    if missing := sorted(expected - applied):
        return Finding.bad(subject, f"not applied: {', '.join(missing)}", f"python -m motcua_chassis.migrate {service}")
    return Finding.good(subject, f"all {len(expected)} migrations applied")


def _expected(service: str) -> set[str] | None:
    """What there is to apply, where the service itself is installed beside us."""
    chassis, own = _folder("motcua_chassis"), _folder(f"motcua_{service}")
    if chassis is None or own is None:
        return None
    inside = own / "migrations"
    scripts = inside if inside.is_dir() else own.parent / "migrations"
    return {f"chassis/{file.name}" for file in (chassis / "sql").glob("*.sql")} | {
        f"service/{file.name}" for file in scripts.glob("*.sql")
    }


def _folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None
