from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.tests.toy import TOY, Settle, Toy, decide, evolve, record, submitted
from chassis.tests.toy_path import ToyPath, command
from motcua_chassis.message import Decider

MakePath = Callable[..., ToyPath]


def divides_by_zero_for(*guilty: UUID) -> Callable[..., Awaitable[None]]:
    async def project(connection: Any, changes: Sequence[Any]) -> None:
        for change in changes:
            await connection.fetchval("SELECT 1 / $1::int", 0 if change.application in guilty else 1)

    return project


@pytest.mark.parametrize("guilty", [0, 6, 12])
async def test_data_the_database_refuses_is_found_and_parked_alone(make_path: MakePath, guilty: int) -> None:
    applications = [uuid4() for _ in range(13)]
    path = make_path(project=divides_by_zero_for(applications[guilty]))
    records = [record(a, n) for n, a in enumerate([*applications, *applications])]

    await path.deliver(*records)

    [parked, held] = await path.dead()
    assert (parked["application"], parked["reason"], parked["offset"]) == (
        applications[guilty],
        "database-22012",
        guilty,
    )
    assert (held["state"], held["offset"]) == ("held", guilty + 13)
    for application in applications:
        expected = [] if application == applications[guilty] else [1, 2]
        assert [e.sequence for e in await path.published(application)] == expected
    assert (await path.counts())["aggregates"] == 12
    assert path.metrics.events.labels("vn.motcua.identity.check-requested.v1")._value.get() == 24


async def test_a_transient_failure_during_the_search_is_not_blamed_on_anyone(make_path: MakePath) -> None:
    guilty, good = uuid4(), uuid4()

    async def project(connection: Any, changes: Sequence[Any]) -> None:
        if guilty in {change.application for change in changes}:
            await connection.fetchval("SELECT 1 / 0")
        if failing:
            raise asyncpg.SerializationError

    failing, path = [True], make_path(project=project)
    records = [record(guilty, 0), record(good, 1)]
    with pytest.raises(asyncpg.SerializationError):
        await path.deliver(*records)
    assert set((await path.counts()).values()) == {0}
    failing.clear()

    await path.deliver(*records)

    assert [letter["application"] for letter in await path.dead()] == [guilty]
    assert len(await path.published(good)) == 1


async def test_a_command_the_database_refuses_fails_alone_and_its_number_is_not_lost(make_path: MakePath) -> None:
    commands = [command(Settle("BL26H29"), key=f"key-{n}") for n in range(5)]
    path = make_path(project=divides_by_zero_for(commands[2].application))

    await path.decide(commands)

    faults = [c.outcome is not None and c.outcome.fault is not None for c in commands]
    assert faults == [False, False, True, False, False]
    assert await path.pool.fetchval("SELECT value FROM counters") == 4
    assert (await path.counts())["commands"] == 4
    assert len(await path.published()) == 4


DEFECTIVE = "H29.25.12-261122-7777"


def breaks(part: str) -> dict[str, Any]:
    """Parts of a path of which one raises, outside of decide and evolve, for the dossier DEFECTIVE."""

    def broken(request: Any) -> bool:
        return bool(request and request.dossier.code == DEFECTIVE)

    def due(state: Toy) -> Any:
        return {"ask": 1 // 0} if broken(state.request) else {}

    def unwritable(state: Toy, event: Any) -> Toy:
        after = evolve(state, event)
        return Toy(after.request, receipts=(object(),)) if broken(event) else after  # type: ignore[arg-type]

    async def project(_connection: Any, changes: Sequence[Any]) -> None:
        assert not any(broken(change.state.request) for change in changes)

    parts: dict[str, dict[str, Any]] = {
        "due": {"decider": Decider(Toy(), decide, evolve, due)},
        "state": {"decider": Decider(Toy(), decide, unwritable, TOY.due)},
        "projector": {"project": project},
    }
    return parts[part]


@pytest.mark.parametrize("part", ["due", "state", "projector"])
async def test_a_defect_met_outside_of_decide_does_not_stop_the_neighbours(make_path: MakePath, part: str) -> None:
    path = make_path(**breaks(part))
    good = [uuid4(), uuid4()]

    await path.deliver(record(good[0], 0), record(offset=1, event=submitted(DEFECTIVE)), record(good[1], 2))

    assert {e.subject for e in await path.published()} == set(good)
    [parked] = await path.dead()
    assert parked["reason"].startswith("raised-")
    assert parked["offset"] == 1


async def test_a_state_that_can_no_longer_be_read_does_not_stop_the_neighbours(path: ToyPath) -> None:
    spoilt, good = uuid4(), uuid4()
    await path.deliver(record(spoilt, 0))
    await path.pool.execute(
        """UPDATE aggregates SET state = '{"submissions": "many"}'""".replace("'{", "convert_from('{").replace(
            "}'", "}', 'utf8')::jsonb"
        )
    )

    await path.deliver(record(spoilt, 1), record(good, 2))

    assert [e.subject for e in await path.published(good)] == [good]
    assert [letter["application"] for letter in await path.dead("parked")] == [spoilt]
