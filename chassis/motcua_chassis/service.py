"""Runs one service: opens its parts in order, serves until told to stop, and closes them so that nothing is lost.

The chassis alone owns signals. On SIGTERM: stop HTTP, finish the batch and commit it, finish or give up calls, drain
the relay for five seconds, unlock, leave the group.
"""

import asyncio
import gc
import signal
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
import uvicorn
import uvloop
from aiokafka import AIOKafkaProducer
from fastapi import APIRouter

from motcua_chassis import crash_points, database, inbox, operations
from motcua_chassis import log as logs
from motcua_chassis.ahead import EXIT_CODE as AHEAD_EXIT_CODE
from motcua_chassis.ahead import AheadError, Comparison
from motcua_chassis.batch import BatchWriter, Projector, project_nothing
from motcua_chassis.codec import Reader
from motcua_chassis.consumer import Consumer
from motcua_chassis.door import Door
from motcua_chassis.fuse import Fuse
from motcua_chassis.health import Health
from motcua_chassis.http import Desk, create_app
from motcua_chassis.kafka_access import client_security, cluster_id
from motcua_chassis.message import Decider
from motcua_chassis.metrics import Collector, Metrics
from motcua_chassis.own_topic import OwnTopic
from motcua_chassis.path import Path
from motcua_chassis.patience import StopAskedError, close_pool, insist, within
from motcua_chassis.problems import Sentences
from motcua_chassis.relay import Relay
from motcua_chassis.repair import Repair
from motcua_chassis.settings import ChassisSettings
from motcua_chassis.traces import Traces, open_traces
from motcua_chassis.worker import Adapter, Worker
from motcua_contracts import Event, Stream

S = TypeVar("S")
T = TypeVar("T")
log = structlog.get_logger()

RELAY_DRAIN_SECONDS = 5.0
LARGEST_BATCH = 250_000
"""Bytes of one batch of the relay: a topic's `max.message.bytes` (256 KiB) is about batches, not records."""


@dataclass(frozen=True)
class Service(Generic[S]):
    """Everything that makes a service; its `__main__` says nothing else."""

    stream: Stream
    title: str
    decider: Decider[S]
    reads: Sequence[type[Event]] = ()
    project: Projector = project_nothing
    adapters: Sequence[Adapter] = ()
    timers: Sequence[str] = ()
    """Kinds of work without an outside system."""
    routers: Sequence[APIRouter] = ()
    sentences: Sentences = field(default_factory=dict)
    collectors: Sequence[Collector] = ()
    """What it measures besides; shown by `/metrics`."""
    state: Any = None
    """What the service's own routes need; `request.app.state.service`."""


def run(service: Service[Any], settings: ChassisSettings) -> None:
    """Serve until SIGTERM or SIGINT. Ends the process with code 70 when it stands still, 78 when its topic is ahead."""
    logs.configure(service.stream.value, settings.log_level)
    crash_points.arm(settings.crash_at)
    tune_garbage_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(Running(service, settings).serve())
        except AheadError:
            raise SystemExit(AHEAD_EXIT_CODE) from None


