"""Lives of the toy process: forked by a nursery, or started whole as a service is."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from chassis.tests.toy_process import NURSERY
from motcua_chassis.principals import Role, mint
from motcua_local.tether import tether
from motcua_local.waiting import comes_true

ROOT = Path(__file__).parents[2]
MODULE = "chassis.tests.toy_process"
SECRET = "a secret of at least thirty-two bytes"


class Life:
    """One running toy; `ended` gives its exit code, negative for a signal."""

    def __init__(self, pid: int, port: int, log: Path, ended: "asyncio.Future[int]") -> None:
        self.pid, self.log, self.ended = pid, log, ended
        self._url = f"http://127.0.0.1:{port}"

    def send(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def end(self, number: signal.Signals = signal.SIGTERM, within: float = 30.0) -> int:
        """Send a signal and wait for the exit code."""
        self.send(number)
        return await asyncio.wait_for(asyncio.shield(self.ended), within)

    async def ask(
        self, path: str, *, method: str = "GET", role: Role = Role.OPERATOR, **headers: str
    ) -> httpx.Response:
        token = mint(SECRET, role, UUID(int=1))
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            return await client.request(
                method, self._url + path, headers={"Authorization": f"Bearer {token}", **headers}
            )

    async def faults(self) -> list[str]:
        """Why it is not ready; `["no-http"]` before it listens."""
        try:
            answer = await self.ask("/health/ready")
        except httpx.TransportError:
            return ["no-http"]
        return list(answer.json()["faults"])

    async def lacks(self, *faults: str) -> bool:
        """Whether these and no others; a life that just began has not looked at its database yet."""
        return await self.faults() == list(faults)

    async def becomes_ready(self, within: float = 40.0) -> "Life":
        async def ready() -> bool:
            return self.ended.done() or not await self.faults()

        assert await comes_true(ready, within), f"not ready: {await self.faults()}\n{self.last_words()}"
        assert not self.ended.done(), f"ended with {self.ended.result()}\n{self.last_words()}"
        return self

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = (await self.ask("/metrics")).text.splitlines()
        samples = [line for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rpartition(" ")[2]) for line in samples if all(label in line for label in wanted))

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def said(self, event: str) -> int:
        """How often it logged an event."""
        return self.log.read_text(errors="replace").count(f'"event": "{event}"')


class Nursery:
    """Forks lives from one process that has imported everything already."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._births: asyncio.Queue[int] = asyncio.Queue()
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._listening = asyncio.create_task(self._listen())

    async def life(self, settings: Mapping[str, str], port: int, log: Path) -> Life:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**settings, "log": str(log)}).encode() + b"\n")
        pid = await asyncio.wait_for(self._births.get(), 30)
        return Life(pid, port, log, self._end(pid))

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._listening

    def _end(self, pid: int) -> "asyncio.Future[int]":
        return self._ends.setdefault(pid, asyncio.get_running_loop().create_future())

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "born" in told:
                self._births.put_nowait(told["born"])
            else:
                self._end(told["ended"]).set_result(told["code"])


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, NURSERY, cwd=ROOT, env=_environment({}),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, preexec_fn=tether(signal.SIGKILL),
    )  # fmt: skip
    opened = Nursery(process)
    try:
        yield opened
    finally:
        await opened.close()


async def whole_life(settings: Mapping[str, str], port: int, log: Path) -> Life:
    """Start the toy from nothing, as a container would."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, cwd=ROOT, env=_environment(settings),
            stdout=output, stderr=output, preexec_fn=tether(signal.SIGKILL),
        )  # fmt: skip
    return Life(process.pid, port, log, asyncio.ensure_future(process.wait()))


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), **settings}
