"""`python -m motcua_intake.rewrap`: puts every key of the vault under the new key-encryption key, while intake works.

It is told what intake is told: the new key as MOTCUA_VAULT_KEY, the last one as MOTCUA_VAULT_KEY_ALSO. It may end and
begin again at any time. Invariant: it changes only what it read, so a key that is destroyed meanwhile stays destroyed.
"""

import asyncio
from uuid import UUID

import asyncpg
import structlog

from motcua_chassis import database
from motcua_chassis import log as logs
from motcua_intake.settings import Settings
from motcua_intake.vault import Vault

log = structlog.get_logger()

_AT_ONCE = 500
_FIRST = UUID(int=0)
_TABLES = {"vault": "application_id", "uploads": "id"}
_PAGE = """
SELECT {id}, wrapped_key FROM {table} WHERE wrapped_key IS NOT NULL AND {id} > $1 ORDER BY {id} LIMIT $2"""
_REPLACE = """
UPDATE {table} AS t SET wrapped_key = n.fresh
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n (id, last, fresh)
WHERE t.{id} = n.id AND t.wrapped_key = n.last"""


async def rewrap(pool: asyncpg.Pool, vault: Vault) -> int:
    """Returns how many keys lay under another one. Raises `InvalidTag` for one that neither opens."""
    return sum([await _rewrap(pool, vault, table, id_) for table, id_ in _TABLES.items()])


async def _rewrap(pool: asyncpg.Pool, vault: Vault, table: str, id_: str) -> int:
    behind, changed = _FIRST, 0
    while rows := await pool.fetch(_PAGE.format(table=table, id=id_), behind, _AT_ONCE):
        fresh = [(row[0], row[1], key) for row in rows if (key := vault.rewrapped(row[0], row[1])) is not None]
        if fresh:
            await pool.execute(
                _REPLACE.format(table=table, id=id_), *(list(column) for column in zip(*fresh, strict=True))
            )
        behind, changed = rows[-1][0], changed + len(fresh)
    return changed


async def _main(settings: Settings) -> None:
    pool = await database.open_pool(settings)
    try:
        changed = await rewrap(pool, Vault(settings.key_encryption_key, settings.other_key))
    finally:
        await pool.close()
    log.info("vault.rewrapped", count=changed)


if __name__ == "__main__":
    settings = Settings()
    logs.configure("intake", settings.log_level)
    asyncio.run(_main(settings))
