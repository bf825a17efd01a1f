"""What a service measures besides is shown with what the chassis measures, and never hides it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import Gauge, Metric

from chassis.tests.toy import record
from chassis.tests.toy_path import ToyPath
from motcua_chassis.decisions import Change
from motcua_chassis.metrics import Metrics


class Applications:
    read = 0

    def __init__(self) -> None:
        self._gauge = Gauge("motcua_toy_applications", "Applications", registry=None)

    async def refresh(self, pool: Any) -> None:
        self.read += 1
        self._gauge.set(await pool.fetchval("SELECT count(*) FROM aggregates"))

    def collect(self) -> Iterable[Metric]:
        return self._gauge.collect()


async def test_a_collector_is_refreshed_before_it_is_shown_and_keeps_its_figures_without_a_database(
    path: ToyPath,
) -> None:
    metrics, other = Metrics([Applications()], every=0), Metrics()
    await path.pool.execute("INSERT INTO aggregates (id, version, state) VALUES (gen_random_uuid(), 1, '{}')")

    await metrics.refresh(path.pool)
    assert b"motcua_toy_applications 1.0" in metrics.render()
    assert b"motcua_outbox_pending" in metrics.render()
    assert b"motcua_toy" not in other.render()

    await path.pool.execute("ALTER TABLE aggregates RENAME TO aggregates_away")
    await metrics.refresh(path.pool)
    assert b"motcua_toy_applications 1.0" in metrics.render()
    await path.pool.execute("ALTER TABLE aggregates_away RENAME TO aggregates")


async def test_however_often_it_is_scraped_the_database_is_asked_once_in_a_while(path: ToyPath) -> None:
    applications = Applications()
    metrics = Metrics([applications], every=3600)

    await asyncio.gather(*(metrics.refresh(path.pool) for _ in range(20)))

    assert applications.read == 1
    refreshed = "motcua_figures_refreshed_timestamp_seconds"
    assert metrics.registry.get_sample_value(refreshed, {"collector": "Applications"})


async def test_a_collector_that_hangs_does_not_hold_the_scrape_up(
    path: ToyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua_chassis.metrics.READING_SECONDS", 0.05)
    metrics = Metrics([Hanging(), Applications()])

    await asyncio.wait_for(metrics.refresh(path.pool), 30)

    assert b"motcua_toy_applications" in metrics.render()
    refreshed = "motcua_figures_refreshed_timestamp_seconds"
    assert metrics.registry.get_sample_value(refreshed, {"collector": "Hanging"}) is None


async def test_a_collector_that_counts_is_told_of_what_was_committed(make_path: Callable[..., ToyPath]) -> None:
    decisions = Decisions()
    path = make_path(metrics=Metrics([decisions]))

    await path.deliver(record(uuid4(), 0))

    assert decisions.told == 1


class Hanging(Applications):
    async def refresh(self, _pool: Any) -> None:
        await asyncio.Event().wait()

    def collect(self) -> Iterable[Metric]:
        return ()


class Decisions(Applications):
    told = 0

    def count(self, changes: Sequence[Change]) -> None:
        self.told += len(changes)
