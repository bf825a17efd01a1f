"""Throws bad records among good ones: parked are exactly the bad, for their reasons, and no neighbour waits."""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import islice

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from motcua_local.apache.rights import OBSERVER
from motcua_local.demo.history import Told
from motcua_local.stack import Stack
from motcua_local.waiting import comes_true
from motcua_local.wiring import SERVICES
from tests.failures.drill.fault import Scene
from tests.failures.drill.morsels import gather
from tests.failures.drill.poison import CANARY, Bad, poison, readers

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Parked = dict[Place, str]
"""Each with its reason."""
WAVE, WAVES = 150, 2
"""Bad records are thrown so many together, and so many waves are on their way at any moment: good ones wait behind
both at the most."""
_MORSELS = 1_500
_RELEASED_EVERY = 25.0
_IN_PEACE = 8.0
"""Seconds in which nothing bad comes: how fast good ones are answered on this machine just now."""
_LARGEST = 2_000_000
_PARTITIONS = 12
_TABLE = 'SELECT topic, partition, "offset", reason FROM dead_letters'


async def throw_poison(scene: Scene, count: int) -> int:
    """Bad records of 24 kinds, with what Hypothesis puts in them; an operator lets every service park without limit."""
    expected: dict[str, Parked] = {name: {} for name in SERVICES}
    await asyncio.sleep(_IN_PEACE)
    began, started = datetime.now(UTC), time.monotonic()
    operator = asyncio.create_task(_release(scene.stack))
    try:
        await _throw(scene, poison(count, scene.random.randrange(2**32), gather(_MORSELS, count)), expected)
    finally:
        operator.cancel()
    seconds = time.monotonic() - started
    for name in SERVICES:
        await _compare(scene, name, expected[name])
    if not any(expected.values()):
        scene.blame("the broker let nothing bad in")
    _look_at_delays(scene, began, datetime.now(UTC))
    await asyncio.to_thread(_look_into_logs, scene)
    scene.told = f"{sum(map(len, expected.values())):,} parked at {count / seconds:,.0f}/s; {scene.told}"
    return count


async def _throw(scene: Scene, bad: Iterator[Bad], expected: Mapping[str, Parked]) -> None:
    access = scene.stack.broker.access
    async with AsyncExitStack() as held:
        producer = await held.enter_async_context(
            AIOKafkaProducer(**access(OBSERVER).options, acks="all", linger_ms=2, max_request_size=_LARGEST)
        )
        databases = {name: await asyncpg.connect(scene.stack.dsn(name)) for name in SERVICES}
        for each in databases.values():
            held.push_async_callback(each.close)
        waves: deque[list[Place]] = deque()
        while some := list(islice(bad, WAVE)):
            sent = await asyncio.gather(
                *[await producer.send(e.topic, e.body, e.key, headers=list(e.headers)) for e in some],
                return_exceptions=True,
            )
            thrown = [(each, meta) for each, meta in zip(some, sent, strict=True) if not isinstance(meta, Exception)]
            for each, meta in thrown:
                for name in readers(each.topic, each.type):
                    expected[name][meta.topic, meta.partition, meta.offset] = each.reason
            waves.append([(meta.topic, meta.partition, meta.offset) for _, meta in thrown])
            if len(waves) == WAVES:
                await _covered(databases, waves.popleft())
        for wave in waves:
            await _covered(databases, wave)


async def _covered(databases: Mapping[str, asyncpg.Connection], places: Sequence[Place]) -> None:
    """Wait until every service has passed these."""
    last: dict[tuple[str, int], int] = {}
    for topic, partition, offset in places:
        last[topic, partition] = max(offset, last.get((topic, partition), -1))

    async def passed() -> bool:
        for name, database in databases.items():
            rows = await database.fetch("SELECT topic, partition, next_offset FROM positions")
            next_ = {(row[0], row[1]): row[2] for row in rows}
            mine = [(place, offset) for place, offset in last.items() if name in readers(place[0], "everybody")]
            if any(next_.get(place, 0) <= offset for place, offset in mine):
                return False
        return True

    if not await comes_true(passed, 60, pause=0.01):
        raise TimeoutError("records are not passed within a minute")


