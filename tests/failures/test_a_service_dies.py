"""kill -9 of any one service in the middle changes no outcome: the stack starts it again and nothing is lost."""

import asyncio
from signal import SIGKILL

import pytest
from rich.console import Console

from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run
from motcua_local.demo.scripts import Journey
from motcua_local.stack import Stack
from motcua_local.wiring import SERVICES

APPLICATIONS = 40


@pytest.mark.timeout(600)
async def test_kill_9_of_any_one_service_changes_no_outcome(stack: Stack) -> None:
    for number, victim in enumerate(SERVICES):
        run = Run(stack, plan(APPLICATIONS, 9_000 + number, Journey.PAID), Console(quiet=True))
        before = stack.restarts()[victim]
        playing = asyncio.create_task(run.play())
        await _in_the_middle(run, playing)
        stack.kill(victim, SIGKILL)

        summary = await playing

        assert stack.restarts()[victim] == before + 1, victim
        assert not summary.violations, (victim, summary.violations)
        assert summary.ok, victim


async def _in_the_middle(run: Run, playing: asyncio.Task[object]) -> None:
    """Wait until a third of all that will be told has been told."""
    async with asyncio.timeout(60):
        while _told(run) < APPLICATIONS * 7 and not playing.done():
            await asyncio.sleep(0.01)


def _told(run: Run) -> int:
    return sum(len(run.history.by_application.get(application, ())) for application in run.everybody.submitted)
