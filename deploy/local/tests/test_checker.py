"""The checker finds what is broken: every invariant, violated on purpose in an otherwise good story, is reported."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from motcua_contracts import Event, NotificationSent, PaymentRefunded, PaymentSettled, PaymentUnapplied
from motcua_contracts.tools.examples import story
from motcua_local.demo.checker import Rest, Violation, check
from motcua_local.demo.history import Told
from motcua_local.demo.ledgers import Ledgers
from motcua_local.demo.plan import Planned, plan
from motcua_local.demo.scripts import Journey

QUIET = [Rest("payment", 0, 0, 0, 0)]
_ALL: dict[UUID, list[Told]] = {}
for offset, example in enumerate(story()):
    told = Told(example.envelope, example.event, 0, offset)
    _ALL.setdefault(told.envelope.subject, []).append(told)


def _the_one(*needed: type[Event], without: type[Event] | None = None) -> tuple[UUID, list[Told]]:
    """The first application of the contracts' story in which all of these happened."""
    for application, events in _ALL.items():
        kinds = {type(told.event) for told in events}
        if kinds.issuperset(needed) and without not in kinds:
            return application, events
    raise AssertionError(needed)


PAID, STORY = _the_one(PaymentSettled, without=PaymentRefunded)
LATE, LATE_STORY = _the_one(PaymentUnapplied, PaymentRefunded)


def _planned(application: UUID, journey: Journey) -> Mapping[UUID, Planned]:
    return {application: plan(1, 1, journey)[0]}


def _ledgers(story_: list[Told], charges: int = 1, refunds: int = 1, messages: int = 1) -> Ledgers:
    """What the outside parties would hold if they did what the story tells, so many times each."""
    paid = [t.event for t in story_ if isinstance(t.event, PaymentSettled | PaymentUnapplied)]
    back = [t.event for t in story_ if isinstance(t.event, PaymentRefunded) and t.event.recorded_by is None]
    order = story_[0].envelope.subject.hex
    sent = [t.event.reference for t in story_ if isinstance(t.event, NotificationSent)]
    took: list[dict[str, Any]] = [
        {"txn_ref": order, "amount": event.amount, "transaction_no": event.transaction} for event in paid
    ]
    gave: list[dict[str, Any]] = [
        {"txn_ref": order, "amount": event.amount, "transaction_no": event.transaction or took[-1]["transaction_no"]}
        for event in back
    ]
    return Ledgers(took * charges, gave * refunds, dict.fromkeys(sent, messages), set(sent))


def _found(
    story_: list[Told], ledgers: Ledgers | None = None, rests: list[Rest] | None = None, journey: Journey = Journey.PAID
) -> set[str]:
    application = (story_ or STORY)[0].envelope.subject
    violations: list[Violation] = check(
        _planned(application, journey), {application: story_}, ledgers or _ledgers(story_ or STORY), rests or QUIET
    )
    return {violation.invariant for violation in violations}


def _without(name: str) -> list[Told]:
    return [told for told in STORY if told.event.name != name]


def test_a_good_story_has_no_violation() -> None:
    assert _found(STORY) == set()
    assert _found(LATE_STORY, journey=Journey.PAID_LATE) == set()


@pytest.mark.parametrize(
    ("invariant", "story_"),
    [
        ("I1", []),
        ("I1", _without("application-submitted")),
        ("I2", _without("settled")),
        ("I3", _without("sent")),
        ("I4", _without("result-returned")),
        ("I5", _without("application-accepted")),
        ("I5", STORY[::-1]),
    ],
)
def test_a_broken_story_is_noticed(invariant: str, story_: list[Told]) -> None:
    assert invariant in _found(story_, _ledgers(STORY))


def test_a_second_charge_is_noticed() -> None:
    assert _found(STORY, _ledgers(STORY, charges=2)) == {"I2"}


def test_money_that_did_not_go_back_is_noticed() -> None:
    assert "I2" in _found(LATE_STORY, _ledgers(LATE_STORY, refunds=0), journey=Journey.PAID_LATE)


def test_money_that_went_back_twice_is_noticed() -> None:
    assert "I2" in _found(LATE_STORY, _ledgers(LATE_STORY, refunds=2), journey=Journey.PAID_LATE)


def test_money_taken_that_no_event_tells_of_is_noticed() -> None:
    ledgers = _ledgers(STORY)
    more = [*ledgers.charges, {"txn_ref": PAID.hex, "amount": 1, "transaction_no": "1"}]
    assert "I2" in _found(STORY, replace(ledgers, charges=more))


def test_a_fee_kept_where_it_was_to_go_back_is_noticed() -> None:
    assert "I2" in _found(STORY, journey=Journey.DECLINED)


def test_a_message_accepted_twice_is_noticed() -> None:
    assert _found(STORY, _ledgers(STORY, messages=2)) == {"I3"}


def test_a_message_its_provider_never_had_is_noticed() -> None:
    assert _found(STORY, replace(_ledgers(STORY), messages={}, references=set())) == {"I3"}


@pytest.mark.parametrize("what", ["outbox", "work", "parked", "placeholders"])
def test_whatever_waits_is_noticed(what: str) -> None:
    rest = Rest("payment", 0, 0, 0, 0)
    waiting = Rest(**{**rest.__dict__, what: 1})

    assert _found(STORY, rests=[waiting]) == {"I6"}
