"""A process that dies at any named point of the path loses nothing, doubles nothing and keeps the order.

The points are read from the source, so that a new one is tested by being written. Each dies twice, the second time
while it recovers from the first, under a stream of applications; a third life then settles everything.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import motcua_chassis
from chassis.tests.nursery import nursery
from chassis.tests.rig import Rig, open_rig
from motcua_local.postgres import PostgresServer

POINTS = sorted(
    {
        point
        for source in Path(motcua_chassis.__file__).parent.glob("*.py")
        for point in re.findall(r'\breach\(\s*"([^"]+)"', source.read_text(encoding="utf-8"))
    }
)
CRASHED = 137
BRIEF = "900"
"""The broker collects members for a second, and waits three more for a dead one that it has not forgotten by then."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rig(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with nursery() as opened, open_rig(postgres, opened, tmp_path_factory.mktemp("crashes")) as rig:
        yield rig


def test_the_points_are_found_in_the_source() -> None:
    assert {"path.before-commit", "path.after-commit", "relay.after-send", "worker.after-call"} <= set(POINTS)


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_loses_nothing_doubles_nothing_and_keeps_the_order(rig: Rig, point: str) -> None:
    applications = []
    for count in (1, 3):
        life = await rig.live(crash_at=f"{point}:{count}", kafka_session_timeout_ms=BRIEF)
        applications += await rig.stream(life.ended.done)
        assert life.ended.result() == CRASHED, life.last_words()
        await rig.lapse_leases()
    applications += await rig.submit(max(20, 300 - len(applications)))
    life = await rig.live(kafka_session_timeout_ms=BRIEF)
    account = await rig.account(applications)
    assert await life.end() == 0, life.last_words()
    assert account.calls >= len(applications)
    assert await rig.value("SELECT count(*) FROM dead_letters") == 0
