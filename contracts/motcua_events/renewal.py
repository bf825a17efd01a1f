"""Gives replayed events new ids and moves their times by whole days, so that they are a new story with the old causes.

An old id becomes the same new id wherever it stands, as a function of a salt: nothing is remembered, and a million
events need no more memory than one. What is random in an id moves round its circle by a distance that the salt tells:
two ids never become one. Whole days keep the time of day, every interval, and the order of the ids.
"""

import re
import secrets
from binascii import unhexlify
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from motcua_events.records import Header, Record

ID_HEADERS = ("ce_id", "ce_subject", "ce_partitionkey", "ce_causationid", "ce_correlationid")
REFERENCES = ("because",)
"""Fields in bodies that hold the id of an event. Other ids there name people and papers, and stay."""
_DAY_MS = 86_400_000
_CACHED = 16_384
"""So many events follow one another quickly. More would be looked for in memory instead of the processor's cache."""
_LENGTH, _BYTES = 36, 16
_ALL = (1 << 128) - 1
_RANDOM = 0xFFF << 64 | (1 << 62) - 1
"""The bits of a UUIDv7 that are; the others are its time, version and variant."""

_IN_BODY = re.compile(
    rb'"(?:(?P<day>\d{4}-\d\d-\d\d)(?=(?:T\d\d:\d\d[0-9:.]*(?:Z|[+-]\d\d:\d\d))?")|'
    rb"(?:" + "|".join(REFERENCES).encode() + rb')"\s*:\s*"(?P<id>[0-9a-fA-F-]{36})(?="))'
)


class Renewed(NamedTuple):
    """What goes to Kafka."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]
    timestamp: int


class Renewal:
    """One mapping of old to new; the same salt and days give the same one again."""

    def __init__(self, days: int, salt: str | None = None) -> None:
        self.days = days
        self.salt = salt or secrets.token_hex(8)
        self._distance = int.from_bytes(blake2b(self.salt.encode(), digest_size=_BYTES).digest(), "big")
        self.id = lru_cache(maxsize=_CACHED)(self._id)
        self._day = lru_cache(maxsize=_CACHED)(self._shifted)
        self._rewrites: dict[str, Callable[[bytes | None], bytes | None]] = dict.fromkeys(ID_HEADERS, self.id)
        self._rewrites["ce_time"] = self._time

    def apply(self, record: Record) -> Renewed:
        """The record with everything replaced that can be read; the rest stays as it is."""
        rewrites = self._rewrites
        headers: list[Header] = [
            pair if (rewrite := rewrites.get(pair[0])) is None else (pair[0], rewrite(pair[1]))
            for pair in record.headers
            if pair[0] != "traceparent"  # the trace is that of the first run
        ]
        key = self.id(record.key)
        value = None if record.value is None else _IN_BODY.sub(self._in_body, record.value)
        timestamp = record.timestamp + self.days * _DAY_MS if record.timestamp >= 0 else record.timestamp
        return Renewed(key, value, headers, timestamp)

    def _in_body(self, found: re.Match[bytes]) -> bytes:
        whole, old = found[0], found["day"] or found["id"]
        new = self._day(old) if found["day"] else self.id(old) or old
        return whole[: len(whole) - len(old)] + new

    def _time(self, value: bytes | None) -> bytes | None:
        return value and self._day(value[:10]) + value[10:]

    def _shifted(self, day: bytes) -> bytes:
        try:
            return (date.fromisoformat(day.decode()) + timedelta(days=self.days)).isoformat().encode()
        except (ValueError, OverflowError):
            return day

    def _id(self, old: bytes | None) -> bytes | None:
        """A UUIDv7 keeps its place in time, moved; another id becomes one that looks as random as it did."""
        try:
            raw = unhexlify(old.replace(b"-", b"")) if old and len(old) == _LENGTH else b""
        except ValueError:
            return old
        if len(raw) != _BYTES:
            return old
        number = int.from_bytes(raw, "big")
        spread = number + self._distance & _ALL
        if raw[6] >> 4 == 7:
            spread = spread & _RANDOM | (number + (self.days * _DAY_MS << 80)) & _ALL & ~_RANDOM
        text = f"{spread:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()
