"""Whoever takes batches rests under load alone, and never long."""

import pytest

from motcua_chassis.pace import FEW, LONGEST, Pace

FULL = 500


@pytest.mark.parametrize(
    ("count", "took", "rest"),
    [
        (0, 0.2, 0.0),
        (FEW - 1, 0.05, 0.0),
        (FEW, 0.05, 0.1),
        (FULL - 1, 0.05, 0.1),
        (FULL, 0.05, 0.0),
        (FEW, 30.0, LONGEST),
    ],
)
def test_it_rests_twice_as_long_as_many_took_unless_more_wait_already(count: int, took: float, rest: float) -> None:
    now = [100.0]
    pace = Pace(FULL, clock=lambda: now[0])
    pace.begin(count)
    now[0] += took
    assert pace.due() == pytest.approx(rest)


def test_before_the_first_batch_there_is_nothing_to_rest_from() -> None:
    assert Pace(FULL).due() == 0.0
