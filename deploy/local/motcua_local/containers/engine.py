"""A Docker engine: the one that answers here, or a private one, gone with everything it held when its block ends.

The private one has its own socket and directories and is never announced: nobody else's client finds it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from motcua_local.tether import tether

_PREFIX = "motcua-engine-"
_START_SECONDS = 60.0
_STOP_SECONDS = 90.0
_ABANDONED_SECONDS = 3_600.0


class EngineError(RuntimeError):
    """An engine refused, or there is none; the text ends with its last words."""


@dataclass(frozen=True)
class Engine:
    """A client and the engine it speaks to."""

    docker: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """What tells the client, and compose, where the engine is; empty for the machine's own."""

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of whatever is to speak to it."""
        return {**os.environ, **self.environment, "DOCKER_BUILDKIT": "1"}

    def run(self, *arguments: str, given: IO[bytes] | None = None, seconds: float = 600.0) -> str:
        """Run the client to its end and return what it printed. Raises `EngineError`."""
        return complete((self.docker, *arguments), self.surroundings, given, seconds)

    def has(self, image: str) -> bool:
        return bool(self.run("image", "ls", "--quiet", image).strip())

    def answers(self) -> bool:
        try:
            self.run("version", seconds=10.0)
        except EngineError:
            return False
        return True


def complete(
    command: tuple[str, ...], environment: Mapping[str, str], given: IO[bytes] | None = None, seconds: float = 600.0
) -> str:
    """Run a command to its end and return what it printed. Raises `EngineError`."""
    try:
        ended = subprocess.run(
            command,
            env=environment,
            stdin=given or subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{' '.join(command[:4])}: {error}") from None
    if ended.returncode:
        said = "\n".join((ended.stdout + ended.stderr).decode(errors="replace").splitlines()[-40:])
        raise EngineError(f"{' '.join(command[:4])} ... ended with {ended.returncode}:\n{said}")
    return ended.stdout.decode(errors="replace")


def present_engine() -> Engine:
    """The engine that answers on this machine. Raises `EngineError`."""
    engine = Engine(_client())
    if not engine.answers():
        raise EngineError("no Docker engine answers here")
    return engine


def why_no_private_engine() -> str | None:
    """Why none can be started here, or nothing if it can."""
    if os.geteuid() != 0:
        return "only root can start a container engine"
    if shutil.which("dockerd") is None:
        return "there is no dockerd (Debian: docker.io)"
    return None


@contextmanager
def private_engine() -> Iterator[Engine]:
    """Hold an engine of our own. Raises `EngineError` where it does not come up."""
    if reason := why_no_private_engine():
        raise EngineError(reason)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    engine = Engine(_client(), {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": str(folder / "client")})
    with (folder / "dockerd.log").open("wb") as log:
        daemon = subprocess.Popen(
            _dockerd(folder),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=tether(signal.SIGTERM),  # noqa: PLW1509
        )
    try:
        _wait_until_it_answers(engine, daemon, folder)
        yield engine
    finally:
        _end(daemon)
        _remove(folder)


def _client() -> str:
    """Debian's own first: another on the path may be of another age than Debian's engine."""
    debian = "/usr/bin/docker"
    found = debian if os.access(debian, os.X_OK) else shutil.which("docker")
    if found is None:
        raise EngineError("there is no docker client (Debian: docker.io)")
    return found


def _dockerd(folder: Path) -> list[str]:
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "docker.pid"}
    own = [f"--{flag}={folder / name}" for flag, name in places.items()]
    network = ["--bridge=none", "--default-address-pool=base=10.213.0.0/16,size=24"]
    return ["dockerd", f"--host=unix://{folder}/docker.sock", *own, *network, "--log-level=warn"]


def _wait_until_it_answers(engine: Engine, daemon: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not engine.answers():
        if daemon.poll() is not None or time.monotonic() > deadline:
            said = "\n".join((folder / "dockerd.log").read_text(errors="replace").splitlines()[-15:])
            raise EngineError(f"dockerd does not run here:\n{said}")
        time.sleep(0.2)


def _end(daemon: "subprocess.Popen[bytes]") -> None:
    """It stops its containers and its containerd before it goes."""
    daemon.terminate()
    try:
        daemon.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _sweep() -> None:
    """Remove what engines left behind whose runs were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS and not _runs(folder):
            _remove(folder)


def _runs(folder: Path) -> bool:
    try:
        pid = int((folder / "docker.pid").read_text())
    except (OSError, ValueError):
        return False
    return Path(f"/proc/{pid}").exists()


def _remove(folder: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in sorted((each for each in mounted if each.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
