"""The key-encryption key is changed: both open, one seals, and once all is rewrapped the last one is not needed."""

import asyncio
import base64
import os
import subprocess
import sys
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from motcua_intake.commands import Sealed
from motcua_intake.rewrap import rewrap
from motcua_intake.vault import Applicant, Vault
from services.intake.tests.office import SECRET, Office

LAST, NEXT = b"l" * 32, b"n" * 32
AN = Applicant("079084000999", "NGUYỄN VĂN AN", date(1984, 5, 2))
_PUT = "INSERT INTO vault (application_id, applicant_id, wrapped_key, sealed) VALUES ($1, $1, $2, $3)"
_UPLOAD = """INSERT INTO uploads (id, owner, content_type, size, wrapped_key, sealed)
VALUES ($1, $1, 'application/pdf', 3, $2, $3)"""


def test_both_keys_open_and_the_first_one_seals() -> None:
    application, changing = uuid4(), Vault(NEXT, LAST)
    assert changing.open(application, Vault(LAST).seal(application, AN)) == AN
    assert Vault(NEXT).open(application, changing.seal(application, AN)) == AN
    with pytest.raises(InvalidTag):
        changing.open(application, Vault(b"a" * 32).seal(application, AN))


async def _sealed(pool: asyncpg.Pool, application: UUID) -> Sealed:
    return Sealed(*await pool.fetchrow("SELECT wrapped_key, sealed FROM vault WHERE application_id = $1", application))


async def test_everything_is_rewrapped_once_and_what_was_erased_stays_so(office: Office) -> None:
    applications, upload, erased = [uuid4() for _ in range(3)], uuid4(), uuid4()
    for each in applications:
        sealed = Vault(LAST).seal(each, AN)
        await office.pool.execute(_PUT, each, sealed.wrapped_key, sealed.data)
    document = Vault(LAST).seal_bytes(upload, b"pdf")
    await office.pool.execute(_UPLOAD, upload, document.wrapped_key, document.data)
    await office.pool.execute(_PUT, erased, None, b"unreadable")

    assert await rewrap(office.pool, Vault(NEXT, LAST)) == 4

    assert await rewrap(office.pool, Vault(NEXT, LAST)) == 0
    for each in applications:
        assert Vault(NEXT).open(each, await _sealed(office.pool, each)) == AN
    [row] = await office.pool.fetch("SELECT wrapped_key, sealed FROM uploads")
    assert Vault(NEXT).open_bytes(upload, Sealed(*row)) == b"pdf"
    assert (await _sealed(office.pool, erased)).wrapped_key is None


class ErasedInBetween:
    """A pool on which everybody is erased as soon as their keys were read."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self.execute = pool, pool.execute

    async def fetch(self, *asked: Any) -> Any:
        rows = await self._pool.fetch(*asked)
        await self._pool.execute("UPDATE vault SET wrapped_key = NULL")
        return rows


async def test_a_key_that_is_destroyed_while_it_is_rewrapped_stays_destroyed(office: Office) -> None:
    application = uuid4()
    sealed = Vault(LAST).seal(application, AN)
    await office.pool.execute(_PUT, application, sealed.wrapped_key, sealed.data)
    await rewrap(ErasedInBetween(office.pool), Vault(NEXT, LAST))  # type: ignore[arg-type]
    assert (await _sealed(office.pool, application)).wrapped_key is None


async def test_the_command_does_it_with_what_intake_is_told(office: Office, database: str) -> None:
    application = uuid4()
    sealed = Vault(LAST).seal(application, AN)
    await office.pool.execute(_PUT, application, sealed.wrapped_key, sealed.data)
    keys = {"MOTCUA_VAULT_KEY": NEXT, "MOTCUA_VAULT_KEY_ALSO": LAST}
    told = {"MOTCUA_DATABASE": database, "MOTCUA_KAFKA": "127.0.0.1:9", "MOTCUA_TOKEN_SECRET": SECRET}
    told |= {name: base64.b64encode(key).decode() for name, key in keys.items()}
    command = [sys.executable, "-m", "motcua_intake.rewrap"]
    done = await asyncio.to_thread(subprocess.run, command, env={**os.environ, **told}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert '"count": 1' in done.stdout + done.stderr
    assert Vault(NEXT).open(application, await _sealed(office.pool, application)) == AN
