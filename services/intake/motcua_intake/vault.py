"""The vault: who an applicant is, encrypted under a key of its own per application, told only for a stated purpose.

AES-256-GCM, application id as associated data; the application's key is itself encrypted under the key-encryption key.
Officers' words lie under the application's key too, each document under its own. Destroying the keys erases the person.
Invariant: nothing is told, and nothing read, without a record of who asked and why.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from motcua_chassis.database import Connection
from motcua_intake.ciphers import KEY_BYTES, decrypt, encrypt
from motcua_intake.commands import Sealed, SealedWords

_FOUND = """
WITH found AS (
    SELECT application_id, wrapped_key, sealed FROM vault
    WHERE application_id = ANY($1::uuid[]) AND wrapped_key IS NOT NULL
), noted AS (
    INSERT INTO vault_accesses (application_id, reader, purpose) SELECT application_id, $2, $3 FROM found
)"""
_WITHOUT_WORDS = f"{_FOUND} SELECT *, NULL, NULL FROM found"  # noqa: S608  # constants
_WITH_WORDS = f"""{_FOUND}
SELECT found.*, words.ids, words.sealed FROM found CROSS JOIN LATERAL (
    SELECT array_agg(n.id) AS ids, array_agg(n.sealed) AS sealed FROM notes AS n
    WHERE n.application_id = found.application_id AND ($4::uuid[] IS NULL OR n.id = ANY($4))
) AS words"""  # noqa: S608  # constants
_DESTROY = """
WITH erased AS (
    UPDATE vault SET wrapped_key = NULL WHERE applicant_id = $1 AND wrapped_key IS NOT NULL RETURNING application_id
), shredded AS (
    UPDATE uploads SET wrapped_key = NULL
    WHERE application_id IN (SELECT application_id FROM erased) OR (owner = $1 AND application_id IS NULL)
)
SELECT count(*) FROM erased"""


class Representative(msgspec.Struct, frozen=True):
    """Who files for the applicant, as they say."""

    full_name: str
    personal_number: str
    relation: str
    phone: str | None = None

    def __repr__(self) -> str:
        return "Representative(...)"


class Applicant(msgspec.Struct, frozen=True):
    """The personal data of one application: the person, and what they wrote into the procedure's form."""

    personal_number: str
    full_name: str
    date_of_birth: date
    email: str | None = None
    phone: str | None = None
    form: dict[str, str | int] = {}
    representative: Representative | None = None

    def __repr__(self) -> str:
        return "Applicant(...)"


class Purpose(StrEnum):
    """Why another service asks."""

    IDENTITY_CHECK = "identity-check"
    NOTIFICATION = "notification"


FIELDS: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.IDENTITY_CHECK: ("personal_number", "full_name", "date_of_birth"),
    Purpose.NOTIFICATION: ("full_name", "email", "phone"),
}
"""What each purpose needs to know, and therefore may. A notification is told besides the words that it will quote."""


class Look(StrEnum):
    """Why somebody reads in the vault through intake itself; `document` is the fourth, of one upload."""

    CASE_FILE = "case-file"
    SUPPLEMENT = "supplement"
    WORDS = "officers-words"


class Found(NamedTuple):
    """What lies in the vault about one application, sealed as it is there; `words` by note."""

    application_id: UUID
    sealed: Sealed
    words: Mapping[UUID, bytes]


Told = dict[str, str | date | dict[UUID, str] | None]


