"""Databases lost under load, and what brings them back: an archive, an old back-up and the topic, or the topic alone.

Payment's database is lost together with the service, its back-up older than its topic; the other three lose theirs
while they run, with an archive of everything that was committed.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

import asyncpg
import httpx

from motcua_local.waiting import comes_true
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import program_of, supervisor_of
from tests.operations.apart import FIRST_PASSWORD, SERVICE, ApartStack
from tests.operations.backup import Backup

OTHERS = tuple(name for name in SERVICES if name != SERVICE)
AHEAD = 78
"""What a service ends with whose topic knows more than its database."""
_LATER = 5
"""Events that payment publishes after its back-up: what the back-up does not know."""
_PATIENCE = 60.0
_SAID = "SELECT (SELECT sum(version) FROM aggregates) - (SELECT count(*) FROM outbox)"


async def restore_everything(scene: Scene) -> int:
    """An old back-up of one database and the topic; back-up and archive of the others; the topic alone."""
    stack = scene.stack
    assert isinstance(stack, ApartStack)
    payment, others = Backup(stack.postgres.own), Backup(stack.postgres)
    await others.archive()
    await asyncio.gather(payment.take(), others.take())
    await _restore_payment(scene, stack, payment)
    await _restore_the_others(scene, others)
    await _rebuild_payment(scene, stack)
    return 3


async def _restore_payment(scene: Scene, stack: ApartStack, backup: Backup) -> None:
    """The back-up is older than the topic: the service refuses until it caught up."""
    await _published(stack, _LATER)
    program = program_of(stack, SERVICE)
    await supervisor_of(stack).stop(SERVICE)  # it publishes what it committed: what nobody was told of is on no topic
    await backup.lose()
    await backup.restore()
    refused = asyncio.create_task(scene.deaths.next(SERVICE))
    await asyncio.sleep(0)  # it listens
    await supervisor_of(stack).start(program)
    death = await refused
    if death is None or death.returncode != AHEAD:
        scene.blame(f"{SERVICE} did not refuse to start on an old back-up: {death}")
    await supervisor_of(stack).stop(SERVICE, grace=0)
    folded = await _rebuild(stack, "--catch-up")
    if folded < _LATER:
        scene.blame(f"the topic knew {folded} events more, and more were published since the back-up")
    await supervisor_of(stack).start(program)
    await _release(stack)


async def _restore_the_others(scene: Scene, backup: Backup) -> None:
    """Nothing that was committed is missing: the services need not even be stopped."""
    await asyncio.sleep(scene.random.uniform(1, 3))
    await backup.lose()
    await backup.restore()
    for name in OTHERS:  # an answer that could not be kept leaves its lease behind, as a dead worker does
        scene.deaths._keep(scene.deaths._bury(scene.stack, name))
    await scene.stack.wait_ready()


async def _rebuild_payment(scene: Scene, stack: ApartStack) -> None:
    """There is no back-up at all."""
    await _published(stack, 1)
    program = program_of(stack, SERVICE)
    await supervisor_of(stack).stop(SERVICE)
    await stack.postgres.own.drop_database(SERVICE)
    connection = await asyncpg.connect(stack.postgres.own.dsn("postgres"))
    await connection.execute(f"CREATE DATABASE {SERVICE} OWNER {SERVICE}")
    await connection.close()
    await _rebuild(stack)
    await supervisor_of(stack).start(program)
    await _release(stack)


async def _rebuild(stack: ApartStack, *how: str) -> int:
    """The command as an operator gives it, in the service's environment; returns how many events it folded in."""
    command = ("-m", "motcua_events", "rebuild", SERVICE, "--database", stack.own_dsn(FIRST_PASSWORD))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, *how, "--json", stdout=PIPE, stderr=PIPE,
        env=os.environ | stack.broker.access(SERVICE).environment,
    )  # fmt: skip
    said, complaint = await process.communicate()
    assert process.returncode == 0, (said, complaint)
    return int(json.loads(said)["folded"])


async def _release(stack: ApartStack) -> None:
    """Work that came back paused is let go by a person."""
    await stack.wait_ready(SERVICE)
    headers = {"Authorization": f"Bearer {stack.token('operator')}"}
    async with httpx.AsyncClient(base_url=stack.url(SERVICE), trust_env=False, timeout=20) as client:
        (await client.post("/operations/work/release", headers=headers)).raise_for_status()


async def _published(stack: ApartStack, more: int) -> None:
    """Wait until payment has published so many events that no back-up of before can know."""
    connection = await asyncpg.connect(stack.postgres.own.dsn(SERVICE))
    try:
        enough = await connection.fetchval("SELECT sum(version) FROM aggregates") + more

        async def is_said() -> bool:
            return bool(await connection.fetchval(_SAID) >= enough)

        assert await comes_true(is_said, _PATIENCE)
    finally:
        await connection.close()
