"""The rows of uploaded documents: an upload is its sender's, until one request makes it part of one application.

What nobody used within a week can no longer be used; a day later the next upload clears it away.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from motcua_intake.commands import Sealed

_ADD = """
WITH cleared AS (
    DELETE FROM uploads WHERE id IN (
        SELECT id FROM uploads WHERE application_id IS NULL AND uploaded_at < now() - interval '8 days'
        ORDER BY uploaded_at LIMIT 10 FOR UPDATE SKIP LOCKED)
)
INSERT INTO uploads (id, owner, content_type, size, wrapped_key, sealed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING RETURNING true"""
_STORED = "SELECT content_type, wrapped_key, sealed FROM uploads WHERE id = $1 AND owner = $2"
_USABLE = """
SELECT id FROM uploads WHERE id = ANY($1::uuid[]) AND owner = $2 AND wrapped_key IS NOT NULL
    AND (request = $3 OR application_id IS NULL AND uploaded_at > now() - interval '7 days')"""
_OF = """
SELECT id, item, content_type, size, uploaded_at, supplement FROM uploads
WHERE application_id = $1 AND wrapped_key IS NOT NULL ORDER BY uploaded_at, id"""
_FETCH = """
WITH found AS (
    SELECT id, application_id, item, content_type, wrapped_key, sealed FROM uploads
    WHERE id = $1 AND application_id = $2 AND wrapped_key IS NOT NULL
), noted AS (
    INSERT INTO vault_accesses (application_id, reader, purpose, upload)
    SELECT application_id, $3, 'document', id FROM found
)
SELECT item, content_type, wrapped_key, sealed FROM found"""


class Attachment(NamedTuple):
    """A document of an application, without its content."""

    id: UUID
    item: str
    content_type: str
    size: int
    uploaded_at: datetime
    supplement: int | None
    """Which supplement brought it; None: the submission."""


class Content(NamedTuple):
    """What was uploaded, sealed."""

    item: str
    content_type: str
    sealed: Sealed


async def add(pool: asyncpg.Pool, upload: UUID, owner: UUID, content_type: str, size: int, sealed: Sealed) -> bool:
    """Store an upload; False where this id is there already."""
    row = upload, owner, content_type, size, sealed.wrapped_key, sealed.data
    return await pool.fetchval(_ADD, *row) is not None


async def stored(pool: asyncpg.Pool, upload: UUID, owner: UUID) -> tuple[str, Sealed] | None:
    """Content type and content of somebody's own upload, unless its key was destroyed."""
    row = await pool.fetchrow(_STORED, upload, owner)
    return None if row is None or row[1] is None else (row[0], Sealed(row[1], row[2]))


async def usable(pool: asyncpg.Pool, uploads: Collection[UUID], owner: UUID, request: UUID) -> set[UUID]:
    """Which of these this request may make part of an application; what it used before stays usable to it."""
    return {row[0] for row in await pool.fetch(_USABLE, list(uploads), owner, request)}


async def of(pool: asyncpg.Pool, application: UUID) -> Sequence[Attachment]:
    """The documents of an application, oldest first."""
    return [Attachment(*row) for row in await pool.fetch(_OF, application)]


async def fetch(pool: asyncpg.Pool, upload: UUID, application: UUID, reader: UUID) -> Content | None:
    """A document of this application; the access is recorded by the statement that reads."""
    row = await pool.fetchrow(_FETCH, upload, application, reader)
    return None if row is None else Content(row[0], row[1], Sealed(row[2], row[3]))
