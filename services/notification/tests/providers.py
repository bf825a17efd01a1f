"""The simulators of SMS and Zalo as processes, for the channels to speak to."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

DEADLINE_SECONDS = 15


@dataclass
class Provider:
    """One running simulator."""

    name: str
    port: int
    client: httpx.Client
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def behave(self, mode: str, **setting: Any) -> None:
        self.client.put("/control/behaviour", json={"mode": mode, **setting}).raise_for_status()

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """What this number got, as the provider's own ledger says."""
        entries = self.client.get("/control/ledger").json()["messages"]
        return [entry for entry in entries if entry["phone"] == phone]

    def requests(self, phone: str) -> list[dict[str, Any]]:
        entries = self.client.get("/control/ledger").json()["requests"]
        return [entry for entry in entries if entry["phone"] == phone]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(module: str, name: str, *arguments: str) -> Iterator[Provider]:
    """The simulator `module`, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", f"motcua_simulators.{module}", "--port", str(port), *arguments]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        process = subprocess.Popen(command)  # noqa: S603
        try:
            _wait_for(client)
            yield Provider(name, port, client, process)
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            client.get("/control/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(client.base_url)
