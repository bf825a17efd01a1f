"""A service's next release comes in while the one before still works: expand, one process after the other, contract."""

import sys
from dataclasses import replace
from signal import SIGTERM
from uuid import UUID

import asyncpg
import httpx

from motcua_local.processes import Program, ProgramFailedError, complete
from motcua_local.waiting import comes_true
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import environment_of, replica_of, supervisor_of
from tests.operations.apart import SERVICE, ApartStack
from tests.operations.releases import BACKFILL, CONTRACT, EXPAND, Release, make_release

_PATIENCE = 90.0
_ORDERS = "SELECT application_id, to_jsonb(payments) ->> 'expires_at' FROM payments WHERE order_ref IS NOT NULL"
"""By way of JSON, for before it expands the table has no such column."""


async def upgrade_one_after_the_other(scene: Scene) -> int:
    """Two processes of a release give way to the next, one at a time; both write the same tables meanwhile."""
    stack = scene.stack
    assert isinstance(stack, ApartStack)
    expand = make_release(stack.directory / "next", EXPAND)
    contract = make_release(stack.directory / "after-next", CONTRACT)
    old = await _another(stack)
    new = await _another(stack, expand)
    try:
        assert await comes_true(lambda: _waits_for_its_migrations(stack, new), _PATIENCE), stack.tail(new.name)
        before = set(await _orders(stack))
        await _migrate(stack, expand)
        assert await comes_true(lambda: _is_ready(new), _PATIENCE), stack.tail(new.name)
        assert await comes_true(lambda: _both_wrote(stack, before), _PATIENCE), "one of the releases wrote nothing"
        await supervisor_of(stack).stop(old.name, grace=30)
        if "service.stopped" not in stack.tail(old.name):
            scene.blame(f"{old.name} was asked to stop and did not end by itself: {stack.tail(old.name, 3)}")
        await stack.wait_ready(SERVICE)
        assert await comes_true(lambda: _is_ready(new), _PATIENCE), stack.tail(new.name)
        await _replace_the_other(scene, stack, expand)
        await _backfill(stack)
        await _migrate(stack, contract)
        if not all((await _orders(stack)).values()):
            scene.blame("an order without what the next release needs")
    finally:
        await supervisor_of(stack).stop(old.name, new.name, grace=30)
    return 3


async def _another(stack: ApartStack, release: Release | None = None) -> Program:
    """One more process, started again when it dies, as a cluster does."""
    program = replace(replica_of(stack, SERVICE), restart=True)
    if release is not None:
        program = replace(program, environment={**program.environment, **release.environment})
    await supervisor_of(stack).start(program)
    if release is None:
        assert await comes_true(lambda: _is_ready(program), _PATIENCE), stack.tail(program.name)
    return program


async def _is_ready(program: Program) -> bool:
    url = f"http://127.0.0.1:{program.environment['MOTCUA_HTTP_PORT']}/health/ready"
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
        try:
            return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


async def _waits_for_its_migrations(stack: ApartStack, program: Program) -> bool:
    return '"code": "migrations"' in stack.tail(program.name) and not await _is_ready(program)


async def _replace_the_other(scene: Scene, stack: ApartStack, release: Release) -> None:
    environment_of(stack, SERVICE).update(release.environment)
    death = await scene.deaths.next(SERVICE, lambda: stack.kill(SERVICE, SIGTERM))
    if death is None or death.returncode != 0:
        scene.blame(f"{SERVICE} was asked to stop: {death}")
    await stack.wait_ready(SERVICE)


async def _migrate(stack: ApartStack, release: Release) -> None:
    """As a cluster's Job does; where it cannot have its lock in time it is started again."""
    environment = {**environment_of(stack, SERVICE), **release.environment}
    job = Program("migrate", (sys.executable, "-m", "motcua_chassis.migrate", SERVICE), environment)

    async def is_done() -> bool:
        try:
            await complete(job, stack.directory / "logs" / "migrate.log")
        except ProgramFailedError:
            return False
        return True

    assert await comes_true(is_done, _PATIENCE), stack.tail("migrate")


async def _both_wrote(stack: ApartStack, before: set[UUID]) -> bool:
    """Of the orders that came since the column is there, some say when they expire and some do not."""
    orders = await _orders(stack)
    return {said for application, said in orders.items() if application not in before} == {True, False}


async def _orders(stack: ApartStack) -> dict[UUID, bool]:
    connection = await asyncpg.connect(stack.dsn(SERVICE))
    try:
        return {row[0]: row[1] is not None for row in await connection.fetch(_ORDERS)}
    finally:
        await connection.close()


async def _backfill(stack: ApartStack) -> None:
    connection = await asyncpg.connect(stack.dsn(SERVICE))
    try:
        while await connection.execute(BACKFILL) != "UPDATE 0":
            pass
    finally:
        await connection.close()
