"""A stack whose services reach everything through lines: database, broker, outside systems, and each other."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from motcua_contracts.tools.topics import load_topics
from motcua_local.broker import ExternalBroker, _tansu
from motcua_local.kept import KeptDirectory
from motcua_local.ports import free_ports
from motcua_local.processes import Program
from motcua_local.scratch import ScratchDirectory
from motcua_local.stack import Stack, StackOptions
from motcua_local.topics import TOPICS, create_missing
from motcua_local.wiring import MAIL, SERVICES
from tests.failures.drill.deaths import Deaths
from tests.failures.drill.line import Line, Streams

DATABASE, BROKER = "database", "broker"
TO_PORTS = {"registry": "registry", "gateway": "vnpay", "mail": MAIL, "vault": "intake"}
"""Line -> the part at its far end, as the stack calls it."""


class Lines:
    """One line for each pair of parts that matters. Its far ends are found once the stack stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack: LinedStack
        self.ports = dict(zip((BROKER, *TO_PORTS), free_ports(1 + len(TO_PORTS)), strict=True))
        self.all = {name: Line(name, self._reach_of(name)) for name in (DATABASE, BROKER, *TO_PORTS)}

    def __iter__(self) -> Iterator[Line]:
        return iter(self.all.values())

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator["Lines"]:
        lines = cls(folder)
        await lines.all[DATABASE].listen_at(folder / ".s.PGSQL.5432")
        for name, port in lines.ports.items():
            await lines.all[name].listen(port)
        try:
            yield lines
        finally:
            for line in lines:
                await line.close()

    def told_to(self, waits: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """The services' environment: these addresses in the place of the true ones."""
        at = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        own = {
            "intake": {},
            "identity": {"MOTCUA_INTAKE_URL": at["vault"], "MOTCUA_REGISTRY_URL": f"{at['registry']}/ndxp/dancu"},
            "payment": {"MOTCUA_VNPAY_API_URL": f"{at['gateway']}/merchant_webapi/api/transaction"},
            "notification": {"MOTCUA_INTAKE_URL": at["vault"], "MOTCUA_SMTP_PORT": str(self.ports["mail"])},
        }
        database = f"postgresql://postgres@/{{}}?host={self.folder}"
        return {name: {**waits[name], **own[name], "MOTCUA_DATABASE": database.format(name)} for name in SERVICES}

    def _reach_of(self, name: str) -> "_Reach":
        return _Reach(self, name)


class _Reach:
    def __init__(self, lines: Lines, name: str) -> None:
        self._lines, self._name = lines, name

    async def __call__(self) -> Streams:
        stack = self._lines.stack
        if self._name == DATABASE:
            return await asyncio.open_unix_connection(stack.directory / "postgres" / ".s.PGSQL.5432")
        port = stack.broker_port if self._name == BROKER else stack.places.ports[TO_PORTS[self._name]]
        return await asyncio.open_connection("127.0.0.1", port)


class LinedStack(Stack):
    """Its broker tells everybody the line's address as its own."""

    def __init__(self, lines: Lines, options: StackOptions, deaths: Deaths) -> None:
        super().__init__(options, deaths)
        self._lines, lines.stack = lines, self
        (self.broker_port,) = free_ports(1)

    async def _start_broker(self, where: ScratchDirectory | KeptDirectory) -> None:
        del where
        address = f"127.0.0.1:{self._lines.ports[BROKER]}"
        await self._supervisor.start(_behind(f"127.0.0.1:{self.broker_port}", address))
        self.broker = ExternalBroker(address)
        await self.broker.wait_ready()
        await create_missing(address, load_topics(TOPICS))


def _behind(address: str, line: str) -> Program:
    """The embedded broker, listening at one address and telling another."""
    program = _tansu(address)
    told = list(program.command)
    told[told.index("--advertised-listener-url") + 1] = f"tcp://{line}"
    return Program(program.name, tuple(told), restart=False)
