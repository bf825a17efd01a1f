"""Supervises child processes: each in its own session, logged to a file, restarted when it dies, stopped with us.

No child outlives its supervisor, however that ends (see `tether`).
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from motcua_local.tether import tether

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 10.0
"""A child that lived this long starts the back-off anew when it dies."""


@dataclass(frozen=True)
class Program:
    """What to run, and how it wants to be treated."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    user: int | None = None
    restart: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


@dataclass(frozen=True)
class Death:
    """A child that ended although nobody asked it to."""

    name: str
    returncode: int
    restarting: bool


class ProgramFailedError(RuntimeError):
    """A program that had to succeed did not; the message ends with its last words."""


class _Child:
    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.restarts = 0
        self.stopping = asyncio.Event()
        self.process: asyncio.subprocess.Process
        self.watch: asyncio.Task[None]

    async def spawn(self) -> None:
        self.process = await spawn(self.program, self.log)

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self, grace: float) -> None:
        self.stopping.set()
        self.send(self.program.stop_signal)
        try:
            await asyncio.wait_for(asyncio.shield(self.watch), grace)
        except TimeoutError:
            _kill_group(self.process)
            await self.watch


class Supervisor:
    """The children of one run, by name. `on_death` hears of every unexpected end."""

    def __init__(self, logs: Path, on_death: Callable[[Death], None] = lambda _: None) -> None:
        self.logs = logs
        self._on_death = on_death
        self._children: dict[str, _Child] = {}

    async def start(self, program: Program) -> None:
        if program.name in self._children:
            raise ValueError(f"{program.name} runs already")
        child = _Child(program, self.logs / f"{program.name}.log")
        await child.spawn()
        child.watch = asyncio.create_task(self._watch(child), name=f"watch {program.name}")
        self._children[program.name] = child

    async def stop(self, *names: str, grace: float = 10.0) -> None:
        """Stop the named children, or all: ask, wait `grace` seconds together, kill."""
        chosen = [self._children[name] for name in names or tuple(self._children) if name in self._children]
        await asyncio.gather(*(child.end(grace) for child in chosen))
        for child in chosen:
            self._children.pop(child.program.name, None)

    def signal(self, name: str, number: signal.Signals) -> None:
        self._children[name].send(number)

    def pid(self, name: str) -> int:
        return self._children[name].process.pid

    def running(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.process.returncode is None

    def restarts(self) -> dict[str, int]:
        return {name: child.restarts for name, child in self._children.items()}

    def tail(self, name: str, lines: int = 20) -> str:
        return tail(self.logs / f"{name}.log", lines)

    async def _watch(self, child: _Child) -> None:
        pause = _FIRST_PAUSE
        while True:
            born = time.monotonic()
            returncode = await child.process.wait()
            if child.stopping.is_set():
                return
            self._on_death(Death(child.program.name, returncode, child.program.restart))
            if not child.program.restart:
                return
            pause = _FIRST_PAUSE if time.monotonic() - born > _STEADY_SECONDS else pause
            with suppress(TimeoutError):
                await asyncio.wait_for(child.stopping.wait(), pause)
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
            with suppress(OSError):  # no process to be had just now: the old one's end is seen again, and tried again
                await child.spawn()
            child.restarts += 1
            if child.stopping.is_set():  # asked to stop while being born: it never saw the signal
                _kill_group(child.process)


async def spawn(program: Program, log: Path) -> asyncio.subprocess.Process:
    """Start a program in its own session, tied to us, writing to its log."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *program.command,
            env={**os.environ, **program.environment},
            cwd=program.directory or log.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tether(program.death_signal),
            user=program.user,
            group=program.user,
            extra_groups=None if program.user is None else [],
        )


async def complete(program: Program, log: Path) -> None:
    """Run a program to its end; raise `ProgramFailedError` unless it succeeds."""
    process = await spawn(program, log)
    try:
        returncode = await process.wait()
    except asyncio.CancelledError:
        _kill_group(process)
        await process.wait()
        raise
    if returncode:
        raise ProgramFailedError(f"{program.name} ended with {returncode}:\n{tail(log)}")


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log that may not exist yet."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _kill_group(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
