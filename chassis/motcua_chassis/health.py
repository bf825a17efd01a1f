"""Health that means something: ready when it can serve, live while it makes progress.

A consumer can hang after a broker restart with no error; then only missing progress tells, and the watchdog ends the
process so that its supervisor starts a fresh one.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from motcua_chassis.consumer import Consumer
from motcua_chassis.metrics import Metrics
from motcua_chassis.relay import Relay
from motcua_chassis.worker import Worker

log = structlog.get_logger()

SAMPLE_SECONDS = 2.0
STUCK_EXIT_CODE = 70

_SAMPLE = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS o),
       (SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox WHERE set_aside IS NULL ORDER BY seq LIMIT 1),
       (SELECT count(*) FROM outbox WHERE set_aside IS NOT NULL),
       (SELECT count(*) FROM dead_letters WHERE state = 'parked'),
       (SELECT count(*) FROM dead_letters WHERE state = 'held')"""
_DUE = """
SELECT kind, count(*), extract(epoch FROM now() - min(at))::float8
FROM (SELECT kind, at FROM work WHERE at <= now() AND NOT paused ORDER BY at LIMIT 100000) AS due GROUP BY kind"""
_OPEN = "SELECT kind, count(*), count(*) FILTER (WHERE paused) FROM work GROUP BY kind"
"""All that is planned, days ahead too: read as seldom as the service's own figures."""


@dataclass
class Health:
    """Watches the parts of one service and samples what only the database knows."""

    pool: asyncpg.Pool
    consumer: Consumer | None
    relay: Relay
    workers: list[Worker[Any]]
    metrics: Metrics
    stuck_after: float
    figures_every: float = 30.0
    """Seconds for which the count of all planned work is good."""
    stopping: bool = False
    outbox_age: float = 0.0
    database_seen_at: float = 0.0
    _counted_at: float = float("-inf")

    def not_ready(self) -> list[str]:
        """Why traffic should not come here; empty when it may."""
        faults = ["stopping"] if self.stopping else []
        if time.monotonic() - self.database_seen_at > SAMPLE_SECONDS * 5:
            faults.append("database-away")
        if self.consumer is not None:
            faults += ["not-assigned"] * (not self.consumer.assigned)
            faults += ["halted"] * self.consumer.halted
            since = self.consumer.failing_since
            faults += ["batches-fail"] * (since is not None and time.monotonic() - since > self.stuck_after / 4)
        return faults

    def not_live(self) -> list[str]:
        """Why the process should be replaced; empty while it makes progress."""
        now, limit = time.monotonic(), self.stuck_after
        faults = [f"worker-{i}" for i, worker in enumerate(self.workers) if now - worker.beat > limit]
        if asyncio.get_running_loop().time() - self.relay.beat > limit:
            faults.append("relay")
        if self._consumer_stuck(now):
            faults.append("consumer")
        return faults

    def _consumer_stuck(self, now: float) -> bool:
        consumer = self.consumer
        if consumer is None or consumer.halted or consumer.failing_since is not None:
            return False
        if not consumer.resting and not any(consumer.lag().values()):
            consumer.progress_at = now
        return now - consumer.progress_at > self.stuck_after

    async def run(self) -> None:
        """Sample for the metrics and watch for standstill, until cancelled."""
        while True:
            try:
                await self._sample()
            except Exception as error:  # noqa: BLE001
                log.warning("health.sample-failed", error=type(error).__name__)
            faults = [] if self.stopping else self.not_live()
            if faults:
                log.critical("health.stuck", code=",".join(faults))
                raise SystemExit(STUCK_EXIT_CODE)
            await asyncio.sleep(SAMPLE_SECONDS)

    async def _sample(self) -> None:
        metrics = self.metrics
        async with self.pool.acquire(timeout=5) as connection:
            (pending, age, aside, parked, held), *_ = await connection.fetch(_SAMPLE)
            due = await connection.fetch(_DUE)
            if time.monotonic() - self._counted_at >= self.figures_every:
                self._show_open(await connection.fetch(_OPEN))
        self.database_seen_at = time.monotonic()
        self.outbox_age = age or 0.0
        metrics.outbox_pending.set(pending)
        metrics.outbox_age.set(self.outbox_age)
        metrics.outbox_set_aside.set(aside)
        metrics.parked.labels("parked").set(parked)
        metrics.parked.labels("held").set(held)
        found = {kind: (count, since) for kind, count, since in due}
        for kind in {*found, *self._kinds()}:
            count, since = found.get(kind, (0, 0.0))
            metrics.work_due.labels(kind).set(count)
            metrics.work_age.labels(kind).set(since)
        if self.consumer is not None:
            metrics.lag.clear()  # a partition that went to another instance has no lag here any more
            for place, lag in self.consumer.lag().items():
                metrics.lag.labels(place.topic, str(place.partition)).set(lag)

    def _show_open(self, rows: Sequence[asyncpg.Record]) -> None:
        found = {kind: (open_, paused) for kind, open_, paused in rows}
        for kind in {*found, *self._kinds()}:
            open_, paused = found.get(kind, (0, 0))
            self.metrics.work_open.labels(kind).set(open_)
            self.metrics.work_paused.labels(kind).set(paused)
        self._counted_at = time.monotonic()

    def _kinds(self) -> set[str]:
        return {kind for worker in self.workers for kind in worker.kinds}
