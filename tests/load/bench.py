"""`make bench`: ours, the usual build and the raw floor, side by side in one run on embedded parts.

Every build carries the same applications through the same four stages (`stages.py`); the clock runs from the first
submitted event until the last event of the last application is on its topic. CPU is split by process group.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from motcua_chassis.codec import write_body
from motcua_chassis.identifiers import event_id
from motcua_contracts import ApplicationSubmitted, Dossier, Envelope, FeeBasis, Stream, write_headers
from motcua_contracts.tools.topics import load_topics
from motcua_local.broker import EmbeddedBroker
from motcua_local.ports import free_ports
from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Program, Supervisor
from motcua_local.scratch import ScratchDirectory
from motcua_local.topics import TOPICS, create_missing
from tests.load.stages import STAGES

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
console = Console()


@dataclass(frozen=True)
class Parts:
    """The embedded parts of one round."""

    supervisor: Supervisor
    postgres: EmbeddedPostgres
    broker: EmbeddedBroker
    databases: dict[str, str]


@dataclass(frozen=True)
class Result:
    """One round of one build; CPU in microseconds per application."""

    applications: int
    seconds: float
    python: float
    postgres: float
    broker: float

    @property
    def rate(self) -> float:
        return self.applications / self.seconds

    @property
    def cpu(self) -> float:
        return self.python + self.postgres + self.broker


@asynccontextmanager
async def parts() -> AsyncIterator[Parts]:
    """A fresh PostgreSQL and a fresh broker."""
    with ScratchDirectory() as scratch:
        supervisor = Supervisor(scratch.folder("logs"))
        try:
            postgres = await EmbeddedPostgres.start(scratch.path / "postgres", supervisor)
            broker = await EmbeddedBroker.start(supervisor)
            await create_missing(broker.address, load_topics(TOPICS))
            databases = {name: await postgres.create_database(name) for name in STAGES}
            yield Parts(supervisor, postgres, broker, databases)
        finally:
            await supervisor.stop()


async def pipeline(build: str, applications: int) -> Result:
    """One round of `tests.load.ours` or `tests.load.baseline`."""
    version = "aggregates" if build == "ours" else "applications"
    outbox = "outbox" if build == "ours" else "outgoing"
    async with parts() as held:
        for name, port in zip(STAGES, free_ports(len(STAGES)), strict=True):
            environment = {
                "MOTCUA_DATABASE": held.databases[name],
                "MOTCUA_KAFKA": held.broker.address,
                "MOTCUA_KAFKA_FETCH_WAIT_MS": "20",
                "MOTCUA_KAFKA_SESSION_TIMEOUT_MS": "6000",
                "MOTCUA_HTTP_PORT": str(port),
                "MOTCUA_TOKEN_SECRET": "0" * 32,
                "MOTCUA_LOG_LEVEL": "warning",
            }
            command = (sys.executable, "-m", f"tests.load.{build}", name)
            await held.supervisor.start(Program(name, command, {**os.environ, **environment}, ROOT))
        done = _counts_versions(held, version, outbox)
        await _submit(held.broker.address, 20)
        try:
            await _reach(done, 20)
        except TimeoutError:
            for name in STAGES:
                console.print(held.supervisor.tail(name))
            raise
        return await _measure(held, list(STAGES), applications, lambda: _reach(done, applications + 20))


async def floor(applications: int) -> Result:
    """One round of consume -> produce; `applications` counts records."""
    async with parts() as held:
        environment = {**os.environ, "MOTCUA_KAFKA": held.broker.address}
        command = (sys.executable, "-m", "tests.load.floor")
        await held.supervisor.start(Program("floor", command, environment, ROOT))
        consumer = AIOKafkaConsumer(
            Stream.IDENTITY.topic, bootstrap_servers=held.broker.address, auto_offset_reset="earliest"
        )
        await consumer.start()
        seen = 0

        async def until(total: int) -> None:
            nonlocal seen
            while seen < total:
                seen += sum(map(len, (await consumer.getmany(timeout_ms=100)).values()))

        try:
            await _submit(held.broker.address, 20)
            await until(20)
            return await _measure(held, ["floor"], applications, lambda: until(applications + 20))
        finally:
            await consumer.stop()


async def _measure(held: Parts, names: list[str], applications: int, finished: Callable[[], Awaitable[None]]) -> Result:
    groups = {
        "python": [held.supervisor.pid(name) for name in names],
        "postgres": [held.postgres.pid],
        "broker": [held.broker.pid],
    }
    before = {group: _cpu(pids) for group, pids in groups.items()}
    started = time.perf_counter()
    await asyncio.gather(_submit(held.broker.address, applications), finished())
    seconds = time.perf_counter() - started
    spent = {group: (_cpu(pids) - before[group]) / applications * 1e6 for group, pids in groups.items()}
    return Result(applications, seconds, **spent)


def _cpu(pids: list[int]) -> float:
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        own = process.cpu_times()
        total += own.user + own.system + own.children_user + own.children_system
        for child in process.children(recursive=True):
            times = child.cpu_times()
            total += times.user + times.system
    return total


async def _submit(address: str, applications: int) -> None:
    """Publish submitted applications as intake's relay would, in large batches."""
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", max_batch_size=900_000)
    await producer.start()
    partitions = len(await producer.partitions_for(Stream.INTAKE.topic))
    for start in range(0, applications, 600):
        batches = [producer.create_batch() for _ in range(partitions)]
        for index in range(start, min(start + 600, applications)):
            application = uuid4()
            batches[index % partitions].append(
                key=str(application).encode(),
                value=write_body(_submission(index)),
                timestamp=None,
                headers=list(write_headers(_envelope(application))),
            )
        sends = [
            await producer.send_batch(batch, Stream.INTAKE.topic, partition=partition)
            for partition, batch in enumerate(batches)
            if batch.record_count()
        ]
        await asyncio.gather(*sends)
    await producer.stop()


