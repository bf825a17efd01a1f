"""The shared checker: invariants I1-I6, from the topics, the databases and the outside parties' own ledgers.

I1 no application is lost · I2 at most one charge, and it is the one that settled · I3 at most one message per outcome,
and the provider has it · I4 the planned end is reached · I5 each service's events of an application are gap-free and
in order · I6 nothing waits: outbox, work and dead letters are empty.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from motcua_contracts import (
    ApplicationStatusChanged,
    ApplicationSubmitted,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    PaymentSettled,
    ResultReturned,
    Status,
)
from motcua_local.demo.history import Told

Stories = Mapping[UUID, list[Told]]


class Violation(NamedTuple):
    """A broken invariant, and where."""

    invariant: str
    application: UUID | None
    what: str


@dataclass(frozen=True)
class Ledgers:
    """What the outside parties say happened."""

    charges: list[dict[str, Any]]
    """VNPay: txn_ref, amount, transaction_no."""
    mails: Mapping[str, int]
    """Mail server: how often each Message-ID was accepted."""


@dataclass(frozen=True)
class Rest:
    """What still waits in one service's database."""

    service: str
    outbox: int
    work: int
    parked: int
    placeholders: int


def check(ends: Mapping[UUID, Status], stories: Stories, ledgers: Ledgers, rests: Iterable[Rest]) -> list[Violation]:
    """Everything that is not as promised; `ends` holds the planned end of each application that was submitted."""
    found = [*_lost(ends, stories), *_charges(ends, stories, ledgers), *_messages(stories, ledgers)]
    found += [*_ends(ends, stories), *_sequences(stories), *_waiting(rests)]
    return found


def _lost(ends: Mapping[UUID, Status], stories: Stories) -> Iterator[Violation]:
    for application in ends:
        if not _of(stories, application, ApplicationSubmitted):
            yield Violation("I1", application, "was submitted, but no event says so")


def _charges(ends: Mapping[UUID, Status], stories: Stories, ledgers: Ledgers) -> Iterator[Violation]:
    charged: Counter[str] = Counter(charge["txn_ref"] for charge in ledgers.charges)
    amounts = {charge["txn_ref"]: charge["amount"] for charge in ledgers.charges}
    for application in ends:
        settled = _of(stories, application, PaymentSettled)
        times = charged[application.hex]
        if times > 1 or len(settled) != times:
            yield Violation("I2", application, f"charged {times} times, settled {len(settled)} times")
        elif settled and settled[0].amount != amounts[application.hex]:
            yield Violation("I2", application, f"charged {amounts[application.hex]}, settled {settled[0].amount}")


def _messages(stories: Stories, ledgers: Ledgers) -> Iterator[Violation]:
    for message, times in ledgers.mails.items():
        if times > 1:
            yield Violation("I3", None, f"message {message} was accepted {times} times")
    for application in stories:
        asked = _of(stories, application, NotificationRequested)
        sent = _of(stories, application, NotificationSent)
        failed = _of(stories, application, NotificationFailed)
        if len({notice.topic for notice in asked}) != len(asked):
            yield Violation("I3", application, "was told the same thing twice")
        if len(asked) != len(sent) + len(failed):
            yield Violation(
                "I3", application, f"{len(asked)} messages asked for, {len(sent)} sent, {len(failed)} failed"
            )
        for notice in sent:
            if notice.reference not in ledgers.mails:
                yield Violation(
                    "I3", application, f"{notice.topic} counts as sent, the mail server has no such message"
                )


def _ends(ends: Mapping[UUID, Status], stories: Stories) -> Iterator[Violation]:
    for application, planned in ends.items():
        reached = status_of(stories.get(application, []))
        if reached is not planned:
            yield Violation("I4", application, f"planned end {planned}, stands at {reached}")


def _sequences(stories: Stories) -> Iterator[Violation]:
    for application, story in stories.items():
        heard: Counter[str] = Counter()
        for told in story:
            source, sequence = told.envelope.source, told.envelope.sequence
            heard[source] += 1
            if sequence != heard[source]:
                yield Violation("I5", application, f"{source} told {sequence}, expected {heard[source]}")
                heard[source] = sequence


def _waiting(rests: Iterable[Rest]) -> Iterator[Violation]:
    for rest in rests:
        for what in ("outbox", "work", "parked", "placeholders"):
            count = getattr(rest, what)
            if count:
                yield Violation("I6", None, f"{rest.service}: {count} in {what}")


def status_of(story: Iterable[Told]) -> Status | None:
    """The status intake's events left an application in."""
    status = None
    for told in story:
        match told.event:
            case ApplicationSubmitted():
                status = Status.SUBMITTED
            case ApplicationStatusChanged():
                status = told.event.status
            case ResultReturned():
                status = Status.RESULT_RETURNED
            case _ if told.event.type.startswith("vn.motcua.intake.application-"):
                status = _STEPS.get(told.event.name, status)
    return status


_STEPS = {"application-accepted": Status.ACCEPTED, "application-decided": Status.DECIDED}


def _of(stories: Stories, application: UUID, kind: type[Any]) -> list[Any]:
    return [told.event for told in stories.get(application, []) if isinstance(told.event, kind)]


_REST = """
SELECT (SELECT count(*) FROM outbox)::int, (SELECT count(*) FROM work WHERE at <= now() + interval '1 hour')::int,
       (SELECT count(*) FROM dead_letters WHERE state IN ('parked', 'held'))::int,
       (SELECT count(*) FROM aggregates WHERE version = 0)::int"""


async def at_rest(service: str, dsn: str) -> Rest:
    """Count what waits in a service's database; timers further than an hour away may wait."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        (row,) = await connection.fetch(_REST)
    finally:
        await connection.close()
    return Rest(service, *row)
