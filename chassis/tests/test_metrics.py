"""What a service measures besides is shown with what the chassis measures, and never hides it."""

from collections.abc import Iterable
from typing import Any

from prometheus_client import Gauge, Metric

from chassis.tests.toy_path import ToyPath
from motcua_chassis.metrics import Metrics


class Applications:
    def __init__(self) -> None:
        self._gauge = Gauge("motcua_toy_applications", "Applications", registry=None)

    async def refresh(self, pool: Any) -> None:
        self._gauge.set(await pool.fetchval("SELECT count(*) FROM aggregates"))

    def collect(self) -> Iterable[Metric]:
        return self._gauge.collect()


async def test_a_collector_is_refreshed_before_it_is_shown_and_keeps_its_figures_without_a_database(
    path: ToyPath,
) -> None:
    metrics, other = Metrics([Applications()]), Metrics()
    await path.pool.execute("INSERT INTO aggregates (id, version, state) VALUES (gen_random_uuid(), 1, '{}')")

    await metrics.refresh(path.pool)
    assert b"motcua_toy_applications 1.0" in metrics.render()
    assert b"motcua_outbox_pending" in metrics.render()
    assert b"motcua_toy" not in other.render()

    await path.pool.execute("ALTER TABLE aggregates RENAME TO aggregates_away")
    await metrics.refresh(path.pool)
    assert b"motcua_toy_applications 1.0" in metrics.render()
    await path.pool.execute("ALTER TABLE aggregates_away RENAME TO aggregates")