class Vault:
    """Seals and opens under one key-encryption key.

    Random nonces allow 2**32 seals under one key (NIST SP 800-38D, 8.3); then it must be rotated.
    """

    def __init__(self, key: bytes, also: bytes | None = None) -> None:
        """`also` opens what the next or the last key sealed, while they change; nothing is sealed with it."""
        self._wrapping, self._also = AESGCM(key), AESGCM(also) if also else None

    def seal(self, application_id: UUID, applicant: Applicant) -> Sealed:
        """Encrypt under a fresh key, readable for this application alone."""
        return self.seal_bytes(application_id, msgspec.json.encode(applicant))

    def open(self, application_id: UUID, sealed: Sealed) -> Applicant:
        """Raises `cryptography.exceptions.InvalidTag` under another key, for another application, or if altered."""
        return msgspec.json.decode(self.open_bytes(application_id, sealed), type=Applicant)

    def reseal(self, application_id: UUID, wrapped_key: bytes, applicant: Applicant) -> bytes:
        """Encrypt what changed under the application's own key. Raises as `open`."""
        key = self._unwrap(application_id, wrapped_key)
        return encrypt(key, msgspec.json.encode(applicant), application_id.bytes)

    def seal_words(self, application_id: UUID, wrapped_key: bytes, note: UUID, words: str) -> SealedWords:
        """Encrypt an officer's words under the application's key. Raises as `open`."""
        key = self._unwrap(application_id, wrapped_key)
        return SealedWords(note, encrypt(key, words.encode(), application_id.bytes + note.bytes))

    def open_words(self, application_id: UUID, wrapped_key: bytes, notes: Mapping[UUID, bytes]) -> dict[UUID, str]:
        """The words of an application by note. Raises as `open`."""
        if not notes:
            return {}
        key, bound_to = self._unwrap(application_id, wrapped_key), application_id.bytes
        return {note: decrypt(key, data, bound_to + note.bytes).decode() for note, data in notes.items()}

    def seal_bytes(self, bound_to: UUID, plain: bytes) -> Sealed:
        """Encrypt under a fresh key: a document, bound to its upload."""
        key = os.urandom(KEY_BYTES)
        return Sealed(encrypt(self._wrapping, key, bound_to.bytes), encrypt(AESGCM(key), plain, bound_to.bytes))

    def open_bytes(self, bound_to: UUID, sealed: Sealed) -> bytes:
        """Raises as `open`."""
        return decrypt(self._unwrap(bound_to, sealed.wrapped_key), sealed.data, bound_to.bytes)

    async def tell(
        self,
        pool: asyncpg.Pool,
        applications: Sequence[UUID],
        reader: UUID,
        purpose: Purpose,
        notes: Sequence[UUID] = (),
    ) -> dict[UUID, Told]:
        """What the purpose allows of these applicants, each access recorded; erased and unknown ones are absent.

        A notification is told the words of these notes and no others.

        Raises rather than leaves out what cannot be opened: a wrong key must not pass for an erasure.
        """
        quotes = purpose is Purpose.NOTIFICATION
        told: dict[UUID, Told] = {}
        for id_, sealed, words in await _find(pool, applications, reader, purpose, notes if quotes else ()):
            who = self.open(id_, sealed)
            told[id_] = {name: getattr(who, name) for name in FIELDS[purpose]}
            if quotes:
                told[id_]["notes"] = self.open_words(id_, sealed.wrapped_key, words)
        return told

    def rewrapped(self, bound_to: UUID, wrapped_key: bytes) -> bytes | None:
        """The same key under the key-encryption key; None where it lies under it already. Raises as `open`."""
        try:
            decrypt(self._wrapping, wrapped_key, bound_to.bytes)
        except InvalidTag:
            return encrypt(self._wrapping, self._key(bound_to, wrapped_key), bound_to.bytes)
        return None

    def _unwrap(self, bound_to: UUID, wrapped_key: bytes) -> AESGCM:
        return AESGCM(self._key(bound_to, wrapped_key))

    def _key(self, bound_to: UUID, wrapped_key: bytes) -> bytes:
        try:
            return decrypt(self._wrapping, wrapped_key, bound_to.bytes)
        except InvalidTag:
            if self._also is None:
                raise
            return decrypt(self._also, wrapped_key, bound_to.bytes)


async def look(pool: asyncpg.Pool, application: UUID, reader: UUID, why: Look) -> Found | None:
    """One application's part of the vault, the access recorded; None once erased. All words but for a supplement."""
    found = await _find(pool, [application], reader, why, () if why is Look.SUPPLEMENT else None)
    return found[0] if found else None


async def _find(
    pool: asyncpg.Pool, applications: Sequence[UUID], reader: UUID, why: StrEnum, notes: Sequence[UUID] | None
) -> list[Found]:
    """Recorded and read by one statement; the words of these notes, None: of all."""
    asked = applications, reader, why.value
    if notes is None or notes:
        rows = await pool.fetch(_WITH_WORDS, *asked, notes)
    else:
        rows = await pool.fetch(_WITHOUT_WORDS, *asked)
    return [Found(row[0], Sealed(row[1], row[2]), dict(zip(row[3] or (), row[4] or (), strict=True))) for row in rows]


async def destroy(connection: Connection, applicant_id: UUID) -> int:
    """Erase an applicant: destroy the keys of all their applications and documents.

    Returns how many applications were readable until now.
    """
    erased: int = await connection.fetchval(_DESTROY, applicant_id)
    return erased
