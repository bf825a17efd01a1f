"""Tells one application's story as the services would: ids from time and cause, sequences without gaps."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from motcua_contracts.envelope import Envelope, write_headers
from motcua_contracts.event import Event, Stream
from motcua_contracts.intake import ApplicationStatusChanged, Status
from motcua_contracts.notification import Failure
from motcua_contracts.vocabulary import Dossier, FeeBasis, Medium

_SECONDED = datetime(2026, 7, 1, tzinfo=UTC)


class Example(NamedTuple):
    """One event of a story with its envelope."""

    envelope: Envelope
    event: Event

    def body(self) -> bytes:
        """What stands in the Kafka record."""
        return self.event.model_dump_json(exclude_none=True).encode()

    def cloudevent(self) -> dict[str, Any]:
        """The CloudEvents JSON format of the very headers and body that go to Kafka."""
        headers = {name: value.decode() for name, value in write_headers(self.envelope)}
        content_type = headers.pop("content-type")
        attributes = {name.removeprefix("ce_"): value for name, value in headers.items()}
        return attributes | {"datacontenttype": content_type, "data": json.loads(self.body())}


class Told(NamedTuple):
    """One event before it has its number."""

    id: UUID
    time: datetime
    event: Event
    cause: UUID


class Telling:
    """Collects the events of one application, in any order; `examples` puts them in that of time and numbers them."""

    def __init__(self, filed: datetime, dossier: Dossier, basis: FeeBasis) -> None:
        self.filed, self.dossier, self.basis = filed, dossier, basis
        self.application = identifier(filed, dossier.code)
        self.applicant = identifier(_SECONDED, dossier.code, "account")
        self.officer = self.colleague("officer")
        self.status = self.status_before_supplement = Status.SUBMITTED
        self.unreachable: Mapping[Medium, Failure] = {}
        """What carries nothing at the moment, and why."""
        self.sms_provider = "sms-one"
        self.submission = self.outside(filed, "submit")
        self._told: dict[UUID, Told] = {}

    @property
    def examples(self) -> list[Example]:
        """All of it in the order of time."""
        sequences: Counter[Stream] = Counter()
        return [self._example(told, sequences) for told in sorted(self._told.values(), key=lambda told: told.time)]

    def _example(self, told: Told, sequences: Counter[Stream]) -> Example:
        stream = told.event.stream
        sequences[stream] += 1
        envelope = Envelope(
            id=told.id,
            source=stream.source,
            type=told.event.type,
            time=told.time.astimezone(UTC),
            subject=self.application,
            causation_id=told.cause,
            correlation_id=self.submission,
            sequence=sequences[stream],
            traceparent=f"00-{self.submission.hex}-{told.cause.hex[-16:]}-01",
        )
        return Example(envelope, told.event)

    def colleague(self, name: str) -> UUID:
        """An officer of the dossier's agency."""
        return identifier(_SECONDED, self.dossier.agency, name)

    def outside(self, time: datetime, what: str) -> UUID:
        """Id of a cause that is no event: a command, a gateway's call, an answer, a timer."""
        return identifier(time, str(self.application), what)

    def tell(self, time: datetime, event: Event, cause: UUID) -> UUID:
        """Add an event and return its id, the cause of what follows."""
        told = identifier(time, event.stream.source, str(self.application), str(cause), event.type)
        self._told[told] = Told(told, time, event, cause)
        return told

    @property
    def events(self) -> list[Event]:
        """All of it in the order of telling."""
        return [told.event for told in self._told.values()]

    def event(self, told: UUID) -> Event:
        """What was told under this id."""
        return self._told[told].event

    def time_of(self, told: UUID, milliseconds: int = 0) -> datetime:
        """When that was told, or so much later."""
        return self._told[told].time + timedelta(milliseconds=milliseconds)

    def move(self, status: Status, cause: UUID) -> None:
        """Intake reads another service's event and says where that leaves the application."""
        changed = ApplicationStatusChanged(status=status, previous=self.status)
        self.tell(self.time_of(cause, 41), changed, cause)
        self.status = status


def identifier(time: datetime, *words: str) -> UUID:
    """A synthetic id in the layout of UUIDv7: milliseconds, then a hash of the words instead of chance."""
    tail = int.from_bytes(blake2b("\0".join(words).encode(), digest_size=10).digest(), "big")
    value = int(time.timestamp() * 1000) << 80 | tail
    return UUID(int=value & ~(0xF << 76) & ~(0b11 << 62) | 0x7 << 76 | 0b10 << 62)
