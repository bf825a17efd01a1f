"""Identity as a process between real parts: broker, database, the registry's simulator, and a vault like intake's."""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from fastapi import FastAPI, Request

from motcua_chassis.codec import write_body
from motcua_chassis.identifiers import event_id
from motcua_chassis.principals import Role, mint, verify
from motcua_chassis.worker import Task
from motcua_contracts import (
    CATALOGUE,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Dossier,
    Envelope,
    Event,
    FeeBasis,
    IdentityCheckRequested,
    Status,
    Stream,
    read_headers,
    write_headers,
)
from motcua_contracts.tools.topics import load_topics
from motcua_identity.__main__ import registry as wired
from motcua_identity.domain import Identity, Phase
from motcua_identity.registry import Registry
from motcua_identity.settings import Settings
from motcua_local.ports import free_ports
from motcua_local.postgres import PostgresServer
from motcua_local.processes import Program, Supervisor
from motcua_local.topics import TOPICS, create_missing
from motcua_local.waiting import comes_true

SECRET = "a-secret-for-signed-development-tokens"
DEADLINE = 30.0
_numbers = count(79_084_000_001)
_codes = count(1)


@pytest.fixture
def person() -> dict[str, str]:
    """A citizen as the vault and the registry hold them; the number is nobody else's."""
    return synthetic()


@pytest.fixture
def another() -> dict[str, str]:
    """Another one."""
    return synthetic()


@pytest.fixture
def people() -> list[dict[str, str]]:
    """As many as wait when the registry goes away."""
    return [synthetic() for _ in range(int(os.environ.get("MOTCUA_OUTAGE_CHECKS", "40")))]


def synthetic() -> dict[str, str]:
    number = f"{next(_numbers):012d}"
    return {"personal_number": number, "full_name": "NGUYỄN VĂN HÒA", "date_of_birth": "1984-05-02"}


