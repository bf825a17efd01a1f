"""Simulators as real processes on free ports, stopped by their own id."""

import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

DEADLINE_SECONDS = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def poll(holds: Callable[[], Any]) -> Any:
    """What `holds` returns once it is true; fails after the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (seen := holds()):
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS} s"
        time.sleep(0.02)
    return seen


@dataclass
class Simulator:
    arguments: list[str]
    client: httpx.Client
    smtp_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        poll(self._answers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """How the process ended and everything it printed."""
        assert self.process is not None
        self.process.send_signal(number)
        printed, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, printed.decode()

    def behave(self, mode: str, **setting: Any) -> None:
        self.client.put("/control/behaviour", json={"mode": mode, **setting}).raise_for_status()

    def ledger(self, stream: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.client.get("/control/ledger").json()[stream]
        return entries

    def mail(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=DEADLINE_SECONDS)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.process.communicate()[0].decode()
        try:
            return self.client.get("/control/health").status_code == 200
        except httpx.TransportError:
            return False


EXTRA = {
    "registry": [],
    "vnpay": [
        "--tmn-code",
        "MOTCUA01",
        "--secret",
        "a-secret",
        "--ipn-retry-seconds",
        "0.002",
        "--minimum-amount",
        "5000",
    ],
    "smtp": [],
    "sms": ["--name", "sms-one", "--api-key", "a-key", "--secret", "a-secret"],
    "zalo": ["--token", "a-token"],
}


def described(name: str, ledger: Path) -> Simulator:
    port, smtp_port = free_port(), free_port()
    arguments = [f"motcua_simulators.{name}", "--port", str(port), "--ledger", str(ledger), *EXTRA[name]]
    if name == "smtp":
        arguments += ["--smtp-port", str(smtp_port)]
    return Simulator(arguments, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS), smtp_port)


@pytest.fixture(scope="session")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Simulator]]:
    """All of them, one process each for the whole session."""
    running = {name: described(name, tmp_path_factory.mktemp(name) / "ledger.jsonl") for name in EXTRA}
    try:
        for simulator in running.values():
            simulator.start()
        yield running
    finally:
        endings = [simulator.stop() for simulator in running.values() if simulator.runs]
    assert endings == [(0, "")] * len(EXTRA), "a simulator leaves with 0 and prints nothing"


@pytest.fixture(params=EXTRA)
def any_simulator(simulators: dict[str, Simulator], request: pytest.FixtureRequest) -> Simulator:
    return well_behaved(simulators[request.param])


@pytest.fixture
def registry(simulators: dict[str, Simulator]) -> Simulator:
    return well_behaved(simulators["registry"])


@pytest.fixture
def vnpay(simulators: dict[str, Simulator]) -> Simulator:
    return well_behaved(simulators["vnpay"])


@pytest.fixture
def smtp(simulators: dict[str, Simulator]) -> Simulator:
    return well_behaved(simulators["smtp"])


@pytest.fixture
def sms(simulators: dict[str, Simulator]) -> Simulator:
    return well_behaved(simulators["sms"])


@pytest.fixture
def zalo(simulators: dict[str, Simulator]) -> Simulator:
    return well_behaved(simulators["zalo"])


def well_behaved(simulator: Simulator) -> Simulator:
    simulator.behave("normal")
    return simulator
