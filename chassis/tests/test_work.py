import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.tests.speller import KINDS, NOON, SPELLER, Spell, due_of
from chassis.tests.toy import TOY, Said, record
from chassis.tests.toy_path import ToyPath, command
from motcua_chassis import work
from motcua_chassis.inputs import Answer
from motcua_chassis.message import Decider
from motcua_chassis.work import Claim

MakePath = Callable[..., ToyPath]
LEASE = timedelta(seconds=30)


async def claim(path: ToyPath, kinds: list[str], limit: int = 100, lease: timedelta = LEASE) -> list[Claim]:
    async with path.pool.acquire() as connection:
        return await work.claim(connection, kinds, limit, lease)


async def release(path: ToyPath, claimed: Claim, **how: Any) -> None:
    async with path.pool.acquire() as connection:
        given: dict[str, Any] = {"after": timedelta(0), "uncertain": False, "error": None}
        await work.release(connection, claimed, **(given | how))


async def rows(path: ToyPath) -> list[asyncpg.Record]:
    return await path.pool.fetch("SELECT *, at > now() AS later FROM work ORDER BY aggregate, key")


async def let_leases_lapse(path: ToyPath) -> None:
    await path.pool.execute("UPDATE work SET leased_until = now() - interval '1 s' WHERE lease IS NOT NULL")


def answer(claimed: Claim, body: Any) -> Answer:
    return Answer(claimed.application, claimed.key, claimed.lease, body, uuid4())


async def asked(path: ToyPath, count: int = 1) -> list[UUID]:
    """Applications of the toy, each with a call to make."""
    applications = [uuid4() for _ in range(count)]
    await path.deliver(*(record(a, n) for n, a in enumerate(applications)))
    return applications


async def check_rows_are_due(path: ToyPath) -> None:
    expected = {
        (row["id"], key, wanted.kind)
        for row in await path.pool.fetch("SELECT id, state FROM aggregates")
        for key, wanted in due_of(path.writer.aggregates.decode(row["state"])).items()
    }
    assert {(row["aggregate"], row["key"], row["kind"]) for row in await rows(path)} == expected


@pytest.mark.parametrize("seed", range(6))
async def test_the_rows_are_what_is_due_after_whatever_happened(make_path: MakePath, seed: int) -> None:
    path, chance = make_path(decider=SPELLER), random.Random(seed)
    applications = [uuid4() for _ in range(4)]
    claimed: list[Claim] = []

    def anything() -> Spell:
        return Spell(chance.choice([-2, -1, *range(32)]), chance.randrange(3))

    for _ in range(25):
        match chance.randrange(4):
            case 0:
                claimed += await claim(path, chance.choice([KINDS, ["even"]]), chance.randrange(1, 4))
            case 1 if claimed:
                answers = [answer(one, anything()) for one in chance.sample(claimed, min(3, len(claimed)))]
                await path.decide(answers)
            case 2 if claimed:
                await release(path, chance.choice(claimed), after=timedelta(seconds=chance.choice([0, 100])))
            case _:
                await path.decide(
                    [command(anything(), a, reply=lambda *_: b"") for a in chance.choices(applications, k=3)]
                )
        await check_rows_are_due(path)


async def test_work_without_a_time_is_due_at_once_and_other_work_at_its_time(make_path: MakePath) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)  # by the database's clock, which claims it: ours may be ahead of it
    path = make_path(decider=SPELLER, clock=lambda: ahead)
    await path.decide([command(Spell(0b11, days=2), reply=lambda *_: b"")])

    at_once, later = [row["at"] for row in await rows(path)]
    assert at_once < datetime.now(UTC)
    assert later == NOON + timedelta(days=2)


async def test_a_row_that_stays_due_keeps_its_lease_and_one_that_changed_starts_over(make_path: MakePath) -> None:
    path, application = make_path(decider=SPELLER, clock=lambda: NOON), uuid4()
    await path.decide([command(Spell(0b11), application, reply=lambda *_: b"")])
    claims = sorted(await claim(path, KINDS), key=lambda claimed: claimed.key)
    assert [c.key for c in claims] == ["key-0", "key-1"]

    await path.decide([command(Spell(0b11, days=1), application, reply=lambda *_: b"")])

    kept, anew = await rows(path)
    assert (kept["lease"], kept["attempts"]) == (claims[0].lease, 1)
    assert (anew["lease"], anew["attempts"], anew["uncertain"]) == (None, 0, False)
    assert anew["at"] == NOON + timedelta(days=1)
    late = answer(claims[1], Spell(0))
    await path.decide([late])
    assert late.outcome is not None
    assert late.outcome.stale


async def test_a_due_row_is_leased_to_one_alone(path: ToyPath) -> None:
    await asked(path, 60)

    claims = [c for found in await asyncio.gather(*(claim(path, ["ask"], 9) for _ in range(9))) for c in found]

    assert len(claims) == len({c.application for c in claims}) == len({c.lease for c in claims}) == 60
    assert {(c.attempts, c.uncertain) for c in claims} == {(1, False)}
    assert await claim(path, ["ask"]) == []


