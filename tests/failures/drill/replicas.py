"""A rebalance storm: replicas of one service join and leave every two seconds, some without a farewell."""

import asyncio
import time

from motcua_local.processes import Program
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import replica_of, supervisor_of

CHANGES = 10
EVERY = 2.0
_MOST = 2
SERVICE = "payment"


async def storm(scene: Scene) -> int:
    """One change every two seconds: one joins while there is room, else the eldest leaves, every other one killed."""
    supervisor, there = supervisor_of(scene.stack), list[Program]()
    try:
        for change in range(CHANGES):
            began = time.monotonic()
            if len(there) < _MOST:
                there.append(replica_of(scene.stack, SERVICE))
                await supervisor.start(there[-1])
            else:
                grace = 0.0 if change % 2 else 30.0
                await supervisor.stop(there.pop(0).name, grace=grace)
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    finally:
        await supervisor.stop(*(each.name for each in there), grace=30.0)
    return CHANGES