def _submission(index: int) -> ApplicationSubmitted:
    code = f"H29.25.12-261122-{index % 10_000_000:07d}"
    dossier = Dossier(code=code, applicant_id=uuid4(), procedure="2.000815", agency="H29.25.12", channel="online")
    return ApplicationSubmitted(dossier=dossier, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22)))


def _envelope(application: UUID) -> Envelope:
    now, cause = datetime.now(UTC), uuid4()
    identity = event_id(now, b"/motcua/intake", application, cause, 0)
    return Envelope(identity, "/motcua/intake", ApplicationSubmitted.type, now, application, cause, cause, 1)


def _counts_versions(held: Parts, table: str, outbox: str) -> Callable[[int], Awaitable[bool]]:
    async def done(applications: int) -> bool:
        for name, stage in STAGES.items():
            connection = await asyncpg.connect(held.databases[name])
            try:
                published = await connection.fetchval(f"SELECT sum(version) FROM {table}")  # noqa: S608
                waiting = await connection.fetchval(f"SELECT count(*) FROM {outbox}")  # noqa: S608
            except asyncpg.UndefinedTableError:
                return False
            finally:
                await connection.close()
            if (published or 0) < applications * stage.published or waiting:
                return False
        return True

    return done


async def _reach(done: Callable[[int], Awaitable[bool]], applications: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await done(applications):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not finished within {PATIENCE} s")
        await asyncio.sleep(0.1)


async def main(applications: int, usual: int, rounds: int) -> None:
    """Run every build and print the table."""
    runs: dict[str, list[Result]] = {"usual build": [], "ours": [], "floor (one hop)": []}
    for number in range(rounds):
        for name, start in (
            ("usual build", lambda: pipeline("baseline", usual)),
            ("ours", lambda: pipeline("ours", applications)),
            ("floor (one hop)", lambda: floor(applications)),
        ):
            with console.status(f"round {number + 1} of {rounds}: {name}"):
                result = await start()
            runs[name].append(result)
            console.print(f"round {number + 1}: {name}: {result.rate:,.0f} applications/s")
    _report(runs)


def _report(runs: dict[str, list[Result]]) -> None:
    usual = median(result.rate for result in runs["usual build"])
    usual_cpu = median(result.cpu for result in runs["usual build"])
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for column in ("build", "applications/s", "times", "µs python", "µs postgres", "µs broker", "CPU 1/x"):
        table.add_column(column, justify="left" if column == "build" else "right")
    for name, results in runs.items():
        rate = median(result.rate for result in results)
        cpu = [median(getattr(result, part) for result in results) for part in ("python", "postgres", "broker")]
        compare = "" if name.startswith("floor") else f"{usual_cpu / sum(cpu):.1f}"
        times = "" if name.startswith("floor") else f"{rate / usual:.1f}x"
        table.add_row(name, f"{rate:,.0f}", times, *(f"{value:,.0f}" for value in cpu), compare)
    console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the path beside the usual build and the raw floor.")
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--usual", type=int, default=600, help="applications for the usual build")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.applications, arguments.usual, arguments.rounds))
