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
_CACHED = 8_192
"""So many events follow one another quickly. More would be looked for in memory instead of the processor's cache."""
_LENGTH, _BYTES = 36, 16
_ALL = (1 << 128) - 1
_RANDOM = 0xFFF << 64 | (1 << 62) - 1
"""The bits of a UUIDv7 that are; the others are its time, version and variant."""
_NOT_RANDOM = _ALL & ~_RANDOM
_BELOW_TIME = 80
_OF_THE_FIRST_RUN = "traceparent"
_MOST_LAYOUTS = 256

_IN_BODY = re.compile(
    rb'"(?:(\d{4}-\d\d-\d\d)(?=(?:T\d\d:\d\d[0-9:.]*(?:Z|[+-]\d\d:\d\d))?")|'
    rb"((?:" + "|".join(REFERENCES).encode() + rb')"\s*:\s*")([0-9a-fA-F-]{36})(?="))'
)


Rewrite = Callable[[bytes | None], bytes | None]


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
        self._later = days * _DAY_MS << _BELOW_TIME
        self.id = lru_cache(maxsize=_CACHED)(self._id)
        self._day = lru_cache(maxsize=_CACHED)(self._shifted)
        self._layout = lru_cache(maxsize=_MOST_LAYOUTS)(self._laid_out)
        self._rewrites: dict[str, Rewrite] = dict.fromkeys(ID_HEADERS, self.id)
        self._rewrites["ce_time"] = self._time

    def apply(self, record: Record) -> Renewed:
        """The record with everything replaced that can be read; the rest stays as it is."""
        headers = list(record.headers)
        rewritten, dropped = self._layout(tuple([name for name, _ in headers]))
        for index, name, rewrite in rewritten:
            headers[index] = name, rewrite(headers[index][1])
        for index in dropped:
            del headers[index]
        value = None if record.value is None else _IN_BODY.sub(self._in_body, record.value)
        timestamp = record.timestamp + self.days * _DAY_MS if record.timestamp >= 0 else record.timestamp
        return Renewed(self.id(record.key), value, headers, timestamp)

    def _laid_out(self, names: tuple[str, ...]) -> tuple[list[tuple[int, str, Rewrite]], list[int]]:
        """Which of these headers become anew, and which go, the last first; records of one kind share the answer."""
        places = list(enumerate(names))
        rewritten = [(index, name, self._rewrites[name]) for index, name in places if name in self._rewrites]
        return rewritten, [index for index, name in reversed(places) if name == _OF_THE_FIRST_RUN]

    def _in_body(self, found: re.Match[bytes]) -> bytes:
        day, before, old = found.groups()
        return b'"' + (self._day(day) if day else before + (self.id(old) or old))

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
            spread = spread & _RANDOM | number + self._later & _NOT_RANDOM
        pairs = spread.to_bytes(_BYTES, "big").hex("-", 2)
        return f"{pairs[:4]}{pairs[5:24]}-{pairs[25:29]}{pairs[30:34]}{pairs[35:]}".encode()
