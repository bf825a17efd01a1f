"""The vault: who an applicant is, encrypted under a key of its own per application, told only for a stated purpose.

AES-256-GCM, application id as associated data; the application's key is itself encrypted under the key-encryption key.
Destroying an application's key erases the person. Invariant: nothing is told without a record of who asked and why.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from motcua_chassis.database import Connection
from motcua_intake.domain import Sealed

KEY_BYTES = 32
_NONCE_BYTES = 12

_KEEP = """
INSERT INTO vault (application_id, applicant_id, wrapped_key, sealed)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])"""
_TELL = """
WITH found AS (
    SELECT application_id, wrapped_key, sealed FROM vault
    WHERE application_id = ANY($1::uuid[]) AND wrapped_key IS NOT NULL
), noted AS (
    INSERT INTO vault_accesses (application_id, reader, purpose) SELECT application_id, $2, $3 FROM found
)
SELECT * FROM found"""
_DESTROY = "UPDATE vault SET wrapped_key = NULL WHERE applicant_id = $1 AND wrapped_key IS NOT NULL RETURNING true"


class Applicant(msgspec.Struct, frozen=True):
    """The personal data of one application."""

    personal_number: str
    full_name: str
    date_of_birth: date
    email: str
    phone: str | None = None

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
"""What each purpose needs to know, and therefore may."""

Told = dict[str, str | date | None]


class Vault:
    """Seals and opens under one key-encryption key.

    Random nonces allow 2**32 applications under one key (NIST SP 800-38D, 8.3); then it must be rotated.
    """

    def __init__(self, key: bytes) -> None:
        self._wrapping = AESGCM(key)

    def seal(self, application_id: UUID, applicant: Applicant) -> Sealed:
        """Encrypt under a fresh key, readable for this application alone."""
        key, bound_to = os.urandom(KEY_BYTES), application_id.bytes
        data = _encrypt(AESGCM(key), msgspec.json.encode(applicant), bound_to)
        return Sealed(_encrypt(self._wrapping, key, bound_to), data)

    def open(self, application_id: UUID, sealed: Sealed) -> Applicant:
        """Raises `cryptography.exceptions.InvalidTag` under another key, for another application, or if altered."""
        bound_to = application_id.bytes
        key = _decrypt(self._wrapping, sealed.wrapped_key, bound_to)
        return msgspec.json.decode(_decrypt(AESGCM(key), sealed.data, bound_to), type=Applicant)

    async def tell(
        self, pool: asyncpg.Pool, applications: Sequence[UUID], reader: UUID, purpose: Purpose
    ) -> dict[UUID, Told]:
        """What the purpose allows of these applicants, each access recorded; erased and unknown ones are absent.

        Raises rather than leaves out what cannot be opened: a wrong key must not pass for an erasure.
        """
        rows = await pool.fetch(_TELL, applications, reader, purpose.value)
        opened = {id_: self.open(id_, Sealed(wrapped_key, data)) for id_, wrapped_key, data in rows}
        return {id_: {name: getattr(who, name) for name in FIELDS[purpose]} for id_, who in opened.items()}


async def keep(connection: Connection, submitted: Sequence[tuple[UUID, UUID, Sealed]]) -> None:
    """Store (application, applicant, sealed data), in the transaction that records the submissions."""
    await connection.execute(
        _KEEP,
        [application for application, _, _ in submitted],
        [applicant for _, applicant, _ in submitted],
        [sealed.wrapped_key for _, _, sealed in submitted],
        [sealed.data for _, _, sealed in submitted],
    )


async def destroy(connection: Connection, applicant_id: UUID) -> int:
    """Erase an applicant: destroy the keys of all their applications. Returns how many were readable until now."""
    return len(await connection.fetch(_DESTROY, applicant_id))


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypt(cipher: AESGCM, data: bytes, bound_to: bytes) -> bytes:
    return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound_to)
