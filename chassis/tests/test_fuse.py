from collections.abc import Callable
from uuid import uuid4

import pytest

from chassis.tests.test_path import NOTHING
from chassis.tests.toy import record
from chassis.tests.toy_path import ToyPath
from motcua_chassis.failures import HaltedError
from motcua_chassis.fuse import Fuse


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take(fuse: Fuse, parked: list[str], decided: int = 0) -> None:
    """A batch, as the path asks before its commit and tells after it."""
    fuse.check(parked, decided)
    fuse.record(parked, decided)


def test_twenty_in_a_row_for_one_reason_blow_it(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    for _ in range(19):
        take(fuse, ["bad-json"])

    with pytest.raises(HaltedError, match="bad-json"):
        take(fuse, ["bad-json"])


def test_twenty_in_one_batch_blow_it_and_nineteen_do_not(clock: Clock) -> None:
    take(Fuse(20, clock=clock), ["bad-json"] * 19)

    with pytest.raises(HaltedError):
        take(Fuse(20, clock=clock), ["bad-json"] * 20)


def test_a_good_record_or_another_reason_starts_the_row_anew(clock: Clock) -> None:
    fuse = Fuse(20, share=1.0, clock=clock)
    for _ in range(10):
        take(fuse, ["bad-json"] * 15)
        take(fuse, [], 1)
        take(fuse, ["bad-json"] * 10)
        take(fuse, ["bad-schema"])

    take(fuse, ["bad-schema"] * 18)


def test_twenty_among_five_hundred_good_ones_are_borne(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)

    take(fuse, ["bad-json"] * 20, 500)
    take(fuse, ["bad-json"] * 19, 500)


def test_an_empty_batch_does_not_start_the_row_anew(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    take(fuse, ["bad-json"] * 19)
    take(fuse, [])

    with pytest.raises(HaltedError, match="in a row"):
        take(fuse, ["bad-json"])


def test_more_than_a_twentieth_of_a_minute_blows_it_whatever_the_reasons(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    for number in range(19):
        take(fuse, [f"reason-{number}"], 18)
        clock.now += 1

    with pytest.raises(HaltedError, match="last minute"):
        take(fuse, ["another"], 18)


def test_a_twentieth_and_less_is_borne(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    for _ in range(100):
        take(fuse, ["bad-json"], 19)
        clock.now += 1


def test_what_lies_more_than_a_minute_back_is_forgotten(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    for _ in range(100):
        take(fuse, ["bad-json"] * 5, 4)
        clock.now += 61 / 3


def test_a_bridged_fuse_lets_everything_pass_until_its_time_is_over(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    fuse.bridge(60)
    for _ in range(50):
        take(fuse, ["bad-json"] * 30)
        clock.now += 1
    clock.now += 11

    with pytest.raises(HaltedError):
        take(fuse, ["bad-json"])


def test_a_blown_fuse_stays_blown_until_it_is_bridged(clock: Clock) -> None:
    fuse = Fuse(20, clock=clock)
    for _ in range(3):
        with pytest.raises(HaltedError):
            take(fuse, ["bad-json"] * 20)
    fuse.bridge(60)

    take(fuse, ["bad-json"] * 20)


async def test_a_blown_fuse_rolls_the_batch_back_and_a_bridge_lets_it_pass(make_path: Callable[..., ToyPath]) -> None:
    path = make_path(halt_after=20)
    bad = [record(uuid4(), n, value=b"{") for n in range(20)]

    with pytest.raises(HaltedError):
        await path.deliver(*bad)
    assert await path.counts() == NOTHING

    path.fuse.bridge(60)
    await path.deliver(*bad)
    assert len(await path.dead("parked")) == 20


async def test_what_the_database_refuses_blows_the_fuse_too(make_path: Callable[..., ToyPath]) -> None:
    async def refuses(connection: object, changes: object) -> None:
        await connection.fetchval("SELECT 1 / 0")  # type: ignore[attr-defined]

    path = make_path(halt_after=20, project=refuses)

    with pytest.raises(HaltedError, match="database-22012"):
        await path.deliver(*(record(offset=n) for n in range(25)))

    assert await path.counts() == NOTHING
