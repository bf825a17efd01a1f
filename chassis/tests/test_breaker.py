import pytest

from motcua_chassis.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def failed(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.started()
        breaker.failed()


def test_failures_in_a_row_open_it_and_one_success_between_does_not_let_them_add_up(clock: Clock) -> None:
    breaker = Breaker(threshold=5, clock=clock)
    failed(breaker, 4)
    breaker.succeeded()
    failed(breaker, 4)
    assert (breaker.open, breaker.room(64)) == (False, 64)

    failed(breaker, 1)

    assert (breaker.open, breaker.room(64)) == (True, 0)


def test_an_open_one_lets_a_single_call_try_after_its_rest(clock: Clock) -> None:
    breaker = Breaker(threshold=2, rest=5.0, clock=clock)
    failed(breaker, 2)
    clock.now += 4.9
    assert breaker.room(64) == 0
    clock.now += 0.1
    assert (breaker.room(64), breaker.room(0)) == (1, 0)

    assert breaker.started(), "it is the trial"

    assert breaker.room(64) == 0


def test_a_trial_that_succeeds_closes_it_and_one_that_fails_lets_it_rest_again(clock: Clock) -> None:
    breaker = Breaker(threshold=2, rest=5.0, clock=clock)
    failed(breaker, 2)
    clock.now += 5
    failed(breaker, 1)
    assert (breaker.open, breaker.room(64)) == (True, 0)
    clock.now += 5

    breaker.started()
    breaker.succeeded()

    assert (breaker.open, breaker.room(64)) == (False, 64)
    assert not breaker.started()


def test_a_trial_that_never_began_can_be_made_by_another_call(clock: Clock) -> None:
    breaker = Breaker(threshold=1, rest=5.0, clock=clock)
    failed(breaker, 1)
    clock.now += 5
    breaker.started()
    breaker.unused()

    assert breaker.room(64) == 1
