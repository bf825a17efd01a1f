"""What the local stack's tests share: a place of their own for directories, stand-ins for services."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from motcua_local.processes import Supervisor
from motcua_local.scratch import ScratchDirectory
from motcua_local.wiring import SERVICES, SIMULATORS
from tests.support.processes import read_until

_STAND_IN = """
import http.server, os, sys

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    do_PUT = do_GET

    def log_message(self, *_):
        pass

port = os.environ.get("MOTCUA_HTTP_PORT") or sys.argv[sys.argv.index("--port") + 1]
http.server.HTTPServer(("127.0.0.1", int(port)), Ready).serve_forever()
"""


@pytest.fixture
def room() -> Iterator[Path]:
    """A directory that root's database user may pass: pytest's own are closed to it."""
    with ScratchDirectory() as scratch:
        yield scratch.path


@pytest_asyncio.fixture
async def supervisor(room: Path) -> AsyncIterator[Supervisor]:
    (room / "logs").mkdir()
    supervisor = Supervisor(room / "logs")
    yield supervisor
    await supervisor.stop()


@pytest.fixture
def stand_in_services(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH whose `motcua_<service>` say at once that they are ready."""
    for name in SERVICES:
        (tmp_path / f"motcua_{name}.py").write_text(_STAND_IN)
    return tmp_path


@pytest.fixture
def stand_ins(stand_in_services: Path) -> Path:
    """The same with stand-ins for the simulators, which start faster."""
    package = stand_in_services / "motcua_simulators"
    package.mkdir()
    for name in ("__init__", "sms", *SIMULATORS):
        (package / f"{name}.py").write_text("" if name == "__init__" else _STAND_IN)
    return stand_in_services


Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def launch(room: Path) -> Iterator[Launch]:
    """Start a command whose temporary directories land in `room`; ended with the test whatever happens."""
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": str(room), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def launch_parts(launch: Launch) -> "Callable[[], subprocess.Popen[str]]":
    """Start a process that holds PostgreSQL and the broker; returns once both are up."""
    script = Path(__file__).parent / "hold_parts.py"

    def start() -> "subprocess.Popen[str]":
        process = launch(sys.executable, str(script))
        read_until(process, "up")
        return process

    return start
