"""What all people of a run share: where the services are, who they are, which applications are theirs, and errands."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from motcua_contracts import Capacity
from motcua_local.demo.people.insistent import Insistent
from motcua_local.demo.plan import Planned
from motcua_local.system import System


class Cast:
    """One run's stage."""

    def __init__(self, stack: System, insist: Insistent) -> None:
        self.stack = stack
        self.insist = insist
        self.submitted: dict[UUID, Planned] = {}
        self.codes: dict[UUID, str] = {}
        self._errands: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    def url(self, service: str, path: str) -> str:
        """The full address of a route."""
        return f"{self.stack.url(service)}{path}"

    def citizen(self, planned: Planned) -> dict[str, str]:
        """The headers of the citizen who applied, or who filed for somebody else."""
        return _bearer(self.stack.token("citizen", str(planned.subject)))

    def officer(self, agency: str, subject: str | None = None) -> dict[str, str]:
        """The headers of an officer of an agency."""
        return _bearer(self.stack.token("officer", subject, agency=agency))

    def filer(self, planned: Planned) -> dict[str, str]:
        """The headers of whoever files this application."""
        if planned.script.filed_by is Capacity.COUNTER_OFFICER:
            return self.officer(planned.submission["agency"])
        return self.citizen(planned)

    def send(self, errand: Callable[..., Awaitable[None]], *given: Any) -> None:
        """Have somebody do this soon."""
        self._errands.put_nowait(partial(errand, *given))

    async def run_errands(self) -> None:
        """Do one errand after the other until cancelled."""
        while True:
            errand = await self._errands.get()
            await errand()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
