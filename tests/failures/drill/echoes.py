"""Duplicates: every record is published again up to four times, later and past its successors; topics are shuffled."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from signal import SIGTERM

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from motcua_contracts import Stream
from motcua_local.apache.rights import OBSERVER
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.seats import environment_of

ECHOED_FOR = 20.0
_SETTING = "MOTCUA_DELAY_TOPICS"
DELAYS = {
    "intake": "motcua.identity.events:2",
    "identity": "motcua.intake.events:1",
    "payment": "motcua.identity.events:1.5,motcua.intake.events:0.5",
    "notification": "motcua.intake.events:2.5,motcua.payment.events:1",
}
"""Seconds by which each service hears one topic later than another: effects arrive before their causes."""


class Echo:
    """Hears every event and says it again; what it said itself it knows."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._random = scene, Random(scene.random.random())
        self._known: set[bytes | None] = set()
        self._later: set[asyncio.Task[None]] = set()
        self._writers: dict[str, AIOKafkaProducer] = {}
        self.said = 0

    async def run(self) -> None:
        """Until cancelled; what is to be said again has been said then."""
        access = self._scene.stack.broker.access
        async with AsyncExitStack() as held:
            for stream in Stream:
                writer = AIOKafkaProducer(**access(stream.value).options, acks="all")
                self._writers[stream.topic] = await held.enter_async_context(writer)
            reader = await held.enter_async_context(
                AIOKafkaConsumer(**access(OBSERVER).options, enable_auto_commit=False, fetch_max_wait_ms=50)
            )
            reader.assign([TopicPartition(topic, number) for topic in self._writers for number in range(12)])
            await reader.seek_to_end()
            try:
                while True:
                    for records in (await reader.getmany(timeout_ms=200)).values():
                        self._hear(records)
            finally:
                await asyncio.gather(*self._later)

    def _hear(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            identity = dict(record.headers).get("ce_id")
            if identity not in self._known:
                self._known.add(identity)
                for _ in range(self._random.randrange(5)):
                    task = asyncio.create_task(self._say(record, self._random.choice((0.0, 0.2, 1.0, 3.0))))
                    self._later.add(task)
                    task.add_done_callback(self._later.discard)

    async def _say(self, record: ConsumerRecord, late: float) -> None:
        await asyncio.sleep(late)
        await self._writers[record.topic].send_and_wait(
            record.topic, record.value, record.key, partition=record.partition, headers=list(record.headers)
        )
        self.said += 1


async def echo_and_shuffle(scene: Scene) -> int:
    """The services start again with their topics delayed against each other; every record is told up to five times."""
    await _delay(scene, DELAYS)
    echo = Echo(scene)
    echoing = asyncio.create_task(echo.run())
    await asyncio.wait({echoing}, timeout=ECHOED_FOR)
    if echoing.done():
        echoing.result()
    echoing.cancel()
    await asyncio.gather(echoing, return_exceptions=True)
    await _delay(scene, {})
    return echo.said


async def _delay(scene: Scene, delays: dict[str, str]) -> None:
    for name in SERVICES:
        environment_of(scene.stack, name)[_SETTING] = delays.get(name, "")
    await asyncio.gather(
        *(scene.deaths.next(name, lambda name=name: scene.stack.kill(name, SIGTERM)) for name in SERVICES)
    )
    await scene.stack.wait_ready(*SERVICES)
