from collections.abc import Callable
from typing import Any

import pytest

import motcua_chassis.worker
from chassis.tests.outside import (
    REJECTED,
    VERIFIED,
    Other,
    Seen,
    at_work,
    breaks_off,
    ended,
    hangs,
    is_away,
    says_yes,
    submit,
    types,
)
from chassis.tests.toy_path import ToyPath
from motcua_chassis.message import Exhausted
from motcua_chassis.worker import Repeatable
from motcua_local.waiting import comes_true

MakePath = Callable[..., ToyPath]


@pytest.fixture(autouse=True)
def _polls_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motcua_chassis.worker, "POLL_SECONDS", 0.05)


@pytest.mark.parametrize(("fault", "uncertain"), [(is_away, False), (breaks_off, True)])
async def test_a_budget_that_is_used_up_is_told(make_path: MakePath, fault: Any, uncertain: bool) -> None:  # noqa: FBT001
    seen = Seen()
    path, other = make_path(decider=seen.decider), Other(fault, attempts=3)
    await submit(path)

    async with at_work(path, other):
        assert await ended(path)

    assert len(other.calls) == 3
    assert seen.bodies[1:] == [Exhausted("ask", "ask", uncertain=uncertain)]
    assert await types(path) == [REJECTED]


@pytest.mark.parametrize("fault", [breaks_off, hangs])
@pytest.mark.parametrize("repeatable", [Repeatable.IDEMPOTENT, Repeatable.QUERYABLE])
async def test_an_uncertain_call_is_repeated_where_the_other_side_can_tell(
    path: ToyPath, repeatable: Repeatable, fault: Any
) -> None:
    other = Other(fault, says_yes, repeatable=repeatable, timeout=0.1)
    await submit(path)

    async with at_work(path, other):
        assert await ended(path, within=4)  # before the lease lapses

    assert [(task.attempt, task.uncertain) for task in other.calls] == [(1, False), (2, True)]
    assert len({task.idempotency_key for task in other.calls}) == 1
    assert await types(path) == [VERIFIED]


@pytest.mark.parametrize("fault", [breaks_off, hangs])
async def test_an_uncertain_call_is_never_repeated_where_nobody_can_tell(make_path: MakePath, fault: Any) -> None:
    seen = Seen()
    path = make_path(decider=seen.decider)
    other = Other(fault, repeatable=Repeatable.NEITHER, timeout=0.1, attempts=9)
    await submit(path)

    async with at_work(path, other):
        assert await ended(path)

    assert len(other.calls) == 1
    assert seen.bodies[1:] == [Exhausted("ask", "ask", uncertain=True)]


@pytest.mark.parametrize("repeatable", list(Repeatable))
async def test_a_crash_in_the_middle_of_a_call(make_path: MakePath, repeatable: Repeatable) -> None:
    seen = Seen()
    path, crashed, other = (
        make_path(decider=seen.decider),
        Other(hangs, repeatable=repeatable),
        Other(repeatable=repeatable),
    )
    await submit(path)

    async def called() -> bool:
        return bool(crashed.calls)

    async with at_work(path, crashed):
        assert await comes_true(called, 5)
    assert await path.pool.fetchval("SELECT lease IS NOT NULL FROM work")  # nobody gave it back
    await path.pool.execute("UPDATE work SET leased_until = now() - interval '1 s'")
    async with at_work(path, other):
        assert await ended(path)

    if repeatable is Repeatable.NEITHER:
        assert other.calls == []
        assert seen.bodies[1:] == [Exhausted("ask", "ask", uncertain=True)]
    else:
        assert [(task.attempt, task.uncertain) for task in other.calls] == [(2, True)]
