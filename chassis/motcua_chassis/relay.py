"""Carries the outbox to Kafka: one active relay per service, lowest committed rows first, deleted once acknowledged.

The lock and LISTEN live on one direct session; losing it ends the round. One batch is in flight per partition, so a
failed batch is sent again before anything behind it. What is sent twice is dropped by the reader's inbox.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from motcua_chassis import outbox
from motcua_chassis.ahead import AheadError
from motcua_chassis.backoff import Backoff
from motcua_chassis.codec import unpack_headers
from motcua_chassis.crash_points import reach
from motcua_chassis.database import WRITABLE
from motcua_chassis.log import describe
from motcua_chassis.metrics import Metrics
from motcua_chassis.pace import Pace
from motcua_chassis.partitions import partition_of
from motcua_chassis.traces import Traces

log = structlog.get_logger()

ROWS = 500
POLL_SECONDS = 0.5
BEAT_SECONDS = 0.5
MISSING_SECONDS = 5.0
"""A topic that is not there is asked for again after so long: each question may take as long as a send."""

_SESSION = {"enable_seqscan": "off", "enable_sort": "off", "synchronous_commit": "off"}
"""Walk the key from its lowest row: left to its estimates PostgreSQL sorts a whole backlog for each 500 rows. What
a crash undoes of a deletion is sent again and dropped by the reader's inbox: the disk need not be waited for."""

RELAY_LOCK = 7_203_002
"""Whoever holds it publishes, or keeps others from it."""
_NEVER = (MessageSizeTooLargeError, RecordListTooLargeError)

Row = tuple[int, str, bytes, str, bytes]
Place = tuple[str, int]