async def test_only_rows_that_are_due_of_the_kind_and_not_paused_are_claimed(path: ToyPath) -> None:
    first, second, third = await asked(path, 3)
    await path.pool.execute("UPDATE work SET paused = true WHERE aggregate = $1", first)
    await path.pool.execute("UPDATE work SET at = now() + interval '1 hour' WHERE aggregate = $1", second)

    assert await claim(path, ["other"]) == []
    assert [c.application for c in await claim(path, ["ask"])] == [third]


async def test_a_claim_shows_the_state_it_is_about(path: ToyPath) -> None:
    [application] = await asked(path)

    [claimed] = await claim(path, ["ask"])

    assert path.writer.aggregates.decode(claimed.state) == await path.state(application)


async def test_a_lease_that_lapsed_can_be_had_again_and_the_attempt_is_uncertain(path: ToyPath) -> None:
    await asked(path)
    [first] = await claim(path, ["ask"])
    await let_leases_lapse(path)

    [second] = await claim(path, ["ask"])

    assert (second.attempts, second.uncertain) == (2, True)
    assert second.lease != first.lease


async def test_an_answer_ends_its_work(path: ToyPath) -> None:
    [application] = await asked(path)
    [claimed] = await claim(path, ["ask"])
    told = answer(claimed, Said(yes=True))

    await path.decide([told])

    assert told.outcome is not None
    assert not told.outcome.stale
    assert await rows(path) == []
    assert [e.causation_id for e in await path.published(application)][1:] == [told.cause]


@pytest.mark.parametrize("how", ["taken over", "released", "answered", "of another key", "of another application"])
async def test_an_answer_without_the_current_lease_is_ignored(path: ToyPath, how: str) -> None:
    await asked(path)
    [claimed] = await claim(path, ["ask"])
    late = answer(claimed, Said(yes=True))
    match how:
        case "taken over":
            await let_leases_lapse(path)
            await claim(path, ["ask"])
        case "released":
            await release(path, claimed)
        case "answered":
            await path.decide([answer(claimed, Said(yes=True))])
        case "of another key":
            late.key = "another"
        case "of another application":
            late.application = uuid4()
    before, published = await rows(path), await path.published()

    await path.decide([late])

    assert late.outcome is not None
    assert late.outcome.stale
    assert await rows(path) == before
    assert await path.published() == published
    assert (await path.counts())["aggregates"] == 1


async def test_one_lease_is_answered_once_though_two_do_at_the_same_time(path: ToyPath) -> None:
    [application] = await asked(path)
    [claimed] = await claim(path, ["ask"])
    answers = [answer(claimed, Said(yes=True)) for _ in range(4)]

    await asyncio.gather(*(path.decide([one]) for one in answers))

    assert [a.outcome is not None and a.outcome.stale for a in answers].count(False) == 1
    assert len(await path.published(application)) == 2


async def test_an_answer_that_changes_nothing_frees_the_row_for_a_little_later(path: ToyPath) -> None:
    await asked(path, 2)
    [one, other] = await claim(path, ["ask"])

    await path.decide([answer(one, Said(yes=False))])

    by_application = {row["aggregate"]: row for row in await rows(path)}
    freed, untouched = by_application[one.application], by_application[other.application]
    assert (freed["lease"], freed["leased_until"], freed["uncertain"], freed["later"]) == (None, None, False, True)
    assert untouched["lease"] == other.lease


async def test_an_answer_with_an_event_that_leaves_its_work_due_frees_the_row_too(make_path: MakePath) -> None:
    path = make_path(decider=SPELLER)
    await path.decide([command(Spell(0b1), reply=lambda *_: b"")])
    [claimed] = await claim(path, KINDS)

    await path.decide([answer(claimed, Spell(0b1))])

    [row] = await rows(path)
    assert (row["lease"], row["later"]) == (None, True)
    assert len(await path.published()) == 2


async def test_an_answer_on_which_decide_raises_keeps_its_lease(path: ToyPath) -> None:
    await asked(path)
    [claimed] = await claim(path, ["ask"])
    broken = ToyPath(path.pool, decider=Decider(TOY.initial, lambda *_: 1 // 0, TOY.evolve, TOY.due))  # type: ignore[arg-type]
    told = answer(claimed, Said(yes=True))

    await broken.decide([told])

    assert told.outcome is not None
    assert isinstance(told.outcome.fault, ArithmeticError)
    assert (await rows(path))[0]["lease"] == claimed.lease


async def test_a_release_counts_only_for_the_one_who_holds_the_lease(path: ToyPath) -> None:
    await asked(path)
    [first] = await claim(path, ["ask"])
    await let_leases_lapse(path)
    [second] = await claim(path, ["ask"])

    await release(path, first, after=timedelta(hours=1))
    assert (await rows(path))[0]["lease"] == second.lease
    await release(path, second, after=timedelta(hours=1), uncertain=True, error="TimeoutError")

    [row] = await rows(path)
    assert (row["lease"], row["later"], row["uncertain"], row["last_error"], row["attempts"]) == (
        None, True, True, "TimeoutError", 2,
    )  # fmt: skip


async def test_the_next_row_that_will_be_due_is_known(path: ToyPath) -> None:
    await asked(path, 2)
    async with path.pool.acquire() as connection:
        assert await work.next_due(connection, ["ask"]) is None
        await connection.execute("UPDATE work SET at = now() + interval '1 hour'")
        assert await work.next_due(connection, ["ask"]) == (await rows(path))[0]["at"]
        assert await work.next_due(connection, ["other"]) is None
