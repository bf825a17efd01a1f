import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import motcua_chassis.worker
from chassis.tests.outside import REJECTED, VERIFIED, Other, at_work, ended, is_away, says_yes, submit, types
from chassis.tests.toy import ABSENT, TOY, Said, Toy, decide, evolve, record, submitted
from chassis.tests.toy_path import ToyPath
from motcua_chassis.breaker import Breaker
from motcua_chassis.door import Door
from motcua_chassis.failures import OverloadedError
from motcua_chassis.inputs import Outcome
from motcua_chassis.message import Decider, Message, Timer, Work
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_contracts import IdentityRejected
from motcua_local.waiting import comes_true

MakePath = Callable[..., ToyPath]


@pytest.fixture(autouse=True)
def _polls_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motcua_chassis.worker, "POLL_SECONDS", 0.05)


async def test_due_work_is_done_and_its_answer_decided_on(path: ToyPath) -> None:
    other = Other()
    applications = await submit(path, 20)

    async with at_work(path, other, concurrency=7):
        assert await ended(path, 20)

    assert sorted(task.application for task in other.calls) == sorted(applications)
    assert {task.idempotency_key for task in other.calls} == {f"{a}:ask" for a in applications}
    assert isinstance(other.calls[0].state, Toy)
    assert (await path.counts())["work"] == 0
    assert other.closed


async def test_work_is_begun_as_soon_as_it_is_committed(make_path: MakePath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motcua_chassis.worker, "POLL_SECONDS", 60.0)
    woken: list[Callable[[], None]] = []
    path, other = make_path(on_work=lambda: [wake() for wake in woken]), Other()

    async with at_work(path, other) as worker:
        woken.append(worker.wake)
        for n in range(5):
            await path.deliver(record(offset=n))
            assert await ended(path, n + 1, hurry=False)


async def test_a_call_that_certainly_had_no_effect_is_made_again_later(path: ToyPath) -> None:
    other = Other(is_away, says_yes, repeatable=Repeatable.NEITHER)
    await submit(path)

    async def released() -> bool:
        return bool(await path.pool.fetchval("SELECT last_error IS NOT NULL FROM work"))

    async with at_work(path, other):
        assert await comes_true(released, 5)
        [row] = await path.pool.fetch("SELECT *, at > now() AS later FROM work")
        assert (row["attempts"], row["uncertain"], row["lease"], row["later"]) == (1, False, None, True)
        assert row["last_error"] == "NotDoneError"
        assert await ended(path)

    assert [(task.attempt, task.uncertain) for task in other.calls] == [(1, False), (2, False)]
    assert await types(path) == [VERIFIED]


async def test_replicas_do_not_call_for_the_same_work(path: ToyPath) -> None:
    other = Other()
    await submit(path, 60)

    async with at_work(path, other, concurrency=5), at_work(path, other, concurrency=5):
        assert await ended(path, 60)

    assert len(other.calls) == 60


async def test_no_more_calls_run_at_once_than_allowed(path: ToyPath) -> None:
    running = most = 0

    async def counts(_task: Task) -> Said:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Said(yes=True)

    await submit(path, 30)
    async with at_work(path, Other(counts), concurrency=4):
        assert await ended(path, 30)

    assert most == 4


async def test_an_other_side_that_is_down_is_left_alone_but_for_one_trial(path: ToyPath) -> None:
    trial = asyncio.Event()

    async def trial_hangs(_task: Task) -> Said:
        await trial.wait()
        return Said(yes=True)

    other = Other(is_away, is_away, trial_hangs, attempts=100)
    await submit(path, 20)
    async with at_work(path, other, concurrency=1) as worker:
        worker.breaker = Breaker(threshold=2, rest=0.3)

        async def open_() -> bool:
            return worker.breaker.open

        async def trying() -> bool:
            return len(other.calls) > 2

        assert await comes_true(open_, 5)
        worker._concurrency = 64
        assert await comes_true(trying, 5)
        assert not await comes_true(lambda: asyncio.sleep(0, len(other.calls) > 3), 0.5)
        assert await path.pool.fetchval("SELECT count(*) FROM work WHERE lease IS NOT NULL") == 1

        trial.set()
        assert await ended(path, 20)

    assert not worker.breaker.open


async def test_a_trial_that_turns_out_not_to_be_a_call_leaves_the_next_one_to_try(path: ToyPath) -> None:
    other = Other(repeatable=Repeatable.NEITHER)
    await submit(path, 3)
    await path.pool.execute("UPDATE work SET uncertain = true")
    await path.deliver(record(offset=50))

    async with at_work(path, other) as worker:
        worker.breaker = Breaker(threshold=1, rest=0.0)
        worker.breaker.failed()
        assert await ended(path, 4)

    assert len(other.calls) == 1


