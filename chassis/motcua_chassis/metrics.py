"""What the service measures of itself, in the Prometheus format; names start with `motcua_`.

Invariant: a scrape costs the database at most one reading of each collector in `every` seconds, and never waits long.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from motcua_chassis.decisions import Change, Decided
from motcua_chassis.inputs import Answer, Command
from motcua_chassis.log import describe

log = structlog.get_logger()

_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
READING_SECONDS = 5.0
"""A collector may take so long: half of what Prometheus waits for a whole scrape."""


class Collector(Protocol):
    """What a service measures besides, as Prometheus reads it; names start with `motcua_<service>_`."""

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Read from the database what is to be shown, by an index. If it raises, what was stays."""

    def collect(self) -> Iterable[Metric]:
        """The figures."""


@runtime_checkable
class Counting(Protocol):
    """A collector that counts, besides, what this process decided."""

    def count(self, changes: Sequence[Change]) -> None:
        """These were committed."""


class Metrics:
    """One registry per service process."""

    def __init__(self, collectors: Sequence[Collector] = (), every: float = 30.0) -> None:
        """`every`: seconds for which a collector's figures are good."""
        registry = self.registry = CollectorRegistry()
        self._collectors = collectors
        self._counting = [collector for collector in collectors if isinstance(collector, Counting)]
        self._every, self._read_at = every, -every
        self._reading = asyncio.Lock()
        for collector in collectors:
            registry.register(collector)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self.batch_size = Histogram("motcua_batch_size", "Records in one batch", registry=registry, buckets=_SIZES)
        self.batch_seconds = Histogram(
            "motcua_batch_seconds", "From receipt to commit of one batch", registry=registry, buckets=_SECONDS
        )
        self.events = Counter("motcua_events", "Events decided", ["type"], registry=registry)
        self.repeats = Counter("motcua_repeats_dropped", "Events taken in before", registry=registry)
        self.parked_total = Counter("motcua_dead_letters_parked", "Records parked", ["reason"], registry=registry)
        self.command_outcomes = Counter("motcua_commands", "Commands by outcome", ["outcome"], registry=registry)
        self.published = Counter("motcua_outbox_published", "Records the broker acknowledged", registry=registry)
        self.calls = Counter("motcua_work_calls", "Outside calls by outcome", ["kind", "outcome"], registry=registry)
        self.call_seconds = Histogram(
            "motcua_work_call_seconds", "Outside calls", ["kind"], registry=registry, buckets=_SECONDS
        )
        self.retries = Counter("motcua_batch_retries", "Batches tried again", ["reason"], registry=registry)
        self.lag = Gauge("motcua_consumer_lag", "Records not consumed yet", ["topic", "partition"], registry=registry)
        self.assigned = Gauge("motcua_consumer_partitions", "Partitions assigned", registry=registry)
        self.halted = Gauge("motcua_consumer_halted", "1 while a person must look", registry=registry)
        self.outbox_pending = Gauge("motcua_outbox_pending", "Rows waiting for the relay", registry=registry)
        self.outbox_age = Gauge("motcua_outbox_age_seconds", "Age of the oldest waiting row", registry=registry)
        self.outbox_set_aside = Gauge("motcua_outbox_set_aside", "Rows that can never be sent", registry=registry)
        self.relay_active = Gauge("motcua_relay_active", "1 while this process holds the relay lock", registry=registry)
        self.parked = Gauge("motcua_dead_letters_open", "Open dead letters", ["state"], registry=registry)
        self.work_due = Gauge("motcua_work_due", "Work rows that are due", ["kind"], registry=registry)
        self.work_open = Gauge("motcua_work_open", "Work rows, due or not", ["kind"], registry=registry)
        self.work_paused = Gauge(
            "motcua_work_paused", "Work rows held back after a rebuild", ["kind"], registry=registry
        )
        self.work_age = Gauge(
            "motcua_work_due_age_seconds", "For how long the longest due row has been", ["kind"], registry=registry
        )
        self.breaker = Gauge("motcua_breaker_open", "1 while calls are held back", ["kind"], registry=registry)
        self.refreshed = Gauge(
            "motcua_figures_refreshed_timestamp_seconds", "When a collector last read", ["collector"], registry=registry
        )

        # From nothing to one is a rise only where there was a nothing.
        for outcome in ("accepted", "refused", "fault"):
            self.command_outcomes.labels(outcome)
        for reason in ("transient", "defect", "gap", "overtaken"):
            self.retries.labels(reason)

    def batch(self, size: int, seconds: float, repeats: int, decided: Decided[Any]) -> None:
        """Count a committed batch of deliveries."""
        self.batch_size.observe(size)
        self.batch_seconds.observe(seconds)
        self.repeats.inc(repeats)
        self.decided(decided)

    def decided(self, decided: Decided[Any]) -> None:
        """Count what a committed batch led to."""
        counts: dict[str, int] = {}
        for change in decided.changes:
            for recorded in change.recorded:
                counts[recorded.event.type] = counts.get(recorded.event.type, 0) + 1
        for name, count in counts.items():
            self.events.labels(name).inc(count)
        for _, reason, _ in decided.parked:
            self.parked_total.labels(reason).inc()
        if decided.changes:
            for collector in self._counting:
                collector.count(decided.changes)

    def answered(self, inputs: Sequence[Command | Answer]) -> None:
        """Count commands by what became of them."""
        for item in inputs:
            if isinstance(item, Command) and item.outcome is not None:
                outcome = item.outcome
                word = "fault" if outcome.fault else "refused" if outcome.refusal else "accepted"
                self.command_outcomes.labels(word).inc()

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Bring what the service measures itself up to date; without a database the last figures stay."""
        async with self._reading:
            if time.monotonic() - self._read_at < self._every:
                return
            for collector in self._collectors:
                await self._read(collector, pool)
            self._read_at = time.monotonic()

    async def _read(self, collector: Collector, pool: asyncpg.Pool) -> None:
        name = type(collector).__name__
        try:
            await asyncio.wait_for(collector.refresh(pool), READING_SECONDS)
        except Exception as error:  # noqa: BLE001  # the other figures are worth showing whatever happens to these
            log.warning("metrics.refresh-failed", kind=name, **describe(error))
        else:
            self.refreshed.labels(name).set_to_current_time()

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)
