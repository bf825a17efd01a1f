"""The whole system on one machine: database, broker, outside systems and the four services, up together, gone together.

Its data are discarded with it, unless a directory keeps them (Apache Kafka only). It is up when every service says it
is ready; a service that dies is started again; when the embedded broker dies the run is over, for what it held is lost.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Self

import httpx

from motcua_contracts.tools.topics import load_topics
from motcua_local.apache.kafka import ApacheKafka, ApacheOptions
from motcua_local.broker import EmbeddedBroker, ExternalBroker
from motcua_local.kept import KeptDirectory
from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Death, ProgramFailedError, Supervisor
from motcua_local.scratch import ScratchDirectory
from motcua_local.tokens import Role, mint
from motcua_local.topics import TOPICS, create_missing
from motcua_local.waiting import comes_true, together
from motcua_local.wiring import SERVICES, SIMULATORS, Places, Secrets, service, simulator

EMBEDDED, APACHE = "embedded", "apache"


def fetch_wait_ms(broker: str) -> int:
    """How long a broker of this kind may hold a fetch: the embedded one does not answer earlier when records come."""
    return 500 if broker == APACHE else 20


_HOPELESS_RESTARTS = 3
"""A process that died so often before it was ever ready will not become it by waiting."""


@dataclass(frozen=True)
class StackOptions:
    """What a run may choose."""

    broker: str = EMBEDDED
    """`embedded`, `apache`, or host:port of one that runs already."""
    brokers: int = 1
    """One or three, of `apache`."""
    data: Path | None = None
    """Where everything is kept between runs; `apache` only, for the embedded broker keeps nothing."""
    services: tuple[str, ...] = SERVICES
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of every service and simulator."""
    service_environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Added to the environment of one service, by its name."""
    deadline: float = 60.0
    """Seconds that the processes have to become ready."""

    def __post_init__(self) -> None:
        if self.broker != APACHE and (self.data is not None or self.brokers != 1):
            raise ProgramFailedError("several brokers, or a directory that keeps the data, need --broker apache")
        if self.brokers not in {1, 3}:
            raise ProgramFailedError("one broker or three: two are no safer than one")


class Stack:
    """One run. `async with Stack() as stack:` holds it up; `on_death` hears of every process that died."""

    postgres: EmbeddedPostgres
    broker: EmbeddedBroker | ExternalBroker | ApacheKafka
    places: Places
    directory: Path

    def __init__(self, options: StackOptions | None = None, on_death: Callable[[Death], None] = lambda _: None) -> None:
        self.options = options or StackOptions()
        self.lost = asyncio.Event()
        """Set when the run cannot go on: the embedded broker died."""
        self._on_death = on_death
        self._held = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as building:
            scratch = building.enter_context(ScratchDirectory())
            self.directory = scratch.path
            kept = building.enter_context(KeptDirectory(self.options.data)) if self.options.data else None
            self._supervisor = Supervisor(scratch.folder("logs"), self._died)
            building.push_async_callback(self._stop)
            await self._start(scratch, kept)
            self._held = building.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    def url(self, name: str) -> str:
        """Return the base address of a service or of a simulator's HTTP side."""
        return self.places.url(name)

    def dsn(self, name: str) -> str:
        return self.postgres.dsn(name)

    def token(self, role: Role, subject: str | None = None, agency: str | None = None) -> str:
        return mint(self.places.secrets.token, role, subject, agency)

    def kill(self, name: str, number: Signals = SIGKILL) -> None:
        """Send a signal to a process by name; what dies of it is started again."""
        self._supervisor.signal(name, number)

    def restarts(self) -> dict[str, int]:
        return self._supervisor.restarts()

    def tail(self, name: str, lines: int = 20) -> str:
        return self._supervisor.tail(name, lines)

    async def wait_ready(self, *names: str) -> None:
        """Wait until the named processes are ready, or all; name each that is late, with its last words."""
        chosen = names or (*SIMULATORS, *self.options.services)
        async with httpx.AsyncClient(timeout=2.0) as client:
            answers = await together(*(self._ready(client, name) for name in chosen))
        late = [name for name, ready in zip(chosen, answers, strict=True) if not ready]
        if late:
            told = "\n\n".join(f"{name}, last of its log:\n{self.tail(name)}" for name in late)
            raise ProgramFailedError(f"not ready within {self.options.deadline:.0f} s: {', '.join(late)}\n\n{told}")

    async def _start(self, scratch: ScratchDirectory, kept: KeptDirectory | None) -> None:
        supervisor = self._supervisor
        databases = kept.path / "postgres" if kept else None
        where = kept or scratch
        await together(self._start_postgres(scratch.path / "postgres", databases), self._start_broker(where))
        secrets = kept.secrets() if kept else Secrets()
        self.places = Places(
            self.postgres.dsn,
            self.broker.access,
            where.folder("ledgers"),
            secrets=secrets,
            fetch_wait_ms=fetch_wait_ms(self.options.broker),
        )
        for name in SIMULATORS:
            await supervisor.start(simulator(name, self.places, self.options.environment))
        for name in self.options.services:
            extra = {**self.options.environment, **self.options.service_environment.get(name, {})}
            await supervisor.start(service(name, self.places, extra))
        await self.wait_ready()

    async def _start_postgres(self, directory: Path, data: Path | None) -> None:
        self.postgres = await EmbeddedPostgres.start(directory, self._supervisor, data)
        await together(*(self.postgres.create_missing_database(name) for name in SERVICES))

    async def _start_broker(self, where: ScratchDirectory | KeptDirectory) -> None:
        topics = load_topics(TOPICS)
        if self.options.broker == APACHE:
            options = ApacheOptions(self.options.brokers, secured=True)
            self.broker = await ApacheKafka.start(self._supervisor, where.folder("kafka"), options, topics)
            await create_missing(self.broker.administrator, topics, self.broker.brokers)
            return
        if self.options.broker == EMBEDDED:
            self.broker = await EmbeddedBroker.start(self._supervisor)
        else:
            self.broker = ExternalBroker(self.options.broker)
            await self.broker.wait_ready()
        await create_missing(self.broker.address, topics)

    async def _ready(self, client: httpx.AsyncClient, name: str) -> bool:
        path = "/control/health" if name in SIMULATORS else "/health/ready"
        hopeless = self.restarts()[name] + _HOPELESS_RESTARTS

        async def says_so() -> bool:
            if self.lost.is_set() or self.restarts()[name] >= hopeless:
                raise ProgramFailedError(f"{name} does not come up; last of its log:\n{self.tail(name)}")
            try:
                return (await client.get(self.url(name) + path)).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        return await comes_true(says_so, self.options.deadline, pause=0.1)

    def _died(self, death: Death) -> None:
        if not death.restarting:
            self.lost.set()
        self._on_death(death)

    async def _stop(self) -> None:
        """Stop the services first: they finish their batches and leave their groups while the rest still stands."""
        await self._supervisor.stop(*self.options.services)
        await self._supervisor.stop()
