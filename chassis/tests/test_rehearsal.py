"""A rehearsal of unchanged code finds nothing; of changed code, exactly what changed and where."""

from collections.abc import Sequence
from dataclasses import replace as with_
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.tests.toy import ABSENT, TOY, Said, Toy, envelope, submitted
from motcua_chassis.codec import Incoming
from motcua_chassis.differences import Difference, Kind
from motcua_chassis.message import Message, Refusal
from motcua_chassis.rehearsal import Range, Rehearsal
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


def test_a_silent_event_that_may_have_come_late_is_no_difference() -> None:
    own, [upstream] = _recorded()
    late = Incoming(envelope(APPLICATION, sequence=2)._replace(time=NOW), submitted())
    once: Rehearsal = Rehearsal(with_(TOY, decide=_only_once), _recall, [ApplicationSubmitted])

    assert list(once.application(APPLICATION, own, [late, upstream])) == []
    assert once.tally.silent == 1


def _only_once(state: Toy, message: Message) -> Any:
    return [] if isinstance(message.body, ApplicationSubmitted) and state.ended else TOY.decide(state, message)


def test_what_the_service_may_not_have_heard_before_the_recording_ended_is_not_judged() -> None:
    late = Incoming(envelope(APPLICATION), submitted())
    loud: Rehearsal = Rehearsal(TOY, _recall, [ApplicationSubmitted], Range(heard_until=NOW))

    assert list(loud.application(APPLICATION, [], [late])) == []
    assert loud.tally.unheard == 1


def test_what_lies_behind_a_gap_is_not_rehearsed() -> None:
    own, upstream = _recorded()
    rehearsal: Rehearsal = Rehearsal(TOY, _recall, [ApplicationSubmitted])

    [told] = rehearsal.application(APPLICATION, own[1:], upstream)

    assert (told.kind, told.recorded) == (Kind.NOT_REHEARSED, "the events before number 2 are not in the recording")


def test_repeats_and_disorder_in_the_recording_change_nothing() -> None:
    own, upstream = _recorded()
    rehearsal: Rehearsal = Rehearsal(TOY, _recall, [ApplicationSubmitted])

    assert list(rehearsal.application(APPLICATION, [*reversed(own), *own], upstream * 2)) == []
    assert rehearsal.tally.decisions == 2


def test_only_decisions_within_the_range_are_judged() -> None:
    def silent(_state: Toy, _message: Message) -> Any:
        return []

    own, upstream = _recorded()
    later = Range(since=NOW + timedelta(seconds=1))
    rehearsal: Rehearsal = Rehearsal(with_(TOY, decide=silent), _recall, [ApplicationSubmitted], later)

    assert list(rehearsal.application(APPLICATION, own, upstream)) == []
    assert rehearsal.tally.decisions == 0
