"""What people, ledgers and checks need of a system that stands: a `Stack` of processes, or containers."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from motcua_local.access import Access
from motcua_local.tokens import Role


class Broker(Protocol):
    """Any Kafka."""

    def access(self, _principal: str, /) -> Access:
        """The way in of one principal."""


class System(Protocol):
    """Four services, their databases, a broker and the outside systems."""

    lost: asyncio.Event

    @property
    def broker(self) -> Broker:
        """The one that all four speak through."""

    def url(self, name: str, /) -> str:
        """Return the base address of a service or of a simulator."""

    def dsn(self, name: str, /) -> str:
        """Return the address of a service's database."""

    def token(self, role: Role, subject: str | None = None, agency: str | None = None) -> str:
        """Sign a token that the services accept."""

    def restarts(self) -> Mapping[str, int]:
        """How often each part was started again, where that is known."""

    async def wait_ready(self, *names: str) -> None:
        """Wait until these parts are ready. Raises `ProgramFailedError`."""
