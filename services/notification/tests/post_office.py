"""Notification as it runs, over a test's database and without broker or providers: its app, its path, its tables."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from motcua_chassis import work
from motcua_chassis.aggregates import Aggregates
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Reader, StoredRecord, unpack_headers, write_body
from motcua_chassis.door import Door
from motcua_chassis.fuse import Fuse
from motcua_chassis.http import Desk, create_app
from motcua_chassis.inputs import Answer
from motcua_chassis.metrics import Metrics
from motcua_chassis.path import Path
from motcua_chassis.principals import Role, mint
from motcua_chassis.repair import Repair
from motcua_chassis.worker import Adapter, Worker
from motcua_contracts import CATALOGUE, Envelope, Event, Medium, Stream, write_headers
from motcua_notification import api, preferences_api, store
from motcua_notification.domain import DECIDER, Notices
from motcua_notification.rules import RULES
from services.notification.tests.cases import APPLICATION, DOSSIER
from services.notification.tests.conftest import SECRET


@dataclass
class PostOffice:
    """What arrives, what providers answer, and who asks over HTTP."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool
    path: Path[Notices]
    door: Door[Notices]
    _offsets: Any = field(default_factory=count)

    async def hear(self, *events: Event) -> None:
        """Take events of other services in, in one batch, as their topics bring them."""
        await self.path.deliver("a-cluster", [self._record(event) for event in events])

    def _record(self, event: Event) -> StoredRecord:
        cause = uuid4()
        stamp = Envelope(uuid4(), event.stream.source, event.type, datetime.now(UTC), APPLICATION, cause, cause, 1)
        body, offset = write_body(event), next(self._offsets)
        return StoredRecord(event.stream.topic, 0, offset, str(APPLICATION).encode(), body, write_headers(stamp))

    async def answer(self, answers: Mapping[str, Any]) -> None:
        """Everything that is due gets its answer."""
        async with self.pool.acquire() as connection, connection.transaction():
            claims = await work.claim(connection, [medium.value for medium in Medium], 10, timedelta(seconds=30))
        assert {claim.key for claim in claims} == set(answers)
        for c in claims:
            outcome = await self.door.submit(Answer(c.application, c.key, c.lease, answers[c.key], uuid4()))
            assert (outcome.fault, outcome.stale) == (None, False)

    def worker(self, adapter: Adapter) -> Worker[Notices]:
        """One that runs this adapter, as the chassis starts it."""
        decode = Aggregates(Notices()).decode
        return Worker(self.pool, self.door, Metrics(), decode, [adapter.kind], adapter)

    def waits_for(self, key: str) -> Callable[[], Awaitable[bool]]:
        """Whether this is all there is to do."""

        async def waits() -> bool:
            return [row["key"] for row in await self.pool.fetch("SELECT key FROM work")] == [key]

        return waits

    async def ask(
        self,
        method: str = "GET",
        path: str = f"/applications/{APPLICATION}/notifications",
        role: Role = Role.CITIZEN,
        subject: UUID = DOSSIER.applicant_id,
        agency: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """By default: the applicant looks."""
        headers = {"Authorization": f"Bearer {mint(SECRET, role, subject, agency)}", **more.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **more)

    async def resend(
        self, topic: str, number: int | str = 1, key: str | None = "order-1.", **who: Any
    ) -> httpx.Response:
        """By default: an officer of the agency orders it."""
        path = f"/applications/{APPLICATION}/notifications/{topic}/{number}/resend"
        headers = {"Idempotency-Key": key} if key is not None else {}
        who = {"role": Role.OFFICER, "subject": uuid4(), "agency": DOSSIER.agency} | who
        return await self.ask("POST", path, headers=headers, **who)

    async def told(self) -> dict[tuple[str, int], dict[str, Any]]:
        """What the applicant is shown, by topic and number."""
        answer = await self.ask()
        assert answer.status_code == 200, answer.text
        return {(view["topic"], view["number"]): view for view in answer.json()["notifications"]}

    async def events(self) -> list[Any]:
        """What was published."""
        rows = await self.pool.fetch("SELECT headers, body FROM outbox ORDER BY seq")
        found = [(dict(unpack_headers(row["headers"]))["ce_type"].decode(), row["body"]) for row in rows]
        return [CATALOGUE[kind].model_validate_json(body) for kind, body in found]


@asynccontextmanager
async def open_post_office(pool: asyncpg.Pool) -> AsyncIterator[PostOffice]:
    """Wire notification as the chassis does, without the parts that need a broker or providers."""
    reader, metrics = Reader(RULES.events), Metrics()
    writer = BatchWriter(Stream.NOTIFICATION, DECIDER, project=store.project)
    path = Path(pool, reader, writer, metrics, Fuse(20))
    door = Door(path, window=0.0)
    running = asyncio.create_task(door.run())
    repair, desk, health = Repair(pool, reader, writer), Desk(door, pool, SECRET), SimpleNamespace()
    routers = [api.router, preferences_api.router]
    app = create_app("Notification", desk, health, metrics, repair, routers, api.SENTENCES)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notification") as client:
        yield PostOffice(client, pool, path, door)
    door.close()
    await running