def tune_garbage_collector() -> None:
    """Leave start-up objects out of collections and collect rarely: the largest single win of all measured."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


class Running(Generic[S]):
    """One running service process."""

    def __init__(self, service: Service[S], settings: ChassisSettings) -> None:
        self.service = service
        self.settings = settings
        self.stop_asked = asyncio.Event()
        self.traces: Traces | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    async def serve(self) -> None:
        """Open, wait for a signal or the end of a part, close."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop_asked.set)
        async with AsyncExitStack() as stack:
            with suppress(StopAskedError):
                await self._open(stack)
                log.info("service.started", port=self.settings.http_port)
                await self._until_asked_or_broken()
            log.info("service.stopping")
        log.info("service.stopped")

    async def _open(self, stack: AsyncExitStack) -> None:
        settings, service = self.settings, self.service
        self.pool = pool = await insist("database", lambda: database.open_pool(settings), self.stop_asked)
        stack.push_async_callback(close_pool, pool)
        scripts = database.migrations_of(f"motcua_{service.stream.value}")
        if not settings.migrate_at_start:
            await insist("migrations", lambda: database.require_migrated(pool, scripts), self.stop_asked)
        async with pool.acquire() as connection:
            if settings.migrate_at_start:
                await database.migrate(connection, scripts)
            await inbox.keep_partitions(connection, datetime.now(UTC).date())
        if (opened := open_traces(service.stream.value, settings)) is not None:
            self.traces, close = opened
            stack.push_async_callback(within, 10.0, asyncio.to_thread(close))
        self._wire()
        await self._comparison.at_start(self.stop_asked)
        self._start(self._parts())
        stack.push_async_callback(self._close)
        await self._open_http()
        # What a person asks is taken in at any time; the rest once the database is known to be as new as the topic.
        await self._while_whole(insist("comparison", self._comparison.made, self.stop_asked, final=(AheadError,)))
        self._start(self._workers())
        if self.consumer is not None:
            await self._while_whole(insist("broker", self.consumer.start, self.stop_asked))
            self._consuming = True

    def _wire(self) -> None:
        settings, service, pool = self.settings, self.service, self.pool
        every = settings.figures_every.total_seconds()
        self.metrics = metrics = Metrics(service.collectors, every)
        reader = Reader(service.reads)
        traces = self.traces
        self._comparison = Comparison(
            service.stream, pool, settings.kafka, service.decider, service.project, catch_up=settings.catch_up,
            topic=partial(OwnTopic, security=client_security(settings)),
        )  # fmt: skip
        self.relay = Relay(
            settings.direct_dsn, self._new_producer, metrics, send_timeout=settings.relay_send_timeout,
            guard=self._comparison.insist, traces=traces,
        )  # fmt: skip
        writer = BatchWriter(
            service.stream, service.decider, project=service.project, on_work=self._wake, relay=self.relay,
            traces=traces,
        )  # fmt: skip
        self.fuse = Fuse(settings.halt_after)
        path = Path(pool, reader, writer, metrics, self.fuse)
        self.door = door = Door(path, window=settings.command_window_ms / 1000, limit=settings.command_queue)
        group = f"motcua.{service.stream.value}"
        decode, width = writer.aggregates.decode, settings.work_concurrency
        kinds: list[tuple[list[str], Adapter | None]] = [([a.kind], a) for a in service.adapters]
        if service.timers:
            kinds.append((list(service.timers), None))
        self.workers = [Worker(pool, door, metrics, decode, *kind, concurrency=width, traces=traces) for kind in kinds]
        self.consumer = (
            Consumer(settings, group, reader.topics, path, metrics, pool=pool, find_cluster=cluster_id)
            if reader.topics
            else None
        )
        self.health = Health(pool, self.consumer, self.relay, self.workers, metrics, settings.stuck_after, every)
        desk = Desk(door, pool, *settings.token_secrets)
        repair = Repair(pool, reader, writer)
        routers = [*service.routers, operations.router]
        self.app = create_app(service.title, desk, self.health, metrics, repair, routers, service.sentences, traces)
        self.app.state.service = service.state
        self.app.state.resume, self.app.state.wake = self._resume, self._wake
        self._consuming = False

    def _parts(self) -> list[tuple[str, Any]]:
        return [
            ("relay", self.relay.run()),
            ("door", self.door.run()),
            ("health", self.health.run()),
            ("inbox", self._keep_partitions()),
        ]

    def _workers(self) -> list[tuple[str, Any]]:
        return [(f"worker-{i}", worker.run()) for i, worker in enumerate(self.workers)]

    def _start(self, parts: list[tuple[str, Any]]) -> None:
        self._tasks += [asyncio.create_task(part, name=name) for name, part in parts]

    async def _open_http(self) -> None:
        config = uvicorn.Config(
            self.app,
            host=self.settings.http_host,
            port=self.settings.http_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=int(self.settings.drain_seconds),
        )
        self._http = _Server(config)
        self._tasks.append(asyncio.create_task(self._http.serve(), name="http"))

    async def _until_asked_or_broken(self) -> None:
        with suppress(StopAskedError):
            await self._while_whole(self.stop_asked.wait())

    async def _while_whole(self, waiting: Coroutine[Any, Any, object]) -> None:
        """Wait, but no longer than every part runs. Raises what ended one, `StopAskedError` where nothing did."""
        task = asyncio.create_task(waiting)
        done, _ = await asyncio.wait([task, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            task.result()
            return
        task.cancel()
        for part in done:
            log.critical("service.part-ended", code=part.get_name())
            part.result()
        raise StopAskedError

    async def _close(self) -> None:
        self.health.stopping = True
        self._http.should_exit = True
        await within(self.settings.drain_seconds, self._named("http"))
        if self.consumer is not None:
            # One that never joined has no batch to end, only a group to leave.
            await within(self.settings.drain_seconds if self._consuming else 5.0, self.consumer.stop())
        for worker in self.workers:
            await worker.stop(grace=5.0)
        self.door.close()
        await within(self.settings.drain_seconds, self._named("door"))
        await self.relay.stop(RELAY_DRAIN_SECONDS)
        await within(5.0, self._named("relay"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_partitions(self) -> None:
        while True:
            await asyncio.sleep(3600)
            with suppress(asyncpg.PostgresError, asyncpg.InternalClientError, OSError, asyncio.TimeoutError):
                async with self.pool.acquire(timeout=10) as connection:
                    await inbox.keep_partitions(connection, datetime.now(UTC).date())

    def _named(self, name: str) -> "asyncio.Task[Any]":
        return next(task for task in self._tasks if task.get_name() == name)

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka,
            **client_security(self.settings),
            client_id=f"motcua-{self.service.stream.value}-relay",
            acks="all",
            linger_ms=0,
            max_batch_size=LARGEST_BATCH,
            request_timeout_ms=int(self.settings.relay_send_timeout * 1000),
        )

    def _wake(self) -> None:
        for worker in self.workers:
            worker.wake()

    def _resume(self) -> None:
        self.fuse.bridge(60.0)
        if self.consumer is not None:
            self.consumer.resume()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the chassis owns signals."""

    def capture_signals(self) -> Any:
        return nullcontext()
