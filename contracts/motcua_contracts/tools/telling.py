"""Tells one application's story as the services would: ids from time and cause, sequences without gaps."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from motcua_contracts.envelope import Envelope, write_headers
from motcua_contracts.event import Event, Stream
from motcua_contracts.identity import IdentityCheckRequested
from motcua_contracts.intake import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationStatusChanged,
    ApplicationSubmitted,
    Handover,
    Outcome,
    ResultReturned,
    Status,
)
from motcua_contracts.notification import (
    Facts,
    Failure,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    Topic,
)
from motcua_contracts.vocabulary import Dossier, FeeBasis, Medium


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


class Telling:
    """Collects the events of one application; every method adds what a step makes the services publish."""

    def __init__(self, filed: datetime, dossier: Dossier, basis: FeeBasis) -> None:
        self.filed, self.dossier, self.basis = filed, dossier, basis
        self.application = identifier(filed, dossier.code)
        self.officer = identifier(datetime(2026, 7, 1, tzinfo=UTC), dossier.agency, "officer")
        self.examples: list[Example] = []
        self._submission = self.outside(filed, "submit")
        self._sequences: Counter[Stream] = Counter()

    def outside(self, time: datetime, what: str) -> UUID:
        """Id of a cause that is no event: a command, a gateway's call, an answer, a timer."""
        return identifier(time, str(self.application), what)

    def tell(self, time: datetime, event: Event, cause: UUID) -> UUID:
        """Append an event and return its id, the cause of what follows."""
        self._sequences[event.stream] += 1
        sequence = self._sequences[event.stream]
        envelope = Envelope(
            id=identifier(time, event.stream.source, str(self.application), str(cause), str(sequence)),
            source=event.stream.source,
            type=event.type,
            time=time.astimezone(UTC),
            subject=self.application,
            causation_id=cause,
            correlation_id=self._submission,
            sequence=sequence,
            traceparent=f"00-{self._submission.hex}-{cause.hex[-16:]}-01",
        )
        self.examples.append(Example(envelope, event))
        return envelope.id

    def submit(self) -> UUID:
        submitted = self.tell(
            self.filed, ApplicationSubmitted(dossier=self.dossier, fee_basis=self.basis), self._submission
        )
        self.notify(self.filed, Topic.SUBMITTED, submitted)
        check = IdentityCheckRequested(dossier=self.dossier, fee_basis=self.basis)
        return self.tell(self.filed + timedelta(milliseconds=38), check, submitted)

    def move(self, time: datetime, previous: Status, status: Status, cause: UUID) -> None:
        self.tell(time + timedelta(milliseconds=41), ApplicationStatusChanged(status=status, previous=previous), cause)

    def notify(self, time: datetime, topic: Topic, cause: UUID, facts: Facts | None = None) -> None:
        requested = self._request(time, topic, cause, facts)
        sent = NotificationSent(topic=topic, medium=Medium.EMAIL, reference=f"<{requested}@motcua.example>")
        self.tell(time + timedelta(milliseconds=912), sent, self.outside(time, f"mail {topic}"))

    def notify_in_vain(self, time: datetime, topic: Topic, cause: UUID, facts: Facts | None = None) -> None:
        self._request(time, topic, cause, facts)
        failed = NotificationFailed(topic=topic, medium=Medium.EMAIL, reason=Failure.REFUSED_BY_PROVIDER)
        self.tell(time + timedelta(milliseconds=655), failed, self.outside(time, f"mail {topic}"))

    def _request(self, time: datetime, topic: Topic, cause: UUID, facts: Facts | None) -> UUID:
        requested = NotificationRequested(
            dossier=self.dossier,
            topic=topic,
            medium=Medium.EMAIL,
            template=f"{topic}.v1",
            facts=facts or Facts(),
            because=cause,
        )
        return self.tell(time + timedelta(milliseconds=52), requested, cause)

    def accept(self, time: datetime, appointment: datetime, working_days: int) -> UUID:
        accepted = ApplicationAccepted(
            dossier=self.dossier, accepted_by=self.officer, appointment=appointment, working_days=working_days
        )
        return self.tell(time, accepted, self.outside(time, "accept"))

    def decide(self, time: datetime, outcome: Outcome, result: str | None) -> UUID:
        decided = ApplicationDecided(dossier=self.dossier, outcome=outcome, decided_by=self.officer, result=result)
        return self.tell(time, decided, self.outside(time, "decide"))

    def hand_over(self, time: datetime, outcome: Outcome, handover: Handover) -> UUID:
        returned = ResultReturned(dossier=self.dossier, outcome=outcome, handover=handover, returned_by=self.officer)
        return self.tell(time, returned, self.outside(time, "return"))


def identifier(time: datetime, *words: str) -> UUID:
    """A synthetic id in the layout of UUIDv7: milliseconds, then a hash of the words instead of chance."""
    tail = int.from_bytes(blake2b("\0".join(words).encode(), digest_size=10).digest(), "big")
    value = int(time.timestamp() * 1000) << 80 | tail
    return UUID(int=value & ~(0xF << 76) & ~(0b11 << 62) | 0x7 << 76 | 0b10 << 62)
