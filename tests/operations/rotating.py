"""Every secret that two sides share is changed under load: both are accepted, then the other side changes, then we do.

Of tokens, of the gateway, of payment's database, and of Kafka where it asks for one. What cannot be accepted twice (a
password of the database's or of Kafka's) lets nobody in for a moment; what is open stays open, or is tried again.
"""

import asyncio
from dataclasses import replace
from signal import SIGTERM

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient

from motcua_local.apache.administration import _ask, _check, _SetPasswordsRequest
from motcua_local.apache.kafka import ApacheKafka
from motcua_local.tokens import mint
from motcua_local.waiting import together
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import environment_of, program_of, supervisor_of
from tests.operations.apart import SERVICE, ApartStack
from tests.operations.reloading import ReloadingPayers

NEXT = {
    name: f"the-next-{name}-secret-of-more-than-thirty-two-bytes" for name in ("token", "gateway", "database", "kafka")
}
_TOKEN, _GATEWAY = "MOTCUA_TOKEN_SECRET", "MOTCUA_VNPAY_SECRET"


async def rotate_secrets(scene: Scene) -> int:
    """Both are accepted, the others change, we change: two rolling restarts, nothing between them in a hurry."""
    stack = scene.stack
    assert isinstance(stack, ApartStack)
    last = stack.places.secrets.token
    scene.load.everybody._payers = ReloadingPayers(scene.load.everybody._cast)
    _accept(stack)
    await _restart(scene, stack)
    await _must_let_in(scene, stack, NEXT["token"])
    await _let_the_others_change(stack)
    _change(stack)
    await _restart(scene, stack)
    await _must_let_in(scene, stack, last)
    await _must_believe_the_gateway(scene, stack)
    return 3 + isinstance(stack.broker, ApacheKafka)


def _accept(stack: ApartStack) -> None:
    for name in SERVICES:
        environment_of(stack, name)[f"{_TOKEN}_ALSO"] = NEXT["token"]
    environment_of(stack, SERVICE)[f"{_GATEWAY}_ALSO"] = NEXT["gateway"]


async def _let_the_others_change(stack: ApartStack) -> None:
    """From here on tokens and notices are signed with the next secrets, and the last passwords open nothing."""
    secrets = replace(stack.places.secrets, token=NEXT["token"], vnpay=NEXT["gateway"])
    last, stack.places = stack.places.secrets, replace(stack.places, secrets=secrets)
    gateway = program_of(stack, "vnpay")
    await supervisor_of(stack).stop("vnpay")
    command = tuple(NEXT["gateway"] if part == last.vnpay else part for part in gateway.command)
    await supervisor_of(stack).start(replace(gateway, command=command))
    await together(stack.wait_ready("vnpay"), _change_at_the_database(stack), _change_at_kafka(stack))


async def _change_at_the_database(stack: ApartStack) -> None:
    """And whoever is in is put out: the worst that can happen to a service that knows the last password alone."""
    connection = await asyncpg.connect(stack.postgres.own.dsn("postgres"))
    try:
        await connection.execute(f"ALTER ROLE {SERVICE} PASSWORD '{NEXT['database']}'")
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", SERVICE)
    finally:
        await connection.close()


async def _change_at_kafka(stack: ApartStack) -> None:
    """Connections that stand are not asked again; a new one has to know the next password."""
    kafka = stack.broker
    if not isinstance(kafka, ApacheKafka):
        return
    passwords = {name: f"{NEXT['kafka']}-{name}" for name in SERVICES}
    admin = AIOKafkaAdminClient(**kafka.administrator.options, request_timeout_ms=10_000)
    await admin.start()
    try:
        _check((await _ask(admin, _SetPasswordsRequest(passwords))).results, 1)
    finally:
        await admin.close()
    for name, password in passwords.items():
        environment_of(stack, name)["MOTCUA_KAFKA_PASSWORD"] = password


def _change(stack: ApartStack) -> None:
    """Ours is the next one, and the last one is accepted as long as somebody may still hold it."""
    for name in SERVICES:
        _swap(environment_of(stack, name), _TOKEN)
    environment = environment_of(stack, SERVICE)
    _swap(environment, _GATEWAY)
    environment["MOTCUA_DATABASE"] = stack.own_dsn(NEXT["database"])


def _swap(environment: dict[str, str], name: str) -> None:
    environment[name], environment[f"{name}_ALSO"] = environment[f"{name}_ALSO"], environment[name]


async def _must_let_in(scene: Scene, stack: ApartStack, secret: str) -> None:
    """Whoever comes with a token signed with this."""
    headers = {"Authorization": f"Bearer {mint(secret, 'operator')}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        for name in SERVICES:
            answer = await client.get(f"{stack.url(name)}/operations/dead-letters", headers=headers)
            if answer.status_code != httpx.codes.OK:
                scene.blame(f"{name} does not let in with the other secret: {answer.status_code}")


async def _must_believe_the_gateway(scene: Scene, stack: ApartStack) -> None:
    """None of its notices was ever taken for a forged one."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        ledger = (await client.get(f"{stack.url('vnpay')}/control/ledger", params={"limit": 100_000})).json()
    if "97" in [notice["rsp_code"] for notice in ledger["ipn"]]:
        scene.blame("a notice of the gateway was taken for a forged one")


async def _restart(scene: Scene, stack: ApartStack) -> None:
    """Each ends as asked, and its next life is told what it did not know."""

    async def restart(name: str) -> None:
        death = await scene.deaths.next(name, lambda: stack.kill(name, SIGTERM))
        if death is None or death.returncode != 0:
            scene.blame(f"{name} was asked to stop: {death}")

    await asyncio.gather(*(restart(name) for name in SERVICES))
    await stack.wait_ready(*SERVICES)
