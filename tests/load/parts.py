"""The parts of one round of a benchmark, and what the processes on them cost."""

import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import psutil

from motcua_contracts.tools.topics import load_topics
from motcua_local.apache.kafka import ApacheKafka, ApacheOptions
from motcua_local.broker import EmbeddedBroker
from motcua_local.ports import free_ports
from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Program, Supervisor
from motcua_local.scratch import ScratchDirectory
from motcua_local.stack import APACHE, EMBEDDED, fetch_wait_ms
from motcua_local.topics import TOPICS, create_missing
from tests.load.stages import STAGES

ROOT = Path(__file__).parents[2]
SECRET = "0" * 32
BROKER: ContextVar[str] = ContextVar("broker", default=EMBEDDED)
"""The kind that all rounds run on; one of Apache Kafka stands alone, open, as it comes."""


@dataclass(frozen=True)
class Sample:
    """One measured piece of work; CPU in microseconds a unit of it."""

    units: int
    seconds: float
    python: float
    postgres: float
    broker: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds

    @property
    def cpu(self) -> float:
        """Microseconds of all processors a unit."""
        return self.python + self.postgres + self.broker


@dataclass(frozen=True)
class Parts:
    """A PostgreSQL with a database for every stage, a broker with every topic, and the programs started on them."""

    supervisor: Supervisor
    postgres: EmbeddedPostgres
    broker: EmbeddedBroker | ApacheKafka
    databases: dict[str, str]
    ports: dict[str, int]

    async def start(self, module: str, stage: str, *arguments: str, name: str = "", **settings: str) -> str:
        """`python -m <module> ...` on a stage's database; its name, whose HTTP port is in `ports`."""
        name = name or stage
        [self.ports[name]] = free_ports(1)
        environment = os.environ | {
            "MOTCUA_DATABASE": self.databases[stage],
            "MOTCUA_KAFKA": self.broker.address,
            "MOTCUA_KAFKA_FETCH_WAIT_MS": str(fetch_wait_ms(BROKER.get())),
            "MOTCUA_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "MOTCUA_HTTP_PORT": str(self.ports[name]),
            "MOTCUA_TOKEN_SECRET": SECRET,
            "MOTCUA_LOG_LEVEL": "warning",
            **settings,
        }
        command = (sys.executable, "-m", module, *arguments)
        await self.supervisor.start(Program(name, command, environment, ROOT))
        return name

    async def measure(self, names: Sequence[str], units: int, work: Awaitable[object]) -> Sample:
        """What this work took, and cost these programs, PostgreSQL and the broker."""
        groups: Mapping[str, list[int]] = {
            "python": [self.supervisor.pid(name) for name in names],
            "postgres": [self.postgres.pid],
            "broker": [self.broker.pid],
        }
        before = {group: cpu_seconds(pids) for group, pids in groups.items()}
        started = time.perf_counter()
        await work
        seconds = time.perf_counter() - started
        spent = {group: (cpu_seconds(pids) - before[group]) / units * 1e6 for group, pids in groups.items()}
        return Sample(units, seconds, **spent)


@asynccontextmanager
async def fresh_parts() -> AsyncIterator[Parts]:
    """Nothing in them; gone afterwards."""
    with ScratchDirectory() as scratch:
        supervisor = Supervisor(scratch.folder("logs"))
        try:
            postgres = await EmbeddedPostgres.start(scratch.path / "postgres", supervisor)
            broker = await _broker(supervisor, scratch.path / "kafka")
            await create_missing(broker.address, load_topics(TOPICS))
            databases = {name: await postgres.create_database(name) for name in STAGES}
            yield Parts(supervisor, postgres, broker, databases, {})
        finally:
            await supervisor.stop()


async def _broker(supervisor: Supervisor, folder: Path) -> EmbeddedBroker | ApacheKafka:
    if BROKER.get() == APACHE:
        return await ApacheKafka.start(supervisor, folder, ApacheOptions())
    return await EmbeddedBroker.start(supervisor)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Of these processes and all their children, those that ended included."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        own = process.cpu_times()
        total += own.user + own.system + own.children_user + own.children_system
        for child in process.children(recursive=True):
            times = child.cpu_times()
            total += times.user + times.system
    return total
