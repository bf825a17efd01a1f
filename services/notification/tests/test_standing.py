"""A provider's standing: when it is demoted, how it comes back."""

import pytest

from motcua_notification.standing import LONGEST_REST, Standing


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def answer(standing: Standing, clock: Clock, seconds: float) -> None:
    with standing.watched():
        clock.now += seconds


async def fail(standing: Standing) -> None:
    with pytest.raises(OSError, match="down"), standing.watched():
        raise OSError("down")


async def test_three_failures_in_a_row_demote_and_a_quick_answer_between_forgives() -> None:
    clock = Clock()
    standing = Standing(2.0, 5.0, clock)
    for _ in range(2):
        await fail(standing)
    await answer(standing, clock, 0.1)
    for _ in range(2):
        await fail(standing)
    assert standing.ready
    await fail(standing)
    assert not standing.ready


async def test_answers_that_are_slow_on_average_demote_and_a_single_one_does_not() -> None:
    clock = Clock()
    standing = Standing(2.0, 5.0, clock)
    await answer(standing, clock, 3.0)
    for _ in range(10):
        await answer(standing, clock, 0.1)
    assert standing.ready
    for _ in range(5):
        await answer(standing, clock, 3.0)
    assert standing.demoted


async def test_after_its_rest_one_trial_at_a_time_is_made_and_a_quick_one_restores() -> None:
    clock = Clock()
    standing = Standing(2.0, 5.0, clock)
    for _ in range(3):
        await fail(standing)
    clock.now += 4.9
    assert not standing.ready
    clock.now += 0.2
    assert standing.ready
    with standing.watched():
        assert not standing.ready
        clock.now += 0.1
    assert standing.ready
    assert not standing.demoted


async def test_each_trial_that_fails_doubles_the_rest_up_to_a_limit() -> None:
    clock = Clock()
    standing = Standing(2.0, 5.0, clock)
    for _ in range(3):
        await fail(standing)
    for rest in (5.0, 10.0, 20.0, 40.0, LONGEST_REST, LONGEST_REST):
        assert standing._rest == rest
        clock.now += rest
        assert standing.ready
        await fail(standing)
        assert not standing.ready


async def test_calls_that_began_before_the_demotion_change_nothing() -> None:
    clock = Clock()
    standing = Standing(2.0, 5.0, clock)
    with standing.watched():
        for _ in range(3):
            await fail(standing)
    assert standing.demoted
    for _ in range(5):
        await fail(standing)
    clock.now += 5.0
    assert standing.ready
