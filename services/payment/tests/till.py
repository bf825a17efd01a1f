"""Payment as it runs, over a test's database and without a broker: its app, its path, and what the tables hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Reader, StoredRecord, unpack_headers, write_body
from motcua_chassis.database import migrate, migrations_of, open_pool
from motcua_chassis.door import Door
from motcua_chassis.fuse import Fuse
from motcua_chassis.http import Desk, create_app
from motcua_chassis.inputs import Command
from motcua_chassis.message import Decider
from motcua_chassis.metrics import Metrics
from motcua_chassis.path import Path
from motcua_chassis.principals import Role, mint
from motcua_chassis.repair import Repair
from motcua_chassis.worker import Worker
from motcua_contracts import CATALOGUE, Envelope, Event, RefundRequested, write_headers
from motcua_local.ports import free_ports
from motcua_local.waiting import comes_true
from motcua_payment.__main__ import service
from motcua_payment.inquirer import Inquirer
from motcua_payment.refunder import Refunder
from motcua_payment.refunds import GatewayRefusedRefund
from motcua_payment.settings import Settings
from motcua_payment.state import Payment
from services.payment.tests.notices import SECRET, TERMINAL, Pairs, notice
from services.payment.tests.story import APPLICANT, OFFICER, OWING, verified

TOKENS = "a secret of at least thirty-two bytes"
RETURN_URL = "https://dichvucong.example/back"


@dataclass
class Till:
    """Who comes to the till, and what is on record afterwards."""

    app: FastAPI
    client: httpx.AsyncClient
    pool: asyncpg.Pool
    path: Path[Payment]
    door: Door[Payment]
    repair: Repair[Payment]
    inquirer: Worker[Payment]
    refunder: Worker[Payment]
    _offsets: Any = field(default_factory=count)

    async def hear(self, *stories: tuple[UUID, Event]) -> None:
        """Take events of others in, in one batch, as their topics bring them."""
        await self.path.deliver("a-cluster", [self._record(application, event) for application, event in stories])

    def _record(self, application: UUID, event: Event) -> StoredRecord:
        cause = uuid4()
        stamp = Envelope(uuid4(), event.stream.source, event.type, datetime.now(UTC), application, cause, cause, 1)
        key, offset = str(application).encode(), next(self._offsets)
        return StoredRecord(event.stream.topic, 0, offset, key, write_body(event), write_headers(stamp))

    async def bill(self, procedure: str = OWING) -> UUID:
        """An application whose identity was verified."""
        application = uuid4()
        await self.hear((application, verified(procedure)))
        return application

    async def notify(self, application: UUID, **changed: str) -> str:
        """What VNPay is answered to a notice of money for this application."""
        return await self.tell(notice(**{"order": application.hex, **changed}))

    async def tell(self, pairs: Pairs) -> str:
        answer = await self.client.get("/webhooks/vnpay", params=httpx.QueryParams([*pairs]))
        assert answer.status_code == 200, answer.text
        said: dict[str, str] = answer.json()
        assert set(said) == {"RspCode", "Message"}
        return said["RspCode"]

    async def look(
        self, application: Any, role: Role = Role.CITIZEN, subject: UUID = APPLICANT, agency: str | None = None
    ) -> httpx.Response:
        return await self.client.get(f"/payments/{application}", headers=bearer(role, subject, agency))

    async def ask(self, path: str, agency: str | None = "H29.25.12", role: Role = Role.OFFICER) -> httpx.Response:
        """What somebody of this agency is answered about refunds."""
        return await self.client.get(f"/refunds{path}", headers=bearer(role, OFFICER, agency))

    async def order(
        self, path: str, body: Any = None, agency: str | None = "H29.25.12", role: Role = Role.OFFICER, key: str = ""
    ) -> httpx.Response:
        """What somebody of this agency is answered to an order about a refund."""
        headers = bearer(role, OFFICER, agency) | ({"Idempotency-Key": key} if key else {})
        return await self.client.post(f"/refunds/{path}", headers=headers, json=body)

    async def fail_refund(self, application: UUID, number: int = 1) -> str:
        """The gateway will not give this money back; returns the refund's reference."""
        [refund] = [r for r in await self.refunds(application) if r.number == number]
        await self.door.submit(Command(application, GatewayRefusedRefund(refund.refund), uuid4()))
        return str(refund.refund)

    async def refunds(self, application: UUID) -> list[RefundRequested]:
        """The refunds that were asked for."""
        return [event for event in await self.events(application) if isinstance(event, RefundRequested)]

    async def view(self, application: UUID) -> dict[str, Any]:
        answer = await self.look(application)
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def events(self, application: UUID | None = None) -> list[Any]:
        """What was published, of one application or all, dead letters' announcements left out."""
        rows = await self.pool.fetch("SELECT key, headers, body FROM outbox ORDER BY seq")
        found = [(row["key"], dict(unpack_headers(row["headers"]))["ce_type"].decode(), row["body"]) for row in rows]
        return [
            CATALOGUE[kind].model_validate_json(body)
            for key, kind, body in found
            if kind in CATALOGUE and application in {None, key}
        ]


def bearer(role: Role, subject: UUID, agency: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(TOKENS, role, subject, agency)}"}


@asynccontextmanager
async def open_till(
    database: str, decider: Decider[Payment] | None = None, vnpay: str = "http://127.0.0.1:9", **more: Any
) -> AsyncIterator[Till]:
    """Wire payment as the chassis does, without the parts that need a broker."""
    settings = Settings(
        database=SecretStr(database), kafka=["127.0.0.1:9"], token_secret=SecretStr(TOKENS), return_url=RETURN_URL,
        vnpay_url=f"{vnpay}/paymentv2/vpcpay.html", vnpay_api_url=f"{vnpay}/merchant_webapi/api/transaction",
        vnpay_tmn_code=TERMINAL, vnpay_secret=SecretStr(SECRET), **more,
    )  # fmt: skip
    payment = service(settings)
    payment = replace(payment, decider=decider or payment.decider)
    pool = await open_pool(settings)
    async with pool.acquire() as connection:
        await migrate(connection, migrations_of("motcua_payment"))
    reader, metrics = Reader(payment.reads), Metrics(payment.collectors)
    writer = BatchWriter(payment.stream, payment.decider, project=payment.project)
    path = Path(pool, reader, writer, metrics, Fuse(20))
    door = Door(path, window=0.0)
    running = asyncio.create_task(door.run())
    repair, desk, health = Repair(pool, reader, writer), Desk(door, pool, TOKENS), SimpleNamespace()
    app = create_app(payment.title, desk, health, metrics, repair, payment.routers, payment.sentences)  # type: ignore[arg-type]
    app.state.service = payment.state
    workers = {
        type(adapter): Worker(pool, door, metrics, writer.aggregates.decode, [adapter.kind], adapter)
        for adapter in payment.adapters
    }
    assert not payment.timers
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://payment") as client:
        yield Till(app, client, pool, path, door, repair, workers[Inquirer], workers[Refunder])
    for adapter in payment.adapters:
        await adapter.close()
    door.close()
    await running
    await pool.close()


class _QuietServer(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The address at which the app can be reached from other processes."""
    [port] = free_ports(1)
    server = _QuietServer(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    assert await comes_true(started, 10.0)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
