"""Intake as it runs, over a test's database and without a broker: its app, its path, and what the tables hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Reader, StoredRecord, write_body
from motcua_chassis.database import migrate, migrations_of, open_pool
from motcua_chassis.door import Door
from motcua_chassis.fuse import Fuse
from motcua_chassis.http import Desk, create_app
from motcua_chassis.inputs import Answer
from motcua_chassis.message import Timer
from motcua_chassis.metrics import Metrics
from motcua_chassis.path import Path
from motcua_chassis.principals import Role, mint
from motcua_chassis.repair import Repair
from motcua_contracts import Envelope, Event, write_headers
from motcua_intake.__main__ import service
from motcua_intake.settings import Settings
from motcua_intake.vault import Vault

SECRET = "a secret of at least thirty-two bytes"
VAULT_KEY = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
AGENCY = "H29.25.12"
OFFICER = UUID(int=7)
PDF = b"%PDF-1.4\n% a synthetic document\n%%EOF\n"


def submission(**changes: Any) -> dict[str, Any]:
    """The body of a submission without fault of its own; `Office.submit` sends the document in."""
    body = {
        "procedure": "2.000815",
        "agency": AGENCY,
        "channel": "online",
        "language": "vi",
        "applicant": {
            "personal_number": "079084000999",
            "full_name": "NGUYỄN VĂN AN",
            "date_of_birth": "1984-05-02",
            "email": "an@example.vn",
            "phone": "+84901234567",
        },
        "documents": {"original": str(UUID(int=5))},
        "fee": {"beneficiary": "none", "conditions": [], "pages": 4, "copies": 1},
    }
    return body | changes


def brought(**changes: Any) -> dict[str, Any]:
    """The same as an officer files it for whoever brought it to the counter."""
    return submission(**{"channel": "in-person"} | changes)


@dataclass
class Office:
    """Who comes to the door, and what the other services say."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool
    path: Path[Any]
    vault: Vault
    citizen: UUID = field(default_factory=uuid4)
    _offsets: Any = field(default_factory=count)

    def as_citizen(self, subject: UUID | None = None, key: str | None = None) -> dict[str, str]:
        return self._as(Role.CITIZEN, subject or self.citizen, None, key)

    def as_officer(self, agency: str = AGENCY, key: str | None = None, subject: UUID = OFFICER) -> dict[str, str]:
        return self._as(Role.OFFICER, subject, agency, key)

    def as_service(self) -> dict[str, str]:
        return self._as(Role.SERVICE, UUID(int=9), None, None)

    def _as(self, role: Role, subject: UUID, agency: str | None, key: str | None) -> dict[str, str]:
        named = {"Idempotency-Key": key} if key else {}
        return {"Authorization": f"Bearer {mint(SECRET, role, subject, agency)}", **named}

    async def upload(
        self, content: bytes = PDF, kind: str = "application/pdf", who: dict[str, str] | None = None
    ) -> str:
        """Send a document in; its id. The same key of the same person gets the same id."""
        headers = (who or self.as_citizen()) | {"Content-Type": kind}
        answer = await self.client.post("/uploads", content=content, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["upload"])

    async def submit(self, body: dict[str, Any] | None = None, key: str | None = None) -> dict[str, Any]:
        """File an application with its documents; the receipt."""
        key = key or uuid4().hex
        return await self.file("/applications", body or submission(), self.as_citizen(key=key))

    async def file(self, url: str, body: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
        """File as anybody, anywhere; the receipt."""
        who = {"Idempotency-Key": uuid4().hex} | who
        documents = {code: await self.upload(who=who) for code in body["documents"]}
        answer = await self.client.post(url, json=body | {"documents": documents}, headers=who)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def hear(self, application: str, event: Event) -> None:
        """Take an event of another service in, as its topic brings it."""
        subject, now = UUID(application), datetime.now(UTC)
        envelope = Envelope(uuid4(), event.stream.source, event.type, now, subject, uuid4(), uuid4(), 1)
        key, offset = application.encode(), next(self._offsets)
        record = StoredRecord(event.stream.topic, 0, offset, key, write_body(event), write_headers(envelope))
        await self.path.deliver("a-cluster", [record])

    async def hear_all(self, application: str, *events: Event) -> None:
        for event in events:
            await self.hear(application, event)

    async def follow(self, code: str, who: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.client.get(f"/applications/{code}", headers=who or self.as_citizen())
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def act(self, code: str, step: str, body: dict[str, Any] | None = None, **who: Any) -> httpx.Response:
        """An officer's step."""
        return await self.client.post(
            f"/officer/applications/{code}/{step}", json=body or {}, headers=self.as_officer(**who)
        )

    async def answer(
        self, code: str, step: str, body: dict[str, Any] | None = None, who: dict[str, str] | None = None
    ) -> httpx.Response:
        """A citizen's step."""
        return await self.client.post(f"/applications/{code}/{step}", json=body or {}, headers=who or self.as_citizen())

    async def falls_due(self, application: str) -> None:
        """Let the application's timer fall due now, as the worker does."""
        lease, id_ = uuid4(), UUID(application)
        leased = "UPDATE work SET lease = $2 WHERE aggregate = $1 RETURNING key, kind"
        row = await self.pool.fetchrow(leased, id_, lease)
        assert row is not None
        await self.path.decide([Answer(id_, row["key"], lease, Timer(row["key"], row["kind"]), uuid4())])


@asynccontextmanager
async def open_office(database: str, **told: Any) -> AsyncIterator[Office]:
    """Wire intake as the chassis does, without the parts that need a broker."""
    settings = Settings(database=database, kafka="127.0.0.1:9", token_secret=SECRET, vault_key=VAULT_KEY, **told)  # type: ignore[arg-type]
    intake = service(settings)
    pool = await open_pool(settings)
    async with pool.acquire() as connection:
        await migrate(connection, migrations_of("motcua_intake"))
    reader, metrics = Reader(intake.reads), Metrics()
    writer = BatchWriter(intake.stream, intake.decider, project=intake.project)
    path = Path(pool, reader, writer, metrics, Fuse(20))
    door = Door(path, window=0.0)
    running = asyncio.create_task(door.run())
    desk, health = Desk(door, pool, SECRET), SimpleNamespace()
    repair = Repair(pool, reader, writer)
    app = create_app(intake.title, desk, health, metrics, repair, intake.routers, intake.sentences)  # type: ignore[arg-type]
    app.state.service = intake.state
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        yield Office(client, pool, path, intake.state)
    door.close()
    await running
    await pool.close()
