"""Deterministic ids: the same cause never makes two of them, two services never the same one.

Layout of UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 bits of a blake2b hash instead of chance.
"""

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID as StandardUUID

from asyncpg.pgproto.pgproto import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_MASK_12 = (1 << 12) - 1
_MASK_62 = (1 << 62) - 1


def derive(time: datetime, content: bytes) -> UUID:
    """The id that `time` and `content` always give."""
    digest = int.from_bytes(blake2b(content, digest_size=10).digest(), "big")
    tail = (digest >> 62 & _MASK_12) << 64 | digest & _MASK_62
    return UUID((_head(time) | tail).to_bytes(16, "big"))


@lru_cache(maxsize=32)
def _head(time: datetime) -> int:
    """The bits that all ids of one instant share; a batch has one instant."""
    return int(time.timestamp() * 1000) << 80 | _VERSION_7 | _VARIANT


def event_id(time: datetime, source: bytes, aggregate: StandardUUID, cause: StandardUUID, index: int) -> UUID:
    """Id of the `index`-th event that `cause` led to in `aggregate` of the service `source`."""
    return derive(time, aggregate.bytes + cause.bytes + index.to_bytes(2, "big") + source)


def name_id(*parts: str) -> UUID:
    """A timeless id for a name, such as a command's (principal, route, idempotency key)."""
    return UUID(blake2b("\0".join(parts).encode(), digest_size=16).digest())


def numbers_of(code: str) -> tuple[str, int]:
    """`H29.25.12-261122-0001` -> (`H29.25.12-261122`, 1): a code that ends with the number of its series."""
    series, _, number = code.rpartition("-")
    return series, int(number)
