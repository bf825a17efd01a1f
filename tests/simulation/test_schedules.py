"""Thousands of schedules keep every promise, a seed says everything, and a broken domain is found."""

import os
import subprocess
import sys
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from motcua_contracts import Failure
from motcua_intake import closing
from motcua_notification import domain as notification
from motcua_payment import domain as payment
from motcua_payment.refunder import Refunder
from motcua_payment.state import Phase
from tests.simulation.run import Result, digest, play, play_all, play_in_parallel, quiet
from tests.simulation.schedule import business

FEW = range(1, 201)


def test_every_promise_holds_in_a_few_schedules() -> None:
    assert play_all(FEW).broken == []


@pytest.mark.timeout(600)
def test_every_promise_holds_in_two_thousand_schedules() -> None:
    total = Result()
    for result in play_in_parallel(1, 2_000, os.cpu_count() or 1):
        total.add(result)
    assert [seed for seed, _ in total.broken] == []
    assert total.faults > 10_000, "hardly anything went wrong"
    assert len(total.ends) == 6, f"not every end was met: {total.ends}"


@pytest.mark.parametrize("seed", [402])  # an order to refund that took effect after the question about it was answered
def test_a_schedule_that_once_broke_a_promise_keeps_it(seed: int) -> None:
    assert play_all([seed]).broken == []


def test_a_seed_says_everything_in_any_process() -> None:
    told = [_replayed(seed) for seed in ("1", "2")]
    assert told[0] == told[1]
    assert "every" not in told[0]
    with quiet():
        assert digest(play(7)[0]) in told[0]
        assert digest(play(8)[0]) not in told[0]


def _replayed(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.simulation", "--replay", "7"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603


def _swallows_late_money() -> Any:
    asked = payment._receive
    return patch.object(payment, "_receive", lambda s, *a: [] if s.phase is Phase.EXPIRED else asked(s, *a))


def _forgets_what_ended_before_it_was_billed() -> Any:
    asked = payment._close
    return patch.object(payment, "_close", lambda s, *a: [] if s.phase is Phase.UNKNOWN else asked(s, *a))


def _takes_every_notice_for_a_new_payment() -> Any:
    asked = payment._receive

    def receive(state: Any, *about: Any) -> Any:
        return asked(replace(state, transactions=()), *about)

    return patch.object(payment, "_receive", receive)


def _refunds_without_asking() -> Any:
    async def nothing(*_: Any, **__: Any) -> None:
        return None

    return patch.object(Refunder, "_known", nothing)


def _lets_what_ended_be_withdrawn() -> Any:
    return patch.object(closing, "TOO_LATE", frozenset())


def _tells_of_one_supplement_only() -> Any:
    return patch.object(notification, "occasion", lambda topic, _number: f"{topic.value}:1")


def _sends_again_what_may_have_arrived() -> Any:
    asked = notification._fail

    def fail(rules: Any, state: Any, medium: Any, key: Any, reason: Failure) -> Any:
        certain = Failure.PROVIDER_UNAVAILABLE if reason is Failure.OUTCOME_UNKNOWN else reason
        return asked(rules, state, medium, key, certain)

    return patch.object(notification, "_fail", fail)


@pytest.mark.parametrize(
    ("broken", "invariant"),
    [
        (_swallows_late_money, "I2"),
        (_forgets_what_ended_before_it_was_billed, "I2"),
        (_takes_every_notice_for_a_new_payment, "I2"),
        (_refunds_without_asking, "I2"),
        (_lets_what_ended_be_withdrawn, "I4"),
        (_tells_of_one_supplement_only, "I3"),
        (_sends_again_what_may_have_arrived, "I3"),
    ],
)
def test_a_broken_domain_is_found(broken: Any, invariant: str) -> None:
    business.cache_clear()
    try:
        with broken():
            found = play_all(FEW, until_broken=True).broken
    finally:
        business.cache_clear()
    assert any(violation.startswith(invariant) for _, violations in found for violation in violations)
