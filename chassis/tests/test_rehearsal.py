"""A rehearsal of unchanged code finds nothing; of changed code, exactly what changed and where."""

from collections.abc import Sequence
from dataclasses import replace as with_
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.tests.toy import ABSENT, TOY, Said, Toy, envelope, submitted
from motcua_chassis.codec import Incoming
from motcua_chassis.message import Message, Refusal
from motcua_chassis.rehearsal import Difference, Kind, Rehearsal
from motcua_contracts import ApplicationSubmitted, Envelope, Event, IdentityCheckRequested, IdentityVerified

APPLICATION = uuid4()
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _recall(_state: Toy, events: Sequence[Event]) -> Any:
    return Said(yes=True) if isinstance(events[0], IdentityVerified) else None


def _recorded() -> tuple[list[Incoming], list[Incoming]]:
    """What the toy said to a submission and to the answer that followed, and the submission."""
    upstream = Incoming(envelope(APPLICATION), submitted())
    state, own = TOY.initial, []
    for body, cause in ((upstream.event, upstream.envelope.id), (Said(yes=True), uuid4())):
        for event in TOY.decide(state, Message(body, APPLICATION, NOW, cause)):
            state = TOY.evolve(state, event)
            stamp = Envelope(uuid4(), "/motcua/identity", event.type, NOW, APPLICATION, cause, cause, len(own) + 1)
            own.append(Incoming(stamp, event))
    return own, [upstream]


def _rehearse(decide: Any = TOY.decide, recall: Any = _recall) -> tuple[list[Difference], Rehearsal]:
    own, upstream = _recorded()
    rehearsal: Rehearsal = Rehearsal(with_(TOY, decide=decide), recall, [ApplicationSubmitted])
    return list(rehearsal.application(APPLICATION, own, upstream)), rehearsal


def test_unchanged_code_says_the_same() -> None:
    found, rehearsal = _rehearse()

    assert found == []
    assert (rehearsal.tally.decisions, rehearsal.tally.events, rehearsal.tally.not_rehearsed) == (2, 2, 0)


def test_a_changed_field_is_named_with_both_values() -> None:
    def decide(state: Toy, message: Message) -> Any:
        said = TOY.decide(state, message)
        return [e.model_copy(update={"attributes": ABSENT}) if isinstance(e, IdentityVerified) else e for e in said]

    found, _ = _rehearse(decide)

    assert {d.kind for d in found} == {Kind.CHANGED}
    assert ("attributes.personal_number", "match", "not-found") in {(d.field, d.recorded, d.rehearsed) for d in found}
    assert {(d.event, d.occurrence) for d in found} == {(IdentityVerified.type, 1)}


@pytest.mark.parametrize(
    ("decide", "kind", "event"),
    [
        (lambda _state, _message: [], Kind.MISSING, IdentityCheckRequested.type),
        (lambda state, message: [*TOY.decide(state, message)] * 2, Kind.EXTRA, IdentityCheckRequested.type),
        (lambda _state, _message: Refusal("no"), Kind.REFUSED, IdentityCheckRequested.type),
        (lambda _state, _message: 1 / 0, Kind.RAISED, IdentityCheckRequested.type),
    ],
)
def test_what_is_missing_extra_refused_or_raised_is_told(decide: Any, kind: Kind, event: str) -> None:
    found, _ = _rehearse(decide)

    assert (kind, event, 1 if kind is not Kind.EXTRA else 2) in {(d.kind, d.event, d.occurrence) for d in found}


def test_each_decision_is_judged_by_itself() -> None:
    def decide(state: Toy, message: Message) -> Any:
        return [] if isinstance(message.body, ApplicationSubmitted) else TOY.decide(state, message)

    found, _ = _rehearse(decide)

    assert [(d.kind, d.event) for d in found] == [(Kind.MISSING, IdentityCheckRequested.type)]


def test_what_nobody_can_recall_is_reported() -> None:
    found, rehearsal = _rehearse(recall=lambda _state, _events: None)

    assert [d.kind for d in found] == [Kind.NOT_REHEARSED]
    assert rehearsal.tally.not_rehearsed == 1


def test_an_upstream_event_that_led_to_nothing_may_lead_to_something_now() -> None:
    silent = Incoming(envelope(APPLICATION), submitted())
    quiet = Rehearsal(with_(TOY, decide=lambda _s, _m: []), _recall, [ApplicationSubmitted])
    loud: Rehearsal = Rehearsal(TOY, _recall, [ApplicationSubmitted])

    assert list(quiet.application(APPLICATION, [], [silent])) == []
    assert [(d.kind, d.event) for d in loud.application(APPLICATION, [], [silent])] == [
        (Kind.EXTRA, IdentityCheckRequested.type)
    ]
    assert isinstance(silent.envelope.id, UUID)