def timer_decider(at: datetime) -> Decider[Toy]:
    def decide_on_timer(state: Toy, message: Message) -> Any:
        if isinstance(message.body, Timer):
            assert (message.body.key, message.body.kind) == ("deadline", "expire")
            return [IdentityRejected(dossier=submitted().dossier, attributes=ABSENT)]
        return decide(state, message)

    return Decider(
        Toy(), decide_on_timer, evolve, lambda s: {"deadline": Work("expire", at)} if s.request and not s.ended else {}
    )


async def test_a_timer_fires_when_its_time_has_come_and_not_before(make_path: MakePath) -> None:
    path = make_path(decider=timer_decider(datetime.now(UTC) + timedelta(hours=1)))
    await submit(path)

    async with at_work(path, None, kinds=["warn", "expire"]):
        assert not await ended(path, within=0.3, hurry=False)
        assert await ended(path)

    assert await types(path) == [REJECTED]


async def test_an_answer_is_given_again_while_the_database_is_away(path: ToyPath) -> None:
    other, door = Other(repeatable=Repeatable.NEITHER), Door(path.path, window=0)
    submitted_to_door, refusals = door.submit, [OverloadedError("full")] * 2

    async def overloaded_at_first(item: Any) -> Outcome:
        if refusals:
            raise refusals.pop()
        return await submitted_to_door(item)

    door.submit = overloaded_at_first  # type: ignore[method-assign]
    await submit(path)

    async with at_work(path, other, door=door):
        assert await ended(path)

    assert len(other.calls) == 1
    assert await types(path) == [VERIFIED]


@pytest.mark.parametrize("repeatable", [Repeatable.IDEMPOTENT, Repeatable.NEITHER])
async def test_an_answer_on_which_decide_raises_is_tried_again_where_that_is_safe(
    make_path: MakePath, repeatable: Repeatable
) -> None:
    broken = [True]

    def raises_once(state: Toy, message: Message) -> Any:
        if isinstance(message.body, Said) and broken:
            broken.clear()
            raise ArithmeticError
        return decide(state, message)

    path, other = make_path(decider=Decider(Toy(), raises_once, evolve, TOY.due)), Other(repeatable=repeatable)
    await submit(path)

    async with at_work(path, other):
        assert await ended(path)

    assert len(other.calls) == (1 if repeatable is Repeatable.NEITHER else 2)
    assert await types(path) == [REJECTED if repeatable is Repeatable.NEITHER else VERIFIED]


async def test_a_worker_outlives_whatever_its_database_does(path: ToyPath) -> None:
    await submit(path, 3)
    await path.pool.execute("ALTER TABLE work RENAME TO work_away")

    async with at_work(path, Other()):
        assert not await ended(path, 3, within=0.3, hurry=False)
        await path.pool.execute("ALTER TABLE work_away RENAME TO work")
        assert await ended(path, 3)


async def test_a_call_that_was_on_its_way_when_others_opened_the_breaker_costs_no_attempt(path: ToyPath) -> None:
    down = asyncio.Event()

    async def goes_down(_task: Task) -> Said:
        await down.wait()
        raise NotDoneError

    other = Other(goes_down, attempts=2)
    await submit(path, 8)
    async with at_work(path, other, concurrency=8) as worker:
        worker.breaker = Breaker(threshold=3, rest=60.0)
        assert await comes_true(lambda: asyncio.sleep(0, len(other.calls) == 8), 5)
        down.set()
        assert await comes_true(lambda: _all_released(path), 5)
        spent = await path.pool.fetch("SELECT attempts FROM work ORDER BY attempts")

    assert [row["attempts"] for row in spent] == [0] * 5 + [1] * 3


async def test_trials_cost_attempts_so_that_an_outage_without_end_is_told(path: ToyPath) -> None:
    other = Other(is_away, attempts=4)
    await submit(path)

    async with at_work(path, other) as worker:
        worker.breaker = Breaker(threshold=2, rest=0.05)
        assert await ended(path)

    assert [task.attempt for task in other.calls] == [1, 2, 3, 4]
    assert await types(path) == [REJECTED]


@pytest.mark.parametrize("longest", [10.0, 60.0])
async def test_no_pause_between_attempts_is_longer_than_the_adapter_says(path: ToyPath, longest: float) -> None:
    other = Other(is_away, attempts=1_000)
    other.longest_pause = longest
    await submit(path)
    await path.pool.execute("UPDATE work SET attempts = 40")

    async with at_work(path, other):
        assert await comes_true(lambda: _all_released(path), 5)
        seconds = await path.pool.fetchval("SELECT extract(epoch FROM at - now())::float8 FROM work")

    assert longest / 2 - 5 < seconds <= longest
    assert Adapter.longest_pause == 60.0


async def _all_released(path: ToyPath) -> bool:
    return bool(await path.pool.fetchval("SELECT bool_and(last_error IS NOT NULL AND lease IS NULL) FROM work"))
