"""The whole system under watch: real services, a real collector, Prometheus and Alertmanager, with the shipped rules.

What is shipped is used as it is, but for addresses and for patience: no test waits out a `for`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGKILL
from typing import Any

import asyncpg
import httpx
import yaml

from motcua_local.demo.run import short_waits
from motcua_local.ports import free_ports
from motcua_local.processes import Program, Supervisor
from motcua_local.stack import Stack, StackOptions
from motcua_local.waiting import comes_true
from motcua_local.wiring import SERVICES
from tests.observability.binaries import alertmanager, binary
from tests.observability.rules import ALERTS, impatient
from tests.observability.sink import Sink, open_sink

SHIPPED = ALERTS.parent
_DEADLINE = 60.0
_WAITS = short_waits(10) | {"identity": {"MOTCUA_REGISTRY_PATIENCE": "900"}}
"""Whoever stands before a registry that is away stands there to the end: no review moves a dossier on meanwhile."""


@dataclass
class Watchtower:
    """What a test may look at, and do harm to."""

    stack: Stack
    sink: Sink
    prometheus: httpx.AsyncClient

    async def ask(self, expression: str) -> list[Any]:
        """What Prometheus answers to an expression now. Raises if it cannot be evaluated."""
        answer = await self.prometheus.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, (expression, answer.text)
        result: list[Any] = answer.json()["data"]["result"]
        return result

    async def comes(self, expression: str) -> bool:
        """Whether the expression has data before long."""

        async def has_data() -> bool:
            return bool(await self.ask(expression))

        return await comes_true(has_data, _DEADLINE, pause=0.2)

    async def execute(self, service: str, statement: str, *values: Any) -> None:
        """In a service's database."""
        connection = await asyncpg.connect(self.stack.dsn(service))
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def open_watchtower(folder: Path, broker: str) -> AsyncIterator[Watchtower]:
    """Everything up, and gone afterwards. Raises `NotToBeHadError` where Prometheus cannot be had."""
    watchers = binary("prometheus"), alertmanager()
    collector, watching, ringing, unused = free_ports(4)
    traced = {
        "MOTCUA_OTLP_URL": f"http://127.0.0.1:{collector}", "MOTCUA_TRACE_RATIO": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "200", "MOTCUA_FIGURES_EVERY": "0.5",
    }  # fmt: skip
    options = StackOptions(broker, environment=traced, service_environment=_WAITS)
    async with open_sink() as sink, _supervised(folder) as supervisor:
        await supervisor.start(_collector(collector, unused, sink))
        await supervisor.start(_alertmanager(watchers[1], folder, ringing, sink))
        async with Stack(options) as stack:
            await supervisor.start(_prometheus(watchers[0], folder, watching, ringing, stack))
            address = f"http://127.0.0.1:{watching}"
            async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
                tower = Watchtower(stack, sink, client)
                assert await comes_true(lambda: _sees_all(tower), _DEADLINE, 0.2), supervisor.tail("prometheus")
                assert await comes_true(lambda: _is_ready(client, ringing), _DEADLINE), supervisor.tail("alertmanager")
                yield tower


@asynccontextmanager
async def _supervised(folder: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(folder)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def _sees_all(tower: Watchtower) -> bool:
    try:
        ready = (await tower.prometheus.get("/-/ready")).status_code == httpx.codes.OK
        return ready and len(await tower.ask("up == 1")) == len(SERVICES)
    except httpx.HTTPError:
        return False


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/-/ready")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _collector(port: int, unused: int, sink: Sink) -> Program:
    spec = find_spec("rotel")
    assert spec is not None
    assert spec.origin is not None
    agent = Path(spec.origin).parent / "rotel-agent"
    told = {
        "--otlp-http-endpoint": f"127.0.0.1:{port}", "--otlp-grpc-endpoint": f"127.0.0.1:{unused}",
        "--exporter": "otlp", "--otlp-exporter-protocol": "http", "--otlp-exporter-endpoint": sink.url,
        "--otlp-exporter-compression": "none", "--batch-timeout": "100ms",
    }  # fmt: skip
    return Program("collector", (str(agent), "start", *_flat(told)), stop_signal=SIGKILL)


def _alertmanager(program: Path, folder: Path, port: int, sink: Sink) -> Program:
    config = yaml.safe_load((SHIPPED / "alertmanager.yaml").read_text("utf-8"))
    config["route"] |= {"group_wait": "100ms", "group_interval": "1s"}
    config["receivers"][0]["webhook_configs"][0]["url"] = f"{sink.url}/alerts"
    told = {
        "--config.file": _written(folder / "alertmanager.yaml", config), "--storage.path": str(folder / "alertmanager"),
        "--web.listen-address": f"127.0.0.1:{port}", "--cluster.listen-address": "",
    }  # fmt: skip
    command = (str(program), *(f"{name}={value}" for name, value in told.items()))
    return Program("alertmanager", command, stop_signal=SIGKILL)


def _prometheus(program: Path, folder: Path, port: int, alertmanager: int, stack: Stack) -> Program:
    config = yaml.safe_load((SHIPPED / "prometheus.yaml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(file) for file in impatient(folder)]
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager}"]
    for target in config["scrape_configs"][0]["static_configs"]:
        target["targets"] = [stack.url(target["labels"]["service"]).removeprefix("http://")]
    told = {
        "--config.file": _written(folder / "prometheus.yaml", config), "--storage.tsdb.path": str(folder / "tsdb"),
        "--web.listen-address": f"127.0.0.1:{port}",
    }  # fmt: skip
    return Program("prometheus", (str(program), *_flat(told)), stop_signal=SIGKILL)


def _flat(told: dict[str, str]) -> list[str]:
    return [part for pair in told.items() for part in pair]


def _written(path: Path, config: Any) -> str:
    path.write_text(yaml.safe_dump(config), "utf-8")
    return str(path)
