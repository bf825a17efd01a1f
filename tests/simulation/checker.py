"""What must hold once everything rests: the invariants I1, I3, I4, I5 and I8, and what services must agree on.

Money is `accounts`' business. Every check reads the topics or an outside ledger, not what a service says of itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from motcua_chassis.codec import Incoming
from motcua_chassis.identifiers import numbers_of
from motcua_chassis.replayable import own_events
from motcua_contracts import (
    ApplicationSubmitted,
    Event,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    PaymentSettled,
    Status,
    Stream,
)
from motcua_identity.domain import Phase as Check
from motcua_intake.application import ENDS
from motcua_notification.notice_rule import Rule
from motcua_notification.rules import RULES
from motcua_payment.state import Phase
from tests.simulation.accounts import faults_of_money
from tests.simulation.log import Content
from tests.simulation.node import Node
from tests.simulation.schedule import Schedule

Story = dict[Stream, list[Incoming]]
_STREAMS = tuple(Stream)
_BY_TOPIC = {stream.topic: stream for stream in Stream}
_READERS = {stream: own_events(stream) for stream in Stream}
_RULES: dict[type[Event], list[Rule]] = {}
for _rule in RULES.all:
    _RULES.setdefault(_rule.event, []).append(_rule)
_PAYMENT_PHASES = frozenset({Phase.WAIVED, Phase.SETTLED, Phase.EXPIRED, Phase.CANCELLED})
_PAID_FOR = frozenset({Status.RESULT_RETURNED, Status.DECLINED, Status.STOPPED})


def check(schedule: Schedule) -> list[str]:
    """Everything that is not as promised, in words that begin with the invariant."""
    found = [*_waiting(schedule)]
    stories, repeats = _stories(schedule)
    found += repeats
    found += _filed(schedule, stories)
    for application, story in stories.items():
        for stream, told in story.items():
            found += _in_order(application, stream, told)
            found += _folded(application, schedule.nodes[stream], told)
        found += _ended(application, schedule, story)
        found += _at_its_end(application, schedule.nodes[Stream.INTAKE], story[Stream.INTAKE])
        found += _seen_by_two(application, story[Stream.IDENTITY])
        found += _told(application, schedule, story)
        found += faults_of_money(application, schedule, {s: [t.event for t in told] for s, told in story.items()})
    return [*found, *_series(stories)]


def _waiting(schedule: Schedule) -> Iterator[str]:
    for node in schedule.nodes.values():
        if node.faults:
            yield f"I7 {node.name} parked or raised: {node.faults[0]}"
        if node.outbox:
            yield f"I6 {node.name} has {len(node.outbox)} rows in its outbox"
        if node.work.rows:
            yield f"I6 {node.name} has work left: {sorted(key for _, key in node.work.rows)}"
        for place, records in schedule.log.records.items():
            if place[0] in node.reader.topics and node.positions.get(place, 0) != len(records):
                yield f"I6 {node.name} stands at {node.positions.get(place, 0)} of {len(records)} in {place}"


def _stories(schedule: Schedule) -> tuple[dict[UUID, Story], list[str]]:
    """By application and service, each event once, in the order of its topic."""
    stories: dict[UUID, Story] = defaultdict(lambda: {stream: [] for stream in _STREAMS})
    seen: dict[UUID, Content] = {}
    faults = []
    for (topic, _), records in schedule.log.records.items():
        stream = _BY_TOPIC[topic]
        for record in records:
            told = record.read_by(_READERS[stream])
            if not isinstance(told, Incoming):
                faults.append(f"I5 {stream.value} published what nobody can read: {told}")
                continue
            known = seen.get(told.envelope.id)
            if known is None:
                seen[told.envelope.id] = record.content
                stories[told.envelope.subject][stream].append(told)
            elif known is not record.content:
                faults.append(f"I5 two events have the id {told.envelope.id}")
    return stories, faults


def _filed(schedule: Schedule, stories: dict[UUID, Story]) -> Iterator[str]:
    if len(schedule.citizens.applications) != schedule.filed:
        yield f"I1 {schedule.filed} citizens filed, {len(schedule.citizens.applications)} were answered"
    submitted = {a for a, story in stories.items() if story[Stream.INTAKE]}
    if submitted != set(schedule.citizens.applications):
        yield f"I1 answered: {len(schedule.citizens.applications)}, on the topic: {len(submitted)}"


def _in_order(application: UUID, stream: Stream, told: list[Incoming]) -> Iterator[str]:
    sequences = [each.envelope.sequence for each in told]
    if sequences != list(range(1, len(told) + 1)):
        yield f"I5 {stream.value} told {sequences} of {application}"
    times = [each.envelope.time for each in told]
    if times != sorted(times):
        yield f"I5 {stream.value} goes back in time in {application}"


def _folded(application: UUID, node: Node, told: list[Incoming]) -> Iterator[str]:
    state, kept = node.decider.initial, node.state(application)
    for each in told:
        state = node.decider.evolve(state, each.event)
    codec = node.codec
    if state != kept or codec.decode(codec._encode(kept)) != kept:
        yield f"I8 {node.name}'s state of {application} is not the fold of its events"
    if node.decider.due(state):
        yield f"I4 {node.name} still has to do {sorted(node.decider.due(state))} of {application}"


def _ended(application: UUID, schedule: Schedule, story: Story) -> Iterator[str]:
    if not story[Stream.INTAKE]:
        return  # stray money for a try that was never committed
    status = schedule.nodes[Stream.INTAKE].state(application).status
    check = schedule.nodes[Stream.IDENTITY].state(application).phase
    paid = schedule.nodes[Stream.PAYMENT].state(application)
    if status not in ENDS:
        yield f"I4 {application} stands at {status}"
    if check not in {Check.VERIFIED, Check.REJECTED, Check.CANCELLED}:
        yield f"I4 the identity of {application} stands at {check}"
    if check is Check.VERIFIED and paid.phase not in _PAYMENT_PHASES:
        yield f"I4 the payment of {application} stands at {paid.phase}"
    agreed = [
        (status is Status.IDENTITY_REJECTED, check is Check.REJECTED),
        (check is Check.REJECTED, status in {Status.IDENTITY_REJECTED, Status.WITHDRAWN}),
        (status is Status.PAYMENT_EXPIRED, paid.phase is Phase.EXPIRED),
        (paid.phase is Phase.EXPIRED, status in {Status.PAYMENT_EXPIRED, Status.WITHDRAWN}),
        (status in _PAID_FOR, paid.phase in {Phase.SETTLED, Phase.WAIVED}),
        (paid.phase is Phase.CANCELLED, status is Status.WITHDRAWN),
        (check is Check.CANCELLED, status is Status.WITHDRAWN),
    ]
    for number, (given, then) in enumerate(agreed):
        if given and not then:
            yield f"I4 services disagree ({number}) on {application}: {status}, {check}, {paid.phase}"


def _at_its_end(application: UUID, intake: Node, told: list[Incoming]) -> Iterator[str]:
    state = intake.decider.initial
    for each in told:
        if state.status in ENDS:
            yield f"I4 {application} ended as {state.status}, and then {type(each.event).__name__}"
        state = intake.decider.evolve(state, each.event)


def _seen_by_two(application: UUID, told: list[Incoming]) -> Iterator[str]:
    events: list[Any] = [each.event for each in told]
    if any(isinstance(e, IdentityReviewRequired) and e.four_eyes is not None for e in events):
        for verdict in (e for e in events if isinstance(e, IdentityVerified | IdentityRejected)):
            first = verdict.verified_by if isinstance(verdict, IdentityVerified) else verdict.rejected_by
            if None in {first, verdict.confirmed_by} or first == verdict.confirmed_by:
                yield f"two officers were to look at {application}, it were {first} and {verdict.confirmed_by}"


def _told(application: UUID, schedule: Schedule, story: Story) -> Iterator[str]:
    events: list[Any] = [told.event for told in story[Stream.NOTIFICATION]]
    requested = [e for e in events if isinstance(e, NotificationRequested)]
    first = [(e.topic, e.number) for e in requested if e.instead_of is None and e.requested_by is None]
    for occasion, times in Counter(first).items():
        if times > 1:
            yield f"I3 {application} was told {times} times of {occasion}"
    yield from _said_of_everything(application, story, set(first))
    ended = Counter((e.topic, e.number, e.medium, e.attempt) for e in events if _is_end(e))
    if ended != Counter((e.topic, e.number, e.medium, e.attempt) for e in requested):
        yield f"I3 a message about {application} has no end, or two"
    yield from _ledgers(application, schedule, requested, [e for e in events if isinstance(e, NotificationSent)])


def _is_end(event: Any) -> bool:
    return isinstance(event, NotificationSent | NotificationFailed)


def _said_of_everything(application: UUID, story: Story, known: set[tuple[Any, int]]) -> Iterator[str]:
    for told in (each for stream in _STREAMS for each in story[stream]):
        for rule in _RULES.get(type(told.event), ()):
            if rule.concerns(told.event) and (rule.topic, rule.number_of(told.event)) not in known:
                yield f"I3 nobody was told of {rule.topic} of {application}"


def _ledgers(application: UUID, schedule: Schedule, requested: list[Any], sent: list[Any]) -> Iterator[str]:
    ordered = Counter(f"{e.topic.value}:{e.number}" for e in requested if e.requested_by is not None)
    arrived: Counter[str] = Counter()
    for provider in schedule.providers.values():
        for (whose, _, occasion), times in provider.delivered.items():
            arrived[occasion] += times if whose == application else 0
    for occasion, times in arrived.items():
        if times > 1 + ordered[occasion]:
            yield f"I3 {application} got {times} messages about {occasion}"
    for notice in sent:
        name = schedule.providers[notice.medium].references.get(notice.reference)
        if name != (application, notice.medium, f"{notice.topic.value}:{notice.number}"):
            yield f"I3 {notice.medium} does not know {notice.reference} of {application}"


def _series(stories: dict[UUID, Story]) -> Iterator[str]:
    given: dict[str, list[int]] = defaultdict(list)
    for told in (each for story in stories.values() for stream in _STREAMS for each in story[stream]):
        match told.event:
            case ApplicationSubmitted(dossier=dossier):
                series, number = numbers_of(dossier.code)
                given[series].append(number)
            case PaymentSettled(receipt=receipt):
                series, number = numbers_of(receipt)
                given[series].append(number)
    for series, numbers in given.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"numbers of {series}: {sorted(numbers)}"