async def _release(stack: Stack) -> None:
    """As an operator who knows what comes: halted or not, every service may park for the next minute."""
    headers = {"Authorization": f"Bearer {stack.token('operator')}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        while True:
            for name in SERVICES:
                (await client.post(f"{stack.url(name)}/operations/resume")).raise_for_status()
            await asyncio.sleep(_RELEASED_EVERY)


async def _compare(scene: Scene, name: str, expected: Parked) -> None:
    """The table, and the topic that announces it, hold what must be parked and nothing else."""
    connection = await asyncpg.connect(scene.stack.dsn(name), command_timeout=60)
    try:
        rows = await connection.fetch(_TABLE)

        async def told() -> bool:
            return not await connection.fetchval("SELECT count(*) FROM outbox WHERE topic LIKE '%dead-letters'")

        await comes_true(told, 60, pause=0.2)
    finally:
        await connection.close()
    table = {(row[0], row[1], row[2]): row[3] for row in rows}
    _differ(scene, f"{name}'s table", expected, table)
    if len(rows) != len(table):
        scene.blame(f"{name} parked {len(rows) - len(table)} records twice")
    _differ(scene, f"{name}'s topic", expected, await _announced(scene.stack, name, len(expected)))


def _differ(scene: Scene, where: str, expected: Parked, found: Parked) -> None:
    wrong = Counter(
        f"{expected.get(place, 'good or unread')} parked as {found.get(place, 'nothing')}"
        for place in expected.keys() | found.keys()
        if expected.get(place) != found.get(place)
    )
    for what, times in wrong.most_common(5):
        scene.blame(f"{where}: {times} times {what}")


async def _announced(stack: Stack, name: str, count: int) -> Parked:
    """What the dead-letter topic says, up to its end; an announcement may be there twice."""
    found: Parked = {}
    reader = AIOKafkaConsumer(**stack.broker.access(OBSERVER).options, enable_auto_commit=False, fetch_max_wait_ms=50)
    await reader.start()
    try:
        topic = f"motcua.{name}.dead-letters"
        reader.assign([TopicPartition(topic, number) for number in range(3)])
        await reader.seek_to_beginning()
        quiet = 0
        while quiet < (3 if len(found) >= count else 20):
            batches = await reader.getmany(timeout_ms=200, max_records=2_000)
            quiet = 0 if batches else quiet + 1
            for record in (record for records in batches.values() for record in records):
                said = json.loads(record.value)
                found[said["topic"], said["partition"], said["offset"]] = said["reason"]
    finally:
        await reader.stop()
    return found


def _look_at_delays(scene: Scene, began: datetime, ended: datetime) -> None:
    """From an event to what another service made of it, without bad neighbours and with them."""
    stories = scene.load.history.by_application.values()
    delays = [each for story in stories for each in _delays(story)]
    peace = sorted(seconds for at, seconds in delays if at < began)
    among = sorted(seconds for at, seconds in delays if began <= at <= ended)
    if not peace or not among:
        scene.blame("no good record had a bad neighbour, or none had none")
        return
    usual, at99 = _at99(peace), _at99(among)
    scene.told = f"{len(among):,} good neighbours answered within {at99:.2f} s (p99), without poison {usual:.2f} s"
    if at99 - usual > 1:
        scene.blame(f"good neighbours waited: p99 {at99:.2f} s, without poison {usual:.2f} s")


def _at99(ordered: Sequence[float]) -> float:
    return ordered[int(len(ordered) * 0.99)]


def _delays(story: Sequence[Told]) -> Iterator[tuple[datetime, float]]:
    events = {told.envelope.id: told.envelope for told in story}
    for told in story:
        cause = events.get(told.envelope.causation_id)
        if cause is not None and cause.source != told.envelope.source:
            yield told.envelope.time, (told.envelope.time - cause.time).total_seconds()


def _look_into_logs(scene: Scene) -> None:
    """The canary of the bad, and the names of the good."""
    names = {planned.citizen.full_name for planned in scene.load.everybody.submitted.values()}
    for name in SERVICES:
        text = (scene.stack.directory / "logs" / f"{name}.log").read_text("utf-8", "replace")
        told = [each for each in (CANARY, CANARY.lower(), *names) if each in text]
        if told:
            scene.blame(f"{name}'s log holds payload: {told[:3]}")
