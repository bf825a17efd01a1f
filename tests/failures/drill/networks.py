"""Connections between any two parts that are cut, slow, or lead nowhere."""

import asyncio

from tests.failures.drill.fault import Scene
from tests.failures.drill.lined_stack import Lines

ROUNDS = 5
SLOW = 0.15
NOWHERE = 4.0


async def cut_lines(scene: Scene, lines: Lines) -> int:
    """To the database, broker, registry, gateway, mail server and vault: several times, in the middle of a talk."""
    cuts = 0
    for _ in range(ROUNDS):
        for line in lines:
            cuts += line.cut()
            await asyncio.sleep(scene.random.uniform(0.2, 0.8))
    return cuts


async def slow_lines(scene: Scene, lines: Lines) -> int:
    """All of these at once, each by another delay up to 150 ms, that changes."""
    for _ in range(4):
        for line in lines:
            line.delay = scene.random.uniform(0.01, SLOW)
        await asyncio.sleep(3)
    for line in lines:
        line.restore()
    return 4 * len(lines.all)


async def block_lines(scene: Scene, lines: Lines) -> int:
    """One after the other swallows everything for 4 s; then its connections break off."""
    order = list(lines)
    scene.random.shuffle(order)
    for line in order:
        line.swallow()
        await asyncio.sleep(NOWHERE)
        line.restore()
        await asyncio.sleep(1.5)
    return len(order)
