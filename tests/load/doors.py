"""The HTTP door: how many applications a second it takes in, and the whole pipeline behind it."""

import asyncio
import base64
import json
from collections.abc import Sequence
from uuid import uuid4

from motcua_local.demo.plan import plan
from motcua_local.demo.scripts import Journey
from tests.load.door_client import filings, post, send_all
from tests.load.parts import Parts, Sample, fresh_parts
from tests.load.pipeline import OURS, reach, ready
from tests.load.stages import STAGES

WARM_UP = 200


async def ours(requests: int, replicas: int = 1) -> Sample:
    """The chassis' door: many requests, one transaction."""
    return await _taken_in("tests.load.ours", requests, "intake", replicas=replicas)


async def usual(requests: int, replicas: int = 1) -> Sample:
    """A transaction for each request."""
    return await _taken_in("tests.load.baseline_door", requests, replicas=replicas)


async def intake(requests: int) -> Sample:
    """The real service: form checked by its procedure's rules, person sealed into the vault, dossier code given."""
    async with fresh_parts() as parts:
        await parts.start("motcua_intake", "intake", MOTCUA_VAULT_KEY=base64.b64encode(bytes(32)).decode())
        planned = plan(requests + WARM_UP, seed=1, only=Journey.FREE)
        bodies = [json.dumps(each.submission).encode() for each in planned]
        return await _sent(parts, [post("/applications", body, uuid4()) for body in bodies])


async def pipeline(applications: int) -> Sample:
    """In by the door, through all four stages."""
    async with fresh_parts() as parts:
        for stage in STAGES:
            await parts.start(OURS.module, stage, stage)
        await ready(parts)
        requests = filings(applications + WARM_UP)
        await send_all(parts.ports["intake"], requests[:WARM_UP])
        await reach(parts, WARM_UP, door=True)

        async def carry() -> None:
            await send_all(parts.ports["intake"], requests[WARM_UP:])
            await reach(parts, applications + WARM_UP, door=True)

        return await parts.measure([*STAGES], applications, carry())


async def _taken_in(module: str, requests: int, *arguments: str, replicas: int = 1) -> Sample:
    async with fresh_parts() as parts:
        for number in range(replicas):
            await parts.start(module, "intake", *arguments, name=f"intake-{number}")
        return await _sent(parts, filings(requests + WARM_UP * replicas))


async def _sent(parts: Parts, requests: Sequence[bytes]) -> Sample:
    """The replicas share them; the first requests warm each up."""
    await ready(parts)
    names, ports = list(parts.ports), list(parts.ports.values())
    warm, timed = requests[: WARM_UP * len(ports)], requests[WARM_UP * len(ports) :]
    await _send(ports, warm)
    return await parts.measure(names, len(timed), _send(ports, timed))


async def _send(ports: Sequence[int], requests: Sequence[bytes]) -> None:
    await asyncio.gather(*(send_all(port, requests[n :: len(ports)]) for n, port in enumerate(ports)))
