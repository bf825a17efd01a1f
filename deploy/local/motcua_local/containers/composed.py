"""The system that the compose project holds up, seen from outside: what the demo and the tests play on."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx

from motcua_local.broker import ExternalBroker
from motcua_local.containers.environment import port_name, read
from motcua_local.processes import ProgramFailedError
from motcua_local.tokens import Role, mint
from motcua_local.waiting import comes_true, together
from motcua_local.wiring import SERVICES, SIMULATORS

_HOST = "127.0.0.1"
_PATIENCE = 120.0


class ComposedSystem:
    """A `System` whose parts somebody else starts and stops."""

    def __init__(self, environment: Path) -> None:
        """Raises `ProgramFailedError` where the file does not describe one."""
        try:
            self._told = read(environment)
            self.broker = ExternalBroker(f"{_HOST}:{self._port('kafka')}")
        except (OSError, KeyError, ValueError) as error:
            raise ProgramFailedError(f"{environment} describes no system ({error}): run make compose-up") from None
        self.lost = asyncio.Event()
        """Never set: a container that dies is started again."""

    def url(self, name: str) -> str:
        return f"http://{_HOST}:{self._port(name)}"

    def dsn(self, name: str) -> str:
        password = self._told[f"{name.upper()}_DATABASE_PASSWORD"]
        return f"postgresql://{name}:{password}@{_HOST}:{self._port('postgres')}/{name}"

    def token(self, role: Role, subject: str | None = None, agency: str | None = None) -> str:
        return mint(self._told["MOTCUA_TOKEN_SECRET"], role, subject, agency)

    def restarts(self) -> Mapping[str, int]:
        """The engine knows; the demo does not ask it."""
        return {}

    async def wait_ready(self, *names: str) -> None:
        chosen = names or (*SIMULATORS, *SERVICES)
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            answers = await together(*(self._becomes_ready(client, name) for name in chosen))
        late = [name for name, ready in zip(chosen, answers, strict=True) if not ready]
        if late:
            raise ProgramFailedError(f"not ready within {_PATIENCE:.0f} s: {', '.join(late)}")

    def _port(self, name: str) -> int:
        return int(self._told[port_name(name)])

    async def _becomes_ready(self, client: httpx.AsyncClient, name: str) -> bool:
        return await comes_true(lambda: self._ready(client, name), _PATIENCE, pause=0.2)

    async def _ready(self, client: httpx.AsyncClient, name: str) -> bool:
        path = "/control/health" if name in SIMULATORS else "/health/ready"
        try:
            return (await client.get(self.url(name) + path)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False