@dataclass
class Vault:
    """What intake answers to an identity check, over real HTTP."""

    url: str
    people: dict[UUID, dict[str, str]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    async def applicants(self, request: Request) -> dict[str, Any]:
        asker = verify(SECRET, request.headers["authorization"].removeprefix("Bearer "))
        asked = await request.json()
        assert (asker.role, asked["purpose"]) == (Role.SERVICE, "identity-check")
        self.batches.append(len(asked["applications"]))
        return {
            "applicants": {id_: self.people[UUID(id_)] for id_ in asked["applications"] if UUID(id_) in self.people}
        }


class QuietServer(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@dataclass
class RegistrySimulator:
    client: httpx.AsyncClient
    url: str

    async def knows(self, *people: dict[str, Any]) -> None:
        (await self.client.put("/control/people", json=[{"gender": "male", **p} for p in people])).raise_for_status()

    async def behave(self, mode: str, **setting: Any) -> None:
        (await self.client.put("/control/behaviour", json={"mode": mode, **setting})).raise_for_status()

    async def requests(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = (await self.client.get("/control/ledger")).json()["requests"]
        return requests


@dataclass
class Running:
    """The service as its neighbours see it: a topic to write, a topic to read, HTTP."""

    client: httpx.AsyncClient
    producer: AIOKafkaProducer
    said: dict[UUID, list[Event]] = field(default_factory=lambda: defaultdict(list))

    async def submit(
        self,
        application: UUID,
        *,
        agency: str = "H29.25.12",
        applicant: UUID | None = None,
        procedure: str = "2.000815",
    ) -> None:
        await self._publish(application, submitted(agency, applicant, procedure), 1)

    async def withdraw(self, application: UUID) -> None:
        """As its applicant, perhaps before the application itself arrives."""
        dossier = submitted().dossier
        withdrawn = ApplicationWithdrawn(dossier=dossier, previous=Status.SUBMITTED, withdrawn_by=dossier.applicant_id)
        await self._publish(application, withdrawn, 2)

    async def _publish(self, application: UUID, event: Event, sequence: int) -> None:
        now, cause = datetime.now(UTC), uuid4()
        identity = event_id(now, b"/motcua/intake", application, cause, 0)
        stamp = Envelope(identity, "/motcua/intake", event.type, now, application, cause, cause, sequence)
        key = str(application).encode()
        await self.producer.send_and_wait(Stream.INTAKE.topic, write_body(event), key=key, headers=write_headers(stamp))

    async def events(self, application: UUID, number: int) -> list[Event]:
        """What it said about an application, once it is so many events."""

        async def enough() -> bool:
            return len(self.said[application]) >= number

        assert await comes_true(enough, DEADLINE), f"only {self.said[application]}"
        return self.said[application]

    async def get(self, path: str, role: Role, **who: Any) -> httpx.Response:
        return await self.client.get(path, headers=bearer(role, **who))

    async def post(self, path: str, body: Any, role: Role, key: str | None = None, **who: Any) -> httpx.Response:
        headers = bearer(role, **who) | ({"Idempotency-Key": key} if key else {})
        return await self.client.post(path, json=body, headers=headers)


def bearer(role: Role, subject: UUID | None = None, agency: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(SECRET, role, subject or uuid4(), agency)}"}


def submitted(
    agency: str = "H29.25.12", applicant: UUID | None = None, procedure: str = "2.000815"
) -> ApplicationSubmitted:
    code = f"{agency}-261122-{next(_codes):04d}"
    dossier = Dossier(
        code=code, applicant_id=applicant or uuid4(), procedure=procedure, agency=agency, channel="online"
    )
    return ApplicationSubmitted(dossier=dossier, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22), pages=4))


@pytest_asyncio.fixture(scope="session")
async def vault() -> AsyncIterator[Vault]:
    [port] = free_ports(1)
    vault = Vault(f"http://127.0.0.1:{port}")
    app = FastAPI()
    app.post("/internal/applicants:batch")(vault.applicants)
    server = QuietServer(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=vault.url) as client:
        assert await comes_true(lambda: _answers(client, "/openapi.json"), DEADLINE)
    yield vault
    server.should_exit = True
    await task


@pytest_asyncio.fixture(scope="session")
async def registry_process(session_parts: tuple[Path, Supervisor]) -> AsyncIterator[RegistrySimulator]:
    directory, supervisor = session_parts
    [port] = free_ports(1)
    command = (sys.executable, "-m", "motcua_simulators.registry", "--port", str(port))
    await supervisor.start(Program("identity-registry", command, directory=directory))
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        assert await comes_true(lambda: _answers(client, "/control/health"), DEADLINE)
        yield RegistrySimulator(client, f"{url}/ndxp/dancu")


@pytest_asyncio.fixture
async def registry(registry_process: RegistrySimulator) -> RegistrySimulator:
    """The population registry, well behaved."""
    await registry_process.behave("normal")
    return registry_process


@pytest_asyncio.fixture
async def make_adapter(registry: RegistrySimulator, vault: Vault) -> AsyncIterator[Callable[..., Registry]]:
    """Builds the adapter as `__main__` wires it, under these settings."""
    made = []

    def make(**changed: Any) -> Registry:
        settings = Settings(
            database="postgresql://nowhere",
            kafka="nowhere:9092",
            token_secret=SECRET,
            intake_url=vault.url,
            registry_url=registry.url,
            **changed,
        )
        made.append(wired(settings))
        return made[-1]

    yield make
    for adapter in made:
        await adapter.close()


@pytest.fixture
def adapter(make_adapter: Callable[..., Registry]) -> Registry:
    """The adapter with the default settings."""
    return make_adapter()


@pytest.fixture
def task() -> Task:
    """A check that is due."""
    request = IdentityCheckRequested(**dict(submitted()))
    return Task(uuid4(), "registry", Identity(Phase.REQUESTED, request), attempt=2, uncertain=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def identity(
    request: pytest.FixtureRequest,
    session_parts: tuple[Path, Supervisor],
    postgres: PostgresServer,
    broker: Any,
    vault: Vault,
    registry_process: RegistrySimulator,
) -> AsyncIterator[Running]:
    """`python -m motcua_identity`; gone after its module, for it answers whatever others publish to the same broker.

    The module's `PATIENCE` is how long the registry may take.
    """
    directory, supervisor = session_parts
    await create_missing(broker.address, load_topics(TOPICS))
    [port] = free_ports(1)
    database = f"identity_{uuid4().hex[:12]}"
    environment = {
        "MOTCUA_DATABASE": await postgres.create_database(database),
        "MOTCUA_KAFKA": broker.address,
        "MOTCUA_KAFKA_FETCH_WAIT_MS": "20",
        "MOTCUA_KAFKA_SESSION_TIMEOUT_MS": "6000",
        "MOTCUA_HTTP_PORT": str(port),
        "MOTCUA_TOKEN_SECRET": SECRET,
        "MOTCUA_INTAKE_URL": vault.url,
        "MOTCUA_REGISTRY_URL": registry_process.url,
        "MOTCUA_CATCH_UP": "true",  # the module before this one left its answers in the topic
        "MOTCUA_REGISTRY_PATIENCE": getattr(request.module, "PATIENCE", "PT5S"),
    }
    command = (sys.executable, "-m", "motcua_identity")
    await supervisor.start(Program("identity-service", command, environment, directory))
    producer = AIOKafkaProducer(bootstrap_servers=broker.address)
    await producer.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        running = Running(client, producer)
        reading = asyncio.create_task(_read(broker.address, running.said))
        ready = await comes_true(lambda: _answers(client, "/health/ready"), DEADLINE)
        assert ready, supervisor.tail("identity-service")
        yield running
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    await producer.stop()
    await supervisor.stop("identity-service")
    await postgres.drop_database(database)


async def _read(address: str, said: dict[UUID, list[Event]]) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=address, fetch_max_wait_ms=20, group_id=None)
    await consumer.start()
    try:
        topic = Stream.IDENTITY.topic
        [partitions] = [spec.partitions for spec in load_topics(TOPICS) if spec.topic == topic]
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        async for record in consumer:
            envelope = read_headers(record.headers)
            said[envelope.subject].append(CATALOGUE[envelope.type].model_validate_json(record.value))
    finally:
        await consumer.stop()


async def _answers(client: httpx.AsyncClient, path: str) -> bool:
    with suppress(httpx.HTTPError):
        return (await client.get(path)).status_code == 200
    return False
