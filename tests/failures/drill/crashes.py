"""Named crash points: every service dies at each of them in turn, all services at the same time."""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import motcua_chassis
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import environment_of

CRASHED = 137
SETTING = "MOTCUA_CRASH_AT"
LONGEST = 30.0
"""Seconds until a point that the load passes all the time must have been reached."""
_ONLY_WITH_CALLS = frozenset({"worker.after-call", "worker.after-answer"})
_WITHOUT_CALLS = frozenset({"intake"})
"""Intake calls nobody: its workers only know timers."""


def points() -> list[str]:
    """All there are, read from the source, so that a new one is drilled by being written."""
    sources = sorted(Path(motcua_chassis.__file__).parent.glob("*.py"))
    found = (re.findall(r'\breach\(\s*"([^"]+)"', source.read_text(encoding="utf-8")) for source in sources)
    return sorted({point for each in found for point in each})


async def crash_everywhere(scene: Scene, chosen: Sequence[str] | None = None) -> int:
    """Every service dies at every named point it passes, at its first, second or third passage."""
    return sum(await asyncio.gather(*(_sweep(scene, name, chosen or points()) for name in SERVICES)))


async def _sweep(scene: Scene, service: str, chosen: Sequence[str]) -> int:
    mine = [point for point in chosen if not (service in _WITHOUT_CALLS and point in _ONLY_WITH_CALLS)]
    scene.random.shuffle(mine)
    waiting = deque((point, scene.random.choice((1, 1, 2, 3))) for point in mine)
    environment, crashes = environment_of(scene.stack, service), 0
    await scene.deaths.next(service, lambda: _arm_and_kill(scene, service, environment, waiting[0]))
    try:
        while waiting:
            point, passage = waiting.popleft()
            death = await scene.deaths.next(service, within=LONGEST)
            if (
                death is None and passage
            ):  # while all die and start, little comes along: once more, at the first passage
                waiting.append((point, 0))
            elif death is None:
                scene.blame(f"{service} never came to {point}")
            elif death.returncode != CRASHED:
                scene.blame(f"{service} ended with {death.returncode} on its way to {point}")
            crashes += death is not None
            if waiting:
                environment[SETTING] = _spelt(*waiting[0])
            else:
                environment.pop(SETTING)
            if death is None:
                await scene.deaths.next(service, lambda: scene.stack.kill(service))
    finally:
        environment.pop(SETTING, None)
    return crashes


def _arm_and_kill(scene: Scene, service: str, environment: dict[str, str], first: tuple[str, int]) -> None:
    """The life that runs is not armed; the next one is."""
    environment[SETTING] = _spelt(*first)
    scene.stack.kill(service)


def _spelt(point: str, passage: int) -> str:
    return f"{point}:{max(1, passage)}"
