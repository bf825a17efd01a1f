"""Many applications of one kind: the story of a paid one, told again with ids, codes and receipts of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from uuid import UUID

from motcua_chassis.identifiers import derive
from motcua_contracts import write_headers
from motcua_contracts.tools.examples import paid
from motcua_events.placement import partition_of
from motcua_events.records import StoredRecord

PARTITIONS = 12
AT_ONCE = 2_000
"""Applications under way at the same time: the next event of each, then the one after it."""
BEGAN = datetime(2026, 12, 7, tzinfo=UTC)
STORY = paid()
_BODIES = [each.body() for each in STORY]
_CODE, _RECEIPT = b"-261207-0001", b"BL26H29-0000001"
_ORDER = STORY[0].envelope.subject.hex.encode()


class Crowd:
    """Their events as they lie on the topics, one millisecond after the other, with offsets without a hole."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._offsets: dict[tuple[str, int], Iterator[int]] = {}

    def records(self, events: int) -> Iterator[StoredRecord]:
        """So many; the last stories may end early."""
        return islice(self._all(), events)

    def _all(self) -> Iterator[StoredRecord]:
        ticks = count()
        for group in count():
            numbers = range(group * AT_ONCE, (group + 1) * AT_ONCE)
            for step in range(len(STORY)):
                for number in numbers:
                    yield self._told(step, number, BEGAN + timedelta(milliseconds=next(ticks)))

    def _told(self, step: int, number: int, now: datetime) -> StoredRecord:
        envelope, event = STORY[step]
        application = _own(envelope.subject, number)
        stamp = envelope._replace(
            id=_own(envelope.id, number), time=now, subject=application,
            causation_id=_own(envelope.causation_id, number), correlation_id=_own(envelope.correlation_id, number),
        )  # fmt: skip
        key = str(application).encode()
        place = f"{self._prefix}{event.stream.topic}", partition_of(key, PARTITIONS)
        offset = next(self._offsets.setdefault(place, count()))
        milliseconds = int(now.timestamp() * 1000)
        return StoredRecord(*place, offset, milliseconds, key, _body(step, number, key), write_headers(stamp))


def _own(id_: UUID, number: int) -> UUID:
    return derive(BEGAN, id_.bytes + number.to_bytes(8, "big"))


def _body(step: int, number: int, key: bytes) -> bytes:
    """With a code, an order and a receipt that nobody else has."""
    return (
        _BODIES[step]
        .replace(_CODE, b"-261207-%07d" % (number + 1))
        .replace(_RECEIPT, b"BL26H29-%07d" % (number + 1))
        .replace(_ORDER, key.replace(b"-", b""))
    )
