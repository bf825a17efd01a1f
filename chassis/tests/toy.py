"""A small service to try the chassis with: it checks identities, by asking an outside system that says yes.

Run as a process (`python -m chassis.tests.toy`) it is a whole service; its outside system appends to the file
MOTCUA_TOY_LEDGER, so that a test can count the calls.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiokafka import ConsumerRecord
from msgspec.structs import replace

from motcua_chassis.codec import write_body
from motcua_chassis.identifiers import event_id
from motcua_chassis.message import Decider, Decision, Exhausted, Message, Refusal, Work
from motcua_chassis.service import Service, run
from motcua_chassis.settings import ChassisSettings
from motcua_chassis.worker import Adapter, Repeatable, Task
from motcua_contracts import (
    ApplicationSubmitted,
    Attributes,
    Dossier,
    Envelope,
    Event,
    FeeBasis,
    Gateway,
    IdentityCheckRequested,
    IdentityRejected,
    IdentityVerified,
    Match,
    PaymentSettled,
    Stream,
    write_headers,
)

RAISES = "H29.25.12-261122-6666"
"""A dossier code at which the toy's `decide` raises."""

MATCH = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
ABSENT = Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED)


class Toy(msgspec.Struct, frozen=True):
    request: IdentityCheckRequested | None = None
    submissions: int = 0
    ended: bool = False
    receipts: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True):
    yes: bool


class Settle(msgspec.Struct, frozen=True):
    """A command that takes a number of the series."""

    series: str
    refuse: bool = False


def decide(state: Toy, message: Message) -> Decision:  # noqa: PLR0911
    match message.body:
        case ApplicationSubmitted(dossier=dossier) if dossier.code == RAISES:
            raise ArithmeticError("a defect")
        case ApplicationSubmitted(dossier=dossier, fee_basis=basis):
            return [IdentityCheckRequested(dossier=dossier, fee_basis=basis)]
        case Said(yes=True) if state.request:
            return [
                IdentityVerified(dossier=state.request.dossier, fee_basis=state.request.fee_basis, attributes=MATCH)
            ]
        case Said(yes=False):
            return []
        case Exhausted() if state.request:
            return [IdentityRejected(dossier=state.request.dossier, attributes=ABSENT)]
        case Settle(refuse=True):
            return Refusal("not-now")
        case Settle():
            return [settled(f"{message.body.series}-{message.number:07d}")]
        case _:
            return []


def evolve(state: Toy, event: Any) -> Toy:
    match event:
        case IdentityCheckRequested():
            return replace(state, request=event, submissions=state.submissions + 1)
        case IdentityVerified() | IdentityRejected():
            return replace(state, ended=True)
        case PaymentSettled():
            return replace(state, receipts=(*state.receipts, event.receipt))
    return state


def due(state: Toy) -> dict[str, Work]:
    return {"ask": Work("ask")} if state.request and not state.ended else {}


def counter(_state: Toy, message: Message) -> str | None:
    body = message.body
    return body.series if isinstance(body, Settle) and not body.refuse else None


TOY = Decider(Toy(), decide, evolve, due, counter)


class Yes(Adapter):
    """The outside system."""

    kind = "ask"
    timeout = 5.0
    attempts = 3

    def __init__(self, ledger: Path | None = None, repeatable: Repeatable = Repeatable.IDEMPOTENT) -> None:
        self.ledger, self.repeatable = ledger, repeatable
        self.calls: list[Task] = []

    async def call(self, task: Task) -> Said:
        self.calls.append(task)
        if self.ledger:
            with self.ledger.open("a") as book:
                book.write(f"{task.application}\n")
        return Said(yes=True)

    async def close(self) -> None:
        pass


def dossier(code: str = "H29.25.12-261122-0001") -> Dossier:
    return Dossier(code=code, applicant_id=uuid4(), procedure="2.000815", agency="H29.25.12", channel="online")


def submitted(code: str = "H29.25.12-261122-0001") -> ApplicationSubmitted:
    return ApplicationSubmitted(dossier=dossier(code), fee_basis=FeeBasis(submitted_on=date(2026, 11, 22)))


def settled(receipt: str) -> PaymentSettled:
    return PaymentSettled(
        dossier=dossier(),
        order="0" * 32,
        amount=1,
        gateway=Gateway.VNPAY,
        transaction="1",
        paid_at=datetime(2026, 11, 22, tzinfo=UTC),
        receipt=receipt,
    )


def envelope(application: UUID, sequence: int = 1, event: type[Event] = ApplicationSubmitted) -> Envelope:
    now, cause = datetime.now(UTC), uuid4()
    identity = event_id(now, b"/motcua/intake", application, cause, 0)
    return Envelope(identity, "/motcua/intake", event.type, now, application, cause, cause, sequence)


def record(
    application: UUID | None = None,
    offset: int = 0,
    *,
    event: Event | None = None,
    stamp: Envelope | None = None,
    partition: int = 0,
    value: bytes | None = None,
    headers: Sequence[tuple[str, bytes | None]] | None = None,
    key: bytes | None = None,
) -> ConsumerRecord:
    """A Kafka record as intake would have published it; every part can be replaced by a bad one."""
    application = application or uuid4()
    event = event or submitted()
    stamp = stamp or envelope(application, offset + 1, type(event))
    return ConsumerRecord(
        topic="motcua.intake.events",
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=str(application).encode() if key is None else key,
        value=write_body(event) if value is None else value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=list(write_headers(stamp)) if headers is None else list(headers),
    )


class ToySettings(ChassisSettings):
    toy_ledger: Path


if __name__ == "__main__":
    settings = ToySettings()
    run(
        Service(Stream.IDENTITY, "Toy", TOY, reads=[ApplicationSubmitted], adapters=[Yes(settings.toy_ledger)]),
        settings,
    )
