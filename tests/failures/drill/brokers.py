"""Brokers that die, come back, fall silent: one alone, or one of three that leads."""

import asyncio
from signal import SIGCONT, SIGKILL, SIGSTOP

from aiokafka.admin import AIOKafkaAdminClient

from motcua_contracts import Stream
from motcua_local.apache.kafka import ApacheKafka
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene

KILLS = 3
SILENT = 8.0
"""Seconds, longer than the services' session and the patience of a heartbeat."""


async def kill_the_broker(scene: Scene) -> int:
    """SIGKILL to the only broker: nothing can be told or heard until it is back."""
    kafka = _apache(scene)
    for _ in range(KILLS):
        scene.stack.kill(kafka.names[0], SIGKILL)
        await kafka.wait_ready()
        await asyncio.sleep(scene.random.uniform(2, 5))
    await scene.stack.wait_ready(*SERVICES)
    return KILLS


async def silence_the_broker(scene: Scene) -> int:
    """SIGSTOP to the only broker for 8 s: its connections stand, nobody answers."""
    kafka = _apache(scene)
    for _ in range(2):
        scene.stack.kill(kafka.names[0], SIGSTOP)
        await asyncio.sleep(SILENT)
        scene.stack.kill(kafka.names[0], SIGCONT)
        await asyncio.sleep(5)
    await scene.stack.wait_ready(*SERVICES)
    return 2


async def kill_the_leader(scene: Scene) -> int:
    """SIGKILL to one broker of three: another leads on, with everything that was acknowledged."""
    kafka = _apache(scene)
    for topic in (Stream.INTAKE.topic, Stream.PAYMENT.topic, Stream.IDENTITY.topic):
        leader = await _leader(kafka, topic, scene.random.randrange(12))
        scene.stack.kill(f"broker-{leader}", SIGKILL)
        await asyncio.sleep(scene.random.uniform(4, 6))
        await kafka.wait_ready()
        await asyncio.sleep(3)
    await scene.stack.wait_ready(*SERVICES)
    return 3


async def silence_the_leader(scene: Scene) -> int:
    """SIGSTOP to one broker of three for 12 s: it is taken for dead, and wakes up as a leader that is none."""
    kafka = _apache(scene)
    for topic in (Stream.INTAKE.topic, Stream.PAYMENT.topic):
        name = f"broker-{await _leader(kafka, topic, scene.random.randrange(12))}"
        scene.stack.kill(name, SIGSTOP)
        await asyncio.sleep(SILENT + 4)
        scene.stack.kill(name, SIGCONT)
        await asyncio.sleep(4)
    await scene.stack.wait_ready(*SERVICES)
    return 2


def _apache(scene: Scene) -> ApacheKafka:
    kafka = scene.stack.broker
    assert isinstance(kafka, ApacheKafka), "only Apache Kafka keeps its records when it dies"
    return kafka


async def _leader(kafka: ApacheKafka, topic: str, partition: int) -> int:
    admin = AIOKafkaAdminClient(**kafka.administrator.options, request_timeout_ms=10_000)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return int(next(each["leader"] for each in found["partitions"] if each["partition"] == partition))
