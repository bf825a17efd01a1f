"""The shared checker: invariants I1-I6, from the topics, the databases and the outside parties' own ledgers.

I1 no application is lost · I2 money, see `money` · I3 at most one message per outcome, and the provider has it · I4 the
planned end is reached · I5 each service's events of an application are gap-free and in order · I6 nothing
waits: outbox, work and dead letters are empty.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from motcua_contracts import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStatusChanged,
    ApplicationStopped,
    ApplicationSubmitted,
    ApplicationSupplemented,
    ApplicationWithdrawn,
    AppointmentExtended,
    Event,
    IdentityRejected,
    IdentityReviewRequired,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentWaived,
    ProcessingStarted,
    RefundDeclined,
    RefundRequested,
    ResultReturned,
    Status,
    SupplementRequested,
    Topic,
)
from motcua_local.demo import money
from motcua_local.demo.history import Told
from motcua_local.demo.ledgers import Ledgers
from motcua_local.demo.plan import Planned

Stories = Mapping[UUID, list[Told]]


class Violation(NamedTuple):
    """A broken invariant, and where."""

    invariant: str
    application: UUID | None
    what: str


@dataclass(frozen=True)
class Rest:
    """What still waits in one service's database."""

    service: str
    outbox: int
    work: int
    parked: int
    placeholders: int


def check(
    planned: Mapping[UUID, Planned], stories: Stories, ledgers: Ledgers, rests: Iterable[Rest]
) -> list[Violation]:
    """Everything that is not as promised; `planned` holds what was submitted."""
    found = [*_lost(planned, stories), *_money(planned, stories, ledgers), *_messages(stories, ledgers)]
    found += [*_ends(planned, stories), *_sequences(stories), *_waiting(rests)]
    return found


def _lost(planned: Iterable[UUID], stories: Stories) -> Iterator[Violation]:
    for application in planned:
        if not _of(stories, application, ApplicationSubmitted):
            yield Violation("I1", application, "was submitted, but no event says so")


def _money(planned: Mapping[UUID, Planned], stories: Stories, ledgers: Ledgers) -> Iterator[Violation]:
    by_order = money.ByOrder(ledgers)
    for application, each in planned.items():
        account = money.Account(application, stories.get(application, []), by_order)
        yield from (Violation("I2", application, fault) for fault in money.faults(account, each.script))


def _messages(stories: Stories, ledgers: Ledgers) -> Iterator[Violation]:
    for message, times in ledgers.messages.items():
        if times > 1:
            yield Violation("I3", None, f"message {message} was accepted {times} times")
    for application in stories:
        yield from (Violation("I3", application, fault) for fault in _faults_of_telling(application, stories, ledgers))


def _faults_of_telling(application: UUID, stories: Stories, ledgers: Ledgers) -> Iterator[str]:
    asked = Counter((n.topic, n.number, n.medium, n.attempt) for n in _of(stories, application, NotificationRequested))
    sent = _of(stories, application, NotificationSent)
    if missing := untold(stories[application]):
        yield f"was never to be told about {sorted(missing)}"
    ended = Counter(
        (n.topic, n.number, n.medium, n.attempt) for n in (*sent, *_of(stories, application, NotificationFailed))
    )
    if asked != ended:
        yield f"messages without an end: {sorted((asked - ended).elements())}, or ended twice"
    for topic, times in Counter((n.topic, n.number) for n in sent).items():
        if times > 1:
            yield f"was told {times} times about {topic}"
    for notice in sent:
        if notice.reference not in ledgers.references:
            yield f"{notice.topic} counts as sent by {notice.medium}, its provider has no such message"


def _ends(planned: Mapping[UUID, Planned], stories: Stories) -> Iterator[Violation]:
    for application, each in planned.items():
        reached = status_of(stories.get(application, []))
        if reached is not each.script.end:
            yield Violation("I4", application, f"{each.journey}: planned end {each.script.end}, stands at {reached}")


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
    status, before = None, None
    for told in story:
        match told.event:
            case ApplicationStatusChanged():
                status = told.event.status
            case SupplementRequested():
                status, before = Status.SUPPLEMENT_REQUESTED, status
            case ApplicationSupplemented():
                status = before
            case event:
                status = _AFTER.get(type(event), status)
    return status


def untold(story: Iterable[Told]) -> set[tuple[Topic, int]]:
    """What the citizen is to be told about because of these events, and no message has been asked for yet."""
    owed: set[tuple[Topic, int]] = set()
    asked: set[tuple[Topic, int]] = set()
    for told in story:
        if isinstance(told.event, NotificationRequested):
            asked.add((told.event.topic, told.event.number))
        elif (occasion := owed_by(told.event)) is not None:
            owed.add(occasion)
    return owed - asked


def owed_by(event: Event) -> tuple[Topic, int] | None:
    """What the citizen has to be told because of this event, said here once more, apart from notification's rules."""
    topic = _TOPICS.get(type(event))
    if topic is None or getattr(event, "dossier", None) is None or getattr(event, "attempt", 1) > 1:
        return None
    return topic, getattr(event, "number", 1)


_TOPICS: Mapping[type[Event], Topic] = {
    ApplicationSubmitted: Topic.SUBMITTED,
    IdentityReviewRequired: Topic.IDENTITY_IN_REVIEW,
    IdentityRejected: Topic.IDENTITY_REJECTED,
    PaymentRequested: Topic.PAYMENT_REQUESTED,
    PaymentWaived: Topic.PAYMENT_WAIVED,
    PaymentSettled: Topic.PAYMENT_SETTLED,
    PaymentExpired: Topic.PAYMENT_EXPIRED,
    ApplicationAccepted: Topic.ACCEPTED,
    SupplementRequested: Topic.SUPPLEMENT_REQUESTED,
    ApplicationSupplemented: Topic.SUPPLEMENT_RECEIVED,
    AppointmentExtended: Topic.APPOINTMENT_EXTENDED,
    ApplicationDeclined: Topic.DECLINED,
    ApplicationStopped: Topic.STOPPED,
    ApplicationWithdrawn: Topic.WITHDRAWN,
    ApplicationDecided: Topic.DECIDED,
    ResultReturned: Topic.RESULT_RETURNED,
    RefundRequested: Topic.REFUND_REQUESTED,
    PaymentRefunded: Topic.PAYMENT_REFUNDED,
    RefundDeclined: Topic.REFUND_DECLINED,
}

_AFTER: Mapping[type[Event], Status] = {
    ApplicationSubmitted: Status.SUBMITTED,
    ApplicationAccepted: Status.ACCEPTED,
    ApplicationDeclined: Status.DECLINED,
    ProcessingStarted: Status.IN_PROCESS,
    ApplicationDecided: Status.DECIDED,
    ApplicationStopped: Status.STOPPED,
    ApplicationWithdrawn: Status.WITHDRAWN,
    ResultReturned: Status.RESULT_RETURNED,
}


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
