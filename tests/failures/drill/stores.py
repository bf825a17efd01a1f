"""PostgreSQL that ends at once again and again, and one whose disk is full."""

import asyncio
from signal import SIGQUIT

from tests.failures.drill.fault import Scene
from tests.failures.drill.small_disk import SmallDisk

SHUTDOWNS = 5
FULL_TIMES = 3
_FULL = "No space left on device"


async def shut_down_at_once(scene: Scene) -> int:
    """SIGQUIT, which is `pg_ctl stop -m immediate`: no farewell, recovery from the log at the next start."""
    for _ in range(SHUTDOWNS):
        scene.stack.kill("postgres", SIGQUIT)
        await asyncio.sleep(scene.random.uniform(2.5, 4.5))
    await scene.stack.postgres.wait_ready(60)
    return SHUTDOWNS


async def fill_the_disk(scene: Scene, disk: SmallDisk) -> int:
    """The disk is full to its last byte for some seconds; once PostgreSQL is shut down meanwhile, and cannot start."""
    for time in range(FULL_TIMES):
        disk.fill()
        await asyncio.sleep(3)
        if time == 1:
            scene.stack.kill("postgres", SIGQUIT)
        await asyncio.sleep(3)
        disk.fill()  # what recovery freed
        await asyncio.sleep(1)
        disk.free()
        await scene.stack.postgres.wait_ready(60)
        await asyncio.sleep(4)
    refused = (scene.stack.directory / "logs" / "postgres.log").read_text("utf-8", "replace").count(_FULL)
    scene.told = f"PostgreSQL met it {refused} times"
    if not refused:
        scene.blame("the disk was never full for PostgreSQL")
    return FULL_TIMES
