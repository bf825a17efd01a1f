"""The topics: partitions with an order of their own, none between them. What is published stays, perhaps twice."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from motcua_chassis.codec import Incoming, Outgoing, Poison, Reader, unpack_headers

PARTITIONS = 2
Place = tuple[str, int]


class Content:
    """What a record holds; read once by each service, however often it is delivered."""

    __slots__ = ("headers", "key", "readings", "value")

    def __init__(self, row: Outgoing) -> None:
        self.key = str(row.key).encode()
        self.headers = unpack_headers(row.headers)
        self.value: bytes | None = row.body
        self.readings: dict[int, Incoming | Poison | None] = {}


class Record:
    """Content at its place, as the codec wants it."""

    __slots__ = ("content", "offset", "partition", "topic")

    def __init__(self, place: Place, offset: int, content: Content) -> None:
        self.topic, self.partition = place
        self.offset = offset
        self.content = content

    @property
    def key(self) -> bytes:
        return self.content.key

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        return self.content.headers

    @property
    def value(self) -> bytes | None:
        return self.content.value

    def read_by(self, reader: Reader) -> Incoming | Poison | None:
        """What this reader makes of it."""
        readings, who = self.content.readings, id(reader)
        if who not in readings:
            record: Any = self
            readings[who] = reader.read(record)
        return readings[who]


class Log:
    """All topics."""

    def __init__(self) -> None:
        self.records: dict[Place, list[Record]] = {}
        self._readers: dict[str, list[Callable[[Place], None]]] = {}

    def subscribe(self, topic: str, hear: Callable[[Place], None]) -> None:
        """Let `hear` know of every record of this topic."""
        self._readers.setdefault(topic, []).append(hear)

    def publish(self, topic: str, key: UUID, content: Content) -> None:
        """Append to the partition of this key."""
        place = topic, key.int % PARTITIONS
        partition = self.records.setdefault(place, [])
        partition.append(Record(place, len(partition), content))
        for hear in self._readers.get(topic, ()):
            hear(place)
