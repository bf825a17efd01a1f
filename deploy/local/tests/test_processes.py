import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from motcua_local.processes import Death, Program, ProgramFailedError, Supervisor, complete
from motcua_local.waiting import comes_true

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def sleeper(name: str = "sleeper", **treatment: bool) -> Program:
    return Program(name, (sys.executable, "-c", "import time; time.sleep(60)"), **treatment)


def asking(question: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def answer() -> bool:
        return question()

    return answer


@pytest.fixture
def deaths() -> list[Death]:
    return []


@pytest.fixture
def watched(supervisor: Supervisor, deaths: list[Death]) -> Supervisor:
    supervisor._on_death = deaths.append
    return supervisor


async def test_a_killed_child_is_started_again_and_told_of(watched: Supervisor, deaths: list[Death]) -> None:
    await watched.start(sleeper())
    first = watched.pid("sleeper")

    watched.signal("sleeper", signal.SIGKILL)

    assert await comes_true(asking(lambda: watched.restarts()["sleeper"] == 1), 5)
    assert watched.pid("sleeper") != first
    assert watched.running("sleeper")
    assert deaths == [Death("sleeper", -signal.SIGKILL, restarting=True)]


async def test_a_child_that_keeps_dying_is_started_ever_more_slowly(watched: Supervisor, deaths: list[Death]) -> None:
    await watched.start(Program("doomed", ("/bin/false",)))
    began = time.monotonic()
    assert await comes_true(asking(lambda: len(deaths) >= 4), 10)
    assert time.monotonic() - began > 0.2 + 0.4 + 0.8


async def test_a_child_not_to_be_restarted_stays_down(watched: Supervisor, deaths: list[Death]) -> None:
    await watched.start(sleeper(restart=False))
    watched.signal("sleeper", signal.SIGKILL)
    assert await comes_true(asking(lambda: bool(deaths)), 5)
    assert not deaths[0].restarting
    assert not watched.running("sleeper")


async def test_stopping_is_no_death_and_kills_who_does_not_listen(watched: Supervisor, deaths: list[Death]) -> None:
    await watched.start(sleeper())
    await watched.start(Program("stubborn", (sys.executable, "-c", STUBBORN)))
    assert await comes_true(asking(lambda: "deaf" in watched.tail("stubborn")), 5)
    processes = [psutil.Process(watched.pid(name)) for name in ("sleeper", "stubborn")]

    await watched.stop(grace=0.3)

    assert not [process for process in processes if process.is_running()]
    assert deaths == []


async def test_stopping_while_a_restart_is_due_leaves_nothing(watched: Supervisor, deaths: list[Death]) -> None:
    await watched.start(Program("doomed", ("/bin/false",)))
    assert await comes_true(asking(lambda: bool(deaths)), 5)
    await asyncio.wait_for(watched.stop(), 2)
    assert not watched.restarts()


async def test_a_program_that_must_succeed_fails_with_its_last_words(room: Path) -> None:
    with pytest.raises(ProgramFailedError, match="no such luck"):
        await complete(Program("try", ("/bin/sh", "-c", "echo no such luck; exit 3")), room / "try.log")
