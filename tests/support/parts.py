"""The embedded parts' supervisor and folder for a test session, and the report of which parts were used and why."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from motcua_local.processes import Supervisor
from motcua_local.scratch import ScratchDirectory

_USED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_USED] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[_USED]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report_part(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say which real part the tests stood on; printed at the end of the session."""
    return request.config.stash[_USED].append


@asynccontextmanager
async def embedded_parts() -> AsyncIterator[tuple[Path, Supervisor]]:
    """A scratch directory and a supervisor: nothing of either is left."""
    with ScratchDirectory() as scratch:
        supervisor = Supervisor(scratch.folder("logs"))
        try:
            yield scratch.path, supervisor
        finally:
            await supervisor.stop()


@pytest_asyncio.fixture(scope="session")
async def session_parts() -> AsyncIterator[tuple[Path, Supervisor]]:
    async with embedded_parts() as parts:
        yield parts


@pytest.fixture
def fresh_name() -> Callable[[str], str]:
    """Make names that no other test uses: topics, groups, databases, keys."""
    return lambda stem: f"{stem}-{uuid4().hex[:12]}"
