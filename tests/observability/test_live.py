"""The whole system under watch: one trace through all of it, faults that ring for real, dashboards that show data."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from unittest import mock
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from rich.console import Console

from motcua_chassis.relay import RELAY_LOCK
from motcua_contracts import Envelope, IdentityVerified, write_headers
from motcua_local.demo.people.cashiers import Cashiers
from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run
from motcua_local.demo.scripts import Journey
from motcua_local.wiring import SERVICES
from tests.observability.binaries import NotToBeHadError
from tests.observability.rules import RUNBOOKS
from tests.observability.sink import Seen, until
from tests.observability.watchtower import SHIPPED, Watchtower, open_watchtower

pytestmark = pytest.mark.timeout(300)


async def _nobody_pays_back(_self: Cashiers, _agency: str) -> None:
    await asyncio.Event().wait()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tower(tmp_path_factory: pytest.TempPathFactory, stack_broker: str) -> AsyncIterator[Watchtower]:
    try:
        async with open_watchtower(tmp_path_factory.mktemp("watch"), stack_broker) as tower:
            yield tower
    except NotToBeHadError as reason:
        pytest.skip(str(reason))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def paid(tower: Watchtower) -> str:
    """An application that was paid for and served; beside it one whose refund failed and stays so."""
    planned = [*plan(2, 31, Journey.PAID), *plan(1, 32, Journey.REFUND_FAILS)]
    run = Run(tower.stack, planned, Console(quiet=True))
    with mock.patch.object(Cashiers, "serve", _nobody_pays_back):
        summary = await run.play()
    told = {str(id_): [each.event.type for each in story] for id_, story in run.history.by_application.items()}
    assert all(planned == reached for planned, reached in summary.outcomes.values()), (summary, told)
    return next(str(id_) for id_, each in run.everybody.submitted.items() if each.journey is Journey.PAID)


async def test_one_application_is_one_trace_from_its_submission_to_its_last_message(
    tower: Watchtower, paid: str
) -> None:
    def settled() -> list[Seen]:
        about = (s for s in tower.sink.of(paid) if s.service == "notification")
        return [s for s in about if "motcua.payment.settled" in _event(s)]

    def complete() -> bool:  # each service hands its spans on by itself, in no order
        seen = tower.sink.of(paid)
        called = any(s.service == "notification" and s.name.startswith("call") for s in seen)
        return called and bool(settled()) and {s.service for s in seen} == set(SERVICES)

    assert await until(complete), sorted({(s.service, s.name) for s in tower.sink.of(paid)})
    spans = tower.sink.of(paid)
    [trace] = {span.trace for span in spans}

    def whole() -> bool:
        return all(not s.parent or s.parent in tower.sink.spans for s in tower.sink.spans.values() if s.trace == trace)

    assert await until(whole), "a span hangs under one that nobody wrote"
    assert [(s.service, s.name) for s in _to_the_root(tower, settled()[0])] == [
        ("notification", "process motcua.payment.events"),
        ("payment", "publish motcua.payment.events"),
        ("payment", "command GatewayConfirmed"),
        ("payment", "GET /webhooks/vnpay"),
        ("payment", "process motcua.identity.events"),
        ("identity", "publish motcua.identity.events"),
        ("identity", "answer registry"),
        ("identity", "call registry"),
        ("identity", "process motcua.intake.events"),
        ("intake", "publish motcua.intake.events"),
        ("intake", "command SubmitApplication"),
        ("intake", "POST /applications"),
    ]


def _event(span: Seen) -> str:
    return str(span.attributes.get("motcua.event", ""))


def _to_the_root(tower: Watchtower, span: Seen | None) -> list[Seen]:
    way = []
    while span is not None:
        way.append(span)
        span = tower.sink.spans.get(span.parent)
    return way


async def test_no_span_says_more_than_ids_codes_and_counts(tower: Watchtower, paid: str) -> None:
    assert paid
    known = re.compile(r"(messaging|http|motcua)\.[a-z._]+")
    plain = re.compile(r"[\w\-./{}:]+", re.ASCII)
    for span in tower.sink.spans.values():
        assert all(known.fullmatch(name) for name in span.attributes), span
        assert all(plain.fullmatch(str(value)) for value in span.attributes.values()), span


async def _rings(tower: Watchtower, *expected: tuple[str, str]) -> None:
    """Wait until Alertmanager delivered these; if it does not, say how far the news got."""
    if not await until(lambda: set(expected) <= tower.sink.firing()):
        prometheus = [(each["metric"], each["value"][1]) for each in await tower.ask("ALERTS or up")]
        pytest.fail(f"{expected}: delivered {tower.sink.firing()}, restarts {tower.stack.restarts()}, {prometheus}")


async def test_a_refund_that_failed_rings(tower: Watchtower, paid: str) -> None:
    assert paid
    await _rings(tower, ("MotcuaRefundFailed", "payment"))
    await tower.execute("payment", "UPDATE refunds SET state = 'requested', requested_at = now() - interval '2 days'")
    await _rings(tower, ("MotcuaRefundWaits", "payment"))


async def test_messages_that_a_provider_refuses_ring(tower: Watchtower, paid: str) -> None:
    assert paid
    run = Run(tower.stack, plan(30, 34, Journey.FREE), Console(quiet=True))
    async with httpx.AsyncClient(base_url=tower.stack.url("smtp"), trust_env=False) as client:
        (await client.put("/control/behaviour", json={"mode": "refuse"})).raise_for_status()
        playing = asyncio.create_task(run.play())
        await _rings(tower, ("MotcuaNotificationsFail", "notification"))
        (await client.put("/control/behaviour", json={"mode": "normal"})).raise_for_status()
    playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing


async def test_a_registry_that_is_away_rings_and_so_do_dossiers_that_stand(tower: Watchtower, paid: str) -> None:
    assert paid
    run = Run(tower.stack, plan(8, 33, Journey.PAID), Console(quiet=True))
    async with httpx.AsyncClient(trust_env=False) as client:
        mode = f"{tower.stack.url('registry')}/control/behaviour"
        (await client.put(mode, json={"mode": "error"})).raise_for_status()
    playing = asyncio.create_task(run.play())
    assert await until(lambda: len(run.everybody.submitted) == 8)
    await _rings(tower, ("MotcuaBreakerOpen", "identity"))
    playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    await _let_time_pass(tower)
    names = "SubmittedNotChecked", "VerifiedNotBilled", "PaidNotProcessed", "DueNextWorkingDay", "Overdue"
    services = "identity", "payment", "intake", "intake", "intake"
    await _rings(tower, *((f"Motcua{name}", service) for name, service in zip(names, services, strict=True)))


async def _let_time_pass(tower: Watchtower) -> None:
    """Some of the applications that stand have stood for days, at one place or another."""
    places = [
        ("submitted", "2 hours", None), ("identity-verified", "1 hour", None), ("fee-settled", "4 days", None),
        ("accepted", "1 hour", "1 minute"), ("in-process", "1 hour", "-1 hour"),
    ]  # fmt: skip
    for status, since, appointment in places:
        statement = """
            UPDATE applications SET status = $1, status_since = now() - $2::text::interval,
                appointment = now() + $3::text::interval
            WHERE application_id = (SELECT application_id FROM applications
                WHERE status = 'submitted' AND status_since > now() - interval '30 minutes' LIMIT 1)"""
        await tower.execute("intake", statement, status, since, appointment)


async def test_a_review_that_nobody_looks_at_and_work_that_nobody_released_ring(tower: Watchtower, paid: str) -> None:
    statement = """
        INSERT INTO reviews (application_id, dossier_code, agency, reason, attributes, since)
        VALUES ($1, 'H29-261122-0001', 'H29', 'partial-match', '{}', now() - interval '2 days')"""
    await tower.execute("identity", statement, paid)
    planned = """
        INSERT INTO work (aggregate, key, kind, at, paused)
        VALUES ($1, 'x', $2, now() - interval '1 day', $2 = 'paused')"""
    await tower.execute("payment", planned, paid, "paused")
    await tower.execute("intake", planned, paid, "elsewhere")
    waits = ("MotcuaReviewWaits", "identity"), ("MotcuaWorkPaused", "payment"), ("MotcuaWorkLate", "intake")
    await _rings(tower, *waits)


async def test_a_relay_that_lost_its_lock_rings(tower: Watchtower, paid: str) -> None:
    assert paid
    holder = await asyncpg.connect(tower.stack.dsn("notification"))
    waiting = asyncio.create_task(holder.execute("SELECT pg_advisory_lock($1)", RELAY_LOCK))
    await tower.execute(
        "notification",
        """SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
           WHERE datname = current_database() AND locktype = 'advisory' AND objid = $1 AND granted""",
        RELAY_LOCK,
    )
    await waiting
    await _rings(tower, ("MotcuaNoRelay", "notification"))
    await holder.close()


async def test_events_that_cannot_leave_ring(tower: Watchtower, paid: str) -> None:
    statement = """
        INSERT INTO outbox (topic, key, headers, body, created_at, set_aside)
        VALUES ('motcua.payment.events', $1, '', '', now() - interval '1 hour', $2)"""
    for reason in ("MessageSizeTooLargeError", None):  # and what waits behind it
        await tower.execute("payment", statement, paid, reason)
    await _rings(tower, ("MotcuaOutboxSetAside", "payment"), ("MotcuaOutboxOld", "payment"))
    await tower.execute("payment", "DELETE FROM outbox WHERE key = $1", paid)


async def test_a_service_that_falls_behind_rings_and_so_do_figures_that_nobody_can_read(
    tower: Watchtower, paid: str
) -> None:
    assert paid
    async with _locked(tower, "identity", "positions"):
        async with AIOKafkaProducer(**tower.stack.broker.access("intake").options) as producer:
            for number in range(2_000):
                await producer.send(
                    "motcua.intake.events", b"{}", str(number).encode(), headers=[("ce_type", b"x.y.v1")]
                )
        await _rings(tower, ("MotcuaConsumerLagGrows", "identity"))
    async with _locked(tower, "payment", "refunds"):
        await _rings(tower, ("MotcuaFiguresStale", "payment"))


@asynccontextmanager
async def _locked(tower: Watchtower, service: str, table: str) -> AsyncIterator[None]:
    """Somebody alters a table and does not come to an end."""
    holder = await asyncpg.connect(tower.stack.dsn(service))
    try:
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE {table}")
            yield
    finally:
        await holder.close()


async def test_records_that_are_parked_ring_and_so_does_a_service_that_stops_by_itself(
    tower: Watchtower, paid: str
) -> None:
    producer = AIOKafkaProducer(**tower.stack.broker.access("identity").options)
    await producer.start()
    await _send_broken(producer, 1)
    await _rings(tower, ("MotcuaRecordsParked", "payment"))
    await _send_broken(producer, 40)
    await _rings(tower, ("MotcuaConsumerHalted", "payment"))
    await producer.stop()
    assert paid


async def _send_broken(producer: AIOKafkaProducer, number: int) -> None:
    for _ in range(number):
        application, at = uuid4(), uuid4()
        stamp = Envelope(uuid4(), "/motcua/identity", IdentityVerified.type, datetime.now(UTC), application, at, at, 1)
        key, headers = str(application).encode(), write_headers(stamp)
        await producer.send("motcua.identity.events", b"{}", key=key, headers=headers)
    await producer.flush()


@pytest.mark.parametrize("board", ["services", "dossiers"])
async def test_every_panel_of_the_dashboards_shows_something(tower: Watchtower, paid: str, board: str) -> None:
    assert paid
    panels = json.loads((SHIPPED / "dashboards" / f"{board}.json").read_text("utf-8"))["panels"]
    asked = [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", ())]
    assert len(asked) >= 20

    answers = [(title, await tower.comes(_quick(expression))) for title, expression in asked]

    assert not [title for title, data in answers if not data]


def _quick(expression: str) -> str:
    """Grafana's own interval, of a Prometheus that asks every second."""
    return expression.replace("$__rate_interval", "2m")


async def test_every_query_of_the_runbooks_runs(tower: Watchtower) -> None:
    asked = 0
    for page in RUNBOOKS.glob("*.md"):
        for service, query in re.findall(r"```sql (\w+)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            await tower.execute(service, f"EXPLAIN {query}")
            asked += 1
    assert asked > 15


async def test_a_service_that_is_gone_rings(tower: Watchtower, paid: str) -> None:
    assert paid
    await tower.stack._supervisor.stop("notification")
    await _rings(tower, ("MotcuaTargetDown", "notification"))
