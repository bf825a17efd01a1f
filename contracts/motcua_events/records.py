"""A Kafka record as the tools see it, whether it comes from a cluster or from a recording."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

Header = tuple[str, bytes | None]


class Record(Protocol):
    """What we use of an aiokafka `ConsumerRecord`; `timestamp` is Kafka's, in milliseconds, -1 where there is none."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[Header]: ...


class StoredRecord(NamedTuple):
    """A record out of a recording; the bytes are those that were recorded."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[Header]


def header(record: Record, name: str) -> bytes | None:
    """The first header of that name."""
    for key, value in record.headers:  # many times as fast as a generator
        if key == name:
            return value
    return None


def type_of(record: Record) -> str | None:
    """Its CloudEvents type, where it says one that can be printed."""
    text = (header(record, "ce_type") or b"").decode("ascii", "replace")
    return text if text.isprintable() and text else None
