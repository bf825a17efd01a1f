"""Services that die by SIGKILL, that are asked to stop by SIGTERM, and that are paused past their session."""

import asyncio
import time
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

import httpx

from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.grounds import SESSION_SECONDS

KILLED_FOR = 18.0
STOPS_WITHIN = 30.0


async def kill_by_chance(scene: Scene) -> int:
    """SIGKILL of any service every two to three seconds."""
    until, kills = time.monotonic() + KILLED_FOR, 0
    while time.monotonic() < until:
        scene.stack.kill(scene.random.choice(SERVICES), SIGKILL)
        kills += 1
        await asyncio.sleep(scene.random.uniform(2, 3))
    return kills


async def stop_under_load(scene: Scene) -> int:
    """SIGTERM to each service: it ends with 0 within 30 s."""
    for service in SERVICES:
        await _stop(scene, service)
        await asyncio.sleep(scene.random.uniform(0.5, 2))
    await scene.stack.wait_ready(*SERVICES)
    return len(SERVICES)


async def stop_while_joining(scene: Scene) -> int:
    """SIGTERM to each service the moment it listens and has begun to join its group: it ends with 0 within 30 s."""
    for service in SERVICES:
        await scene.deaths.next(service, lambda service=service: scene.stack.kill(service, SIGKILL))
        await _listens(scene, service)
        await asyncio.sleep(scene.random.uniform(0, 0.3))
        await _stop(scene, service)
    return len(SERVICES)


async def stop_without_broker(scene: Scene) -> int:
    """SIGTERM to all services while there is no broker: they end with 0 within 30 s; then it comes back."""
    await scene.stack.broker.stop()  # type: ignore[union-attr]
    try:
        await asyncio.sleep(2)
        await asyncio.gather(*(_stop(scene, service) for service in SERVICES))
        await asyncio.sleep(1)
    finally:
        await scene.stack.broker.start_again()  # type: ignore[union-attr]
    await scene.stack.wait_ready(*SERVICES)
    return len(SERVICES)


async def pause_past_the_session(scene: Scene) -> int:
    """SIGSTOP to each service until its partitions are no longer its own; it wakes up and believes that they are."""
    for service in SERVICES:
        scene.stack.kill(service, SIGSTOP)
        await asyncio.sleep(SESSION_SECONDS + 2)
        scene.stack.kill(service, SIGCONT)
        await asyncio.sleep(0.5)
    await scene.stack.wait_ready(*SERVICES)
    return len(SERVICES)


async def _stop(scene: Scene, service: str) -> None:
    asked = time.monotonic()
    death = await scene.deaths.next(service, lambda: scene.stack.kill(service, SIGTERM), within=STOPS_WITHIN + 15)
    if death is None:
        scene.blame(f"{service} does not stop: {scene.stack.tail(service, 3)}")
        await scene.deaths.next(service, lambda: scene.stack.kill(service, SIGKILL))
    elif death.at - asked > STOPS_WITHIN:
        scene.blame(f"{service} took {death.at - asked:.0f} s to stop")
    elif death.returncode != 0:
        scene.blame(f"{service} was asked to stop and ended with {death.returncode}")
    if death is not None:
        scene.longest_stop = max(scene.longest_stop, death.at - asked)
        scene.told = f"longest stop {scene.longest_stop:.1f} s"


async def _listens(scene: Scene, service: str) -> None:
    """Wait until its port answers: from then on it owns its signals and joins."""
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client, asyncio.timeout(40):
        while True:
            try:
                await client.get(f"{scene.stack.url(service)}/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            else:
                return
