"""The whole system in containers: journeys, rolling restarts and a crash, checked as the demo checks."""

import asyncio
import os
from signal import SIGKILL

import asyncpg
import httpx
import pytest
from rich.console import Console

from motcua_local.containers.composed import ComposedSystem
from motcua_local.containers.project import Project
from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run
from motcua_local.demo.scripts import Journey
from motcua_local.waiting import comes_true
from motcua_local.wiring import SERVICES

pytestmark = pytest.mark.timeout(1_800)  # the first test builds the images and starts everything

APPLICATIONS = 40
UNDER_LOAD = 100
"""For each of the four services: 400 in all."""


async def test_the_demo_holds_in_containers(system: ComposedSystem) -> None:
    summary = await Run(system, plan(APPLICATIONS, 21_000), Console(quiet=True)).play()

    assert not summary.violations, summary.violations
    assert summary.ok


async def test_every_part_is_confined_and_limited(project: Project) -> None:
    for service in (*SERVICES, "kafka", "postgres", "registry", "prometheus"):
        host = project.container(service)["HostConfig"]

        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert host["Memory"] > 0, service
        assert host["NanoCpus"] > 0, service


async def test_a_service_cannot_open_its_neighbours_database(system: ComposedSystem) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(system.dsn("payment").removesuffix("/payment") + "/intake", timeout=20)


async def test_prometheus_sees_the_four_services(system: ComposedSystem) -> None:
    async with httpx.AsyncClient(base_url=system.url("prometheus"), trust_env=False) as client:

        async def all_up() -> bool:
            answer = (await client.get("/api/v1/query", params={"query": 'up{job="motcua"} == 1'})).json()
            return {row["metric"]["service"] for row in answer["data"]["result"]} == set(SERVICES)

        assert await comes_true(all_up, 60)


async def test_each_service_restarted_under_load_loses_none_of_400(system: ComposedSystem, project: Project) -> None:
    reached = 0
    for number, service in enumerate(SERVICES):
        run = Run(system, plan(UNDER_LOAD, 22_000 + number, Journey.PAID), Console(quiet=True))
        playing = asyncio.create_task(run.play())
        await _in_the_middle(run, playing)

        assert await asyncio.to_thread(project.stop, service) == 0, f"{service} did not drain in time"
        await asyncio.to_thread(project.start, service)

        summary = await playing
        assert not summary.violations, (service, summary.violations)
        reached += sum(reached for _, reached in summary.outcomes.values())
    assert reached == UNDER_LOAD * len(SERVICES) == 400


async def test_a_killed_service_comes_back_and_nothing_is_lost(system: ComposedSystem, project: Project) -> None:
    run = Run(system, plan(APPLICATIONS, 23_000, Journey.PAID), Console(quiet=True))
    before = project.container("payment")
    playing = asyncio.create_task(run.play())
    await _in_the_middle(run, playing)

    os.kill(before["State"]["Pid"], SIGKILL)

    summary = await playing
    assert not summary.violations, summary.violations
    assert summary.ok
    assert project.container("payment")["RestartCount"] == before["RestartCount"] + 1


async def _in_the_middle(run: Run, playing: asyncio.Task[object]) -> None:
    """Wait until about a third of all that will be told has been told."""
    async with asyncio.timeout(120):
        while _told(run) < len(run.planned) * 7 and not playing.done():
            await asyncio.sleep(0.02)


def _told(run: Run) -> int:
    return sum(len(run.history.by_application.get(application, ())) for application in run.everybody.submitted)
