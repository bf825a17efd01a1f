"""Strikes one fault on a ground: the load flows, the fault strikes, everything ends, and everything is looked at."""

import asyncio
import time
from contextlib import suppress
from random import Random

from motcua_local.demo.checker import Violation
from tests.failures.drill.fault import Fault, Outcome, Scene
from tests.failures.drill.grounds import Ground
from tests.failures.drill.load import Load
from tests.failures.drill.replays import replay

LONGEST = 420.0
"""Seconds for one fault: a drill always ends."""


async def drill(fault: Fault, ground: Ground, seed: int) -> Outcome:
    """Never raises for what the system did: that is a violation."""
    started = time.monotonic()
    load = Load(ground.stack, seed, fault.pace)
    scene = Scene(ground, load, Random(seed))
    injected = 0
    try:
        async with asyncio.timeout(LONGEST):
            injected = await _strike(fault, scene)
            scene.found += await replay(ground.stack)
    except Exception as error:  # noqa: BLE001  # whatever ends a drill early is its result
        scene.blame(f"the drill ended early: {type(error).__name__}: {str(error)[:400]}")
    seconds = time.monotonic() - started
    return Outcome(fault.name, seed, injected, len(load.everybody.submitted), scene.found, seconds, scene.told)


async def _strike(fault: Fault, scene: Scene) -> int:
    playing = asyncio.create_task(scene.load.play())
    striking = asyncio.create_task(_under_load(fault, scene))
    try:
        await asyncio.wait({playing, striking}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():  # it cannot end before `enough` is set, but by failing
            await playing
        injected = await striking
        summary = await playing
    finally:
        for task in (striking, playing):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
    scene.found += [each for each in summary.violations if not (fault.parks and _parked(each))]
    if not scene.load.everybody.submitted:
        scene.found.append(Violation("drill", None, "nobody applied"))
    return injected


async def _under_load(fault: Fault, scene: Scene) -> int:
    await scene.load.flows()
    try:
        return await fault.strike(scene)
    finally:
        scene.load.enough.set()


def _parked(violation: Violation) -> bool:
    return violation.invariant == "I6" and violation.what.endswith(" in parked")
