"""The checker finds what is broken: every invariant, violated on purpose in an otherwise good story, is reported."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from motcua_contracts import NotificationSent, PaymentSettled, Status
from motcua_contracts.tools.examples import paid
from motcua_local.demo.checker import Ledgers, Rest, Violation, check
from motcua_local.demo.history import Told

STORY = [Told(example.envelope, example.event, 0, offset) for offset, example in enumerate(paid())]
APPLICATION = STORY[0].envelope.subject
ENDS = {APPLICATION: Status.RESULT_RETURNED}
QUIET = [Rest("payment", 0, 0, 0, 0)]


def _ledgers(charges: int = 1, mails: int = 1) -> Ledgers:
    [settled] = [told.event for told in STORY if isinstance(told.event, PaymentSettled)]
    charge = {"txn_ref": APPLICATION.hex, "amount": settled.amount, "transaction_no": settled.transaction}
    sent = [told.event.reference for told in STORY if isinstance(told.event, NotificationSent)]
    return Ledgers([charge] * charges, dict.fromkeys(sent, mails))


def _found(
    stories: Mapping[UUID, list[Told]], ledgers: Ledgers | None = None, rests: list[Rest] | None = None
) -> set[str]:
    violations: list[Violation] = check(ENDS, stories, ledgers or _ledgers(), rests or QUIET)
    return {violation.invariant for violation in violations}


def _without(name: str) -> list[Told]:
    return [told for told in STORY if told.event.name != name]


def test_a_good_story_has_no_violation() -> None:
    assert check(ENDS, {APPLICATION: STORY}, _ledgers(), QUIET) == []


@pytest.mark.parametrize(
    ("invariant", "story"),
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
def test_a_broken_story_is_noticed(invariant: str, story: list[Told]) -> None:
    assert invariant in _found({APPLICATION: story})


def test_a_second_charge_is_noticed() -> None:
    assert _found({APPLICATION: STORY}, _ledgers(charges=2)) == {"I2"}


def test_a_charge_that_settled_nothing_is_noticed() -> None:
    assert "I2" in _found({APPLICATION: _without("settled")})


def test_a_message_accepted_twice_is_noticed() -> None:
    assert _found({APPLICATION: STORY}, _ledgers(mails=2)) == {"I3"}


@pytest.mark.parametrize("what", ["outbox", "work", "parked", "placeholders"])
def test_whatever_waits_is_noticed(what: str) -> None:
    rest = Rest("payment", 0, 0, 0, 0)
    waiting = Rest(**{**rest.__dict__, what: 1})

    assert _found({APPLICATION: STORY}, rests=[waiting]) == {"I6"}