class Relay:
    """Publishes one service's outbox."""

    def __init__(
        self,
        dsn: str,
        new_producer: Callable[[], AIOKafkaProducer],
        metrics: Metrics,
        *,
        send_timeout: float = 10.0,
        guard: Callable[[], Awaitable[object]] | None = None,
        traces: Traces | None = None,
    ) -> None:
        """`guard` is awaited, the lock held, before anything is sent; raising `AheadError` it ends the relay."""
        self._guard = guard
        self._traces = traces
        self._dsn = dsn
        self._new_producer = new_producer
        self._metrics = metrics
        self._send_timeout = send_timeout
        self._producer: AIOKafkaProducer | None = None
        self._stopping = asyncio.Event()
        self._hint = asyncio.Event()
        self._pace = Pace(ROWS)
        self._found_nothing_at = 0.0
        self._missing: dict[str, float] = {}
        self.active = False
        self.beat = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Take the lock, publish, and start over with back-off after any failure, until `stop`."""
        backoff = Backoff(0.2, 5.0)
        while not self._stopping.is_set():
            self._beat()
            try:
                await self._hold_the_lock(backoff)
            except AheadError:
                raise
            except Exception as error:  # noqa: BLE001  # the relay outlives whatever the database or the broker does
                log.warning("relay.interrupted", **describe(error))
            self._set_active(active=False)
            if not self._stopping.is_set():
                await self._alive_during(_wait(self._stopping, backoff.next()))
        await self._drop_producer()

    async def stop(self, drain: float) -> None:
        """Publish what is left for at most `drain` seconds, then let go."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        # Only a round that began after the last commit can tell that nothing is left.
        while self.active and self._found_nothing_at < asked and clock() < asked + drain:
            self._hint.set()
            await asyncio.sleep(0.02)
        self._stopping.set()
        self._hint.set()

    def wake(self) -> None:
        """There are new rows, committed by this process."""
        self._hint.set()

    async def _hold_the_lock(self, backoff: Backoff) -> None:
        session = await asyncpg.connect(
            self._dsn, timeout=10, command_timeout=30, server_settings=_SESSION, target_session_attrs=WRITABLE
        )
        try:
            while not await session.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
                self._beat()
                await _wait(self._stopping, 1.0)
                if self._stopping.is_set():
                    return
            if self._guard is not None:
                await self._alive_during(self._guard())
            await session.add_listener(outbox.CHANNEL, lambda *_: self._hint.set())
            self._set_active(active=True)
            log.info("relay.active")
            while not self._stopping.is_set():
                self._hint.clear()
                self._beat()
                sent = await self._round(session)
                if sent:
                    backoff.reset()
                else:
                    self._found_nothing_at = self.beat
                if sent < ROWS:
                    await self._pace.rest()
                    await _wait(self._hint, POLL_SECONDS)
        finally:
            # Closing ends the session and with it the lock; a dead session cannot hold it either.
            with suppress(Exception):
                await asyncio.wait_for(session.close(), 2)

    async def _round(self, session: asyncpg.Connection) -> int:
        rows = await outbox.next_rows(session, ROWS, self._waiting_topics())
        self._pace.begin(len(rows))
        if not rows:
            return 0
        producer = await self._ready_producer()
        rows, spans = self._traces.publish(rows) if self._traces is not None else (rows, {})
        places = await self._by_place(producer, rows)
        reach("relay.before-send")
        sends = [self._send(producer, session, place, queue) for place, queue in places.items()]
        results = await asyncio.gather(*sends, return_exceptions=True)
        sent = [seq for result in results if not isinstance(result, BaseException) for seq in result]
        reach("relay.after-send")
        if sent:
            await outbox.remove(session, sent)
            self._metrics.published.inc(len(sent))
        if self._traces is not None:
            self._traces.end(spans[seq] for seq in sent if seq in spans)
        reach("relay.after-delete")
        await self._check(results)
        return len(sent)

    async def _check(self, results: Sequence[Any]) -> None:
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            # After an error or a time-out a producer may be stuck for good; a new one is cheap.
            await self._drop_producer()
            raise failures[0]

    async def _send(
        self, producer: AIOKafkaProducer, session: asyncpg.Connection, place: Place, rows: Sequence[Row]
    ) -> list[int]:
        """Send one partition's rows, one batch in flight; returns the acknowledged, raises only if there are none."""
        sent: list[int] = []
        start = 0
        try:
            while start < len(rows):
                batch = producer.create_batch()
                end = start
                while end < len(rows) and _append(batch, rows[end]):
                    end += 1
                if end == start:
                    raise MessageSizeTooLargeError("one record is larger than a batch")
                async with asyncio.timeout(self._send_timeout):
                    await (await producer.send_batch(batch, place[0], partition=place[1]))
                sent += [row[0] for row in rows[start:end]]
                start = end
        except _NEVER:
            if sent:
                return sent
            return await self._send_singly(producer, session, place, rows)
        except (TimeoutError, KafkaError, OSError):
            if sent:
                return sent
            raise
        return sent

    async def _send_singly(
        self, producer: AIOKafkaProducer, session: asyncpg.Connection, place: Place, rows: Sequence[Row]
    ) -> list[int]:
        """Find the record no broker takes: the first is sent alone, or set aside with its application."""
        seq, topic, key, headers, body = rows[0]
        try:
            await asyncio.wait_for(
                producer.send_and_wait(topic, body, key, partition=place[1], headers=unpack_headers(headers)),
                self._send_timeout,
            )
        except _NEVER as error:
            await outbox.set_aside(session, seq, type(error).__name__)
            log.critical("relay.set-aside", topic=topic, application=key.decode(), **describe(error))
            return []
        return [seq]

    async def _by_place(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> dict[Place, list[Row]]:
        topics = {topic: await self._partitions(producer, topic) for topic in {row[1] for row in rows}}
        places: dict[Place, list[Row]] = {}
        for row in rows:
            if partitions := topics[row[1]]:
                place = row[1], partitions[partition_of(row[2], len(partitions))]
                places.setdefault(place, []).append(row)
        return places

    def _waiting_topics(self) -> list[str]:
        self._missing = {topic: until for topic, until in self._missing.items() if until > self.beat}
        return list(self._missing)

    async def _partitions(self, producer: AIOKafkaProducer, topic: str) -> list[int]:
        """Its partitions; none where nobody has made it yet: its rows wait, the others' do not."""
        known = producer.client.cluster.partitions_for_topic(topic)
        if not known:
            try:
                known = await producer.partitions_for(topic)
            except UnknownTopicOrPartitionError:
                self._missing[topic] = asyncio.get_running_loop().time() + MISSING_SECONDS
                log.critical("relay.topic-missing", topic=topic)
        return sorted(known or ())

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self._new_producer()
            try:
                await asyncio.wait_for(producer.start(), self._send_timeout)
            except BaseException:
                _discard(producer)
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            _discard(producer)

    def _set_active(self, *, active: bool) -> None:
        self.active = active
        self._metrics.relay_active.set(active)

    async def _alive_during(self, waiting: Awaitable[object]) -> None:
        """Trying counts: a database that is away, or a topic long to read, is no reason to end the process."""
        task = asyncio.ensure_future(waiting)
        try:
            while not task.done():
                self._beat()
                await asyncio.wait([task], timeout=BEAT_SECONDS)
            await task
        finally:
            task.cancel()

    def _beat(self) -> None:
        self.beat = asyncio.get_running_loop().time()


def _append(batch: Any, row: Row) -> bool:
    return batch.append(key=row[2], value=row[4], timestamp=None, headers=unpack_headers(row[3])) is not None


_discarded: set[asyncio.Task[None]] = set()


def _discard(producer: AIOKafkaProducer) -> None:
    """Stop a producer in the background: with the broker down its `stop` hangs, and nobody should wait for that."""

    async def stop() -> None:
        with suppress(Exception):
            await asyncio.wait_for(producer.stop(), 5)

    task = asyncio.ensure_future(stop())
    _discarded.add(task)
    task.add_done_callback(_discarded.discard)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
