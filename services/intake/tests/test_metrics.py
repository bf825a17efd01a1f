"""What intake shows of open applications, and that no scrape walks through all that were ever filed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from motcua_intake.catalogue import catalogue
from motcua_intake.metrics import BY_AGE, BY_APPOINTMENT, OPEN, Standing, thresholds
from services.intake.tests.office import Office
from services.intake.tests.story import REQUESTED, SETTLED, VERIFIED

CALENDAR = catalogue().calendar


async def shown(office: Office) -> CollectorRegistry:
    registry, standing = CollectorRegistry(), Standing(CALENDAR)
    await standing.refresh(office.pool)
    registry.register(standing)
    return registry


def count(registry: CollectorRegistry, status: str, age: str) -> float | None:
    return registry.get_sample_value("motcua_intake_applications", {"status": status, "age": age})


def due(registry: CollectorRegistry, status: str, when: str) -> float | None:
    labels = {"agency": "H29", "status": status, "due": when}
    return registry.get_sample_value("motcua_intake_appointments", labels)


async def accepted(office: Office) -> str:
    receipt = await office.submit()
    await office.hear_all(receipt["application_id"], VERIFIED, REQUESTED, SETTLED)
    assert (await office.act(receipt["dossier_code"], "accept")).status_code == 200
    return str(receipt["dossier_code"])


async def test_open_applications_are_counted_by_status_and_age(office: Office) -> None:
    receipt = await office.submit()
    await office.hear_all(receipt["application_id"], VERIFIED, REQUESTED, SETTLED)
    await office.submit()
    withdrawn = await office.submit()
    await office.answer(withdrawn["dossier_code"], "withdraw")
    await office.pool.execute(
        "UPDATE applications SET status_since = now() - interval '4 days' WHERE status = 'fee-settled'"
    )

    registry = await shown(office)

    assert count(registry, "submitted", "under-15m") == 1
    assert count(registry, "fee-settled", "3d-7d") == 1
    assert count(registry, "withdrawn", "under-15m") is None
    assert sum(count(registry, status, "under-15m") or 0 for status in OPEN) == 1


async def test_only_an_event_that_moves_an_application_makes_it_young_again(office: Office) -> None:
    code = await accepted(office)
    aged = "UPDATE applications SET status_since = now() - interval '2 days' WHERE dossier_code = $1"
    await office.pool.execute(aged, code)

    extended = await office.act(code, "extend", {"working_days": 2, "ground": "workload"})
    assert extended.status_code == 200, extended.text
    assert count(await shown(office), "accepted", "1d-3d") == 1

    assert (await office.act(code, "start")).status_code == 200
    assert count(await shown(office), "in-process", "under-15m") == 1


async def test_appointments_that_come_near_or_are_past_are_counted_by_agency(office: Office) -> None:
    codes = [await accepted(office) for _ in range(3)]
    now, _, following = thresholds(datetime.now(UTC), CALENDAR)
    times = [now - timedelta(days=1), following - timedelta(hours=7), following + timedelta(days=1)]
    for code, at in zip(codes, times, strict=True):
        await office.pool.execute("UPDATE applications SET appointment = $2 WHERE dossier_code = $1", code, at)

    registry = await shown(office)

    assert due(registry, "accepted", "overdue") == 1
    assert due(registry, "accepted", "next-working-day") == 1
    assert due(registry, "accepted", "today") is None
    await office.pool.execute("UPDATE applications SET status = 'decided'")
    assert due(await shown(office), "accepted", "overdue") is None


def test_what_is_due_on_monday_is_near_on_friday() -> None:
    friday = datetime(2026, 11, 20, 4, tzinfo=UTC)

    now, today, following = thresholds(friday, CALENDAR)

    assert (now, today.isoformat(), following.isoformat()) == (
        friday, "2026-11-21T00:00:00+07:00", "2026-11-24T00:00:00+07:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "index", "arguments"),
    [(BY_AGE, "applications_open", 0), (BY_APPOINTMENT, "applications_due", 3)],
)
async def test_a_scrape_reads_an_index_that_holds_open_applications_only(
    office: Office, query: str, index: str, arguments: int
) -> None:
    plan: Any = await office.pool.fetch(f"EXPLAIN {query}", *[datetime.now(UTC)] * arguments)

    told = "\n".join(row[0] for row in plan)
    assert f" {index} " in told, told
    assert "Seq Scan" not in told, told
