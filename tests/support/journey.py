"""`stack`: the whole system for a test session; `mix`: every journey went through it, checked; `travel`: one more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from rich.console import Console

from motcua_contracts import ApplicationSubmitted, Event, NotificationSent
from motcua_local.demo.display import Summary
from motcua_local.demo.plan import Planned, plan
from motcua_local.demo.run import Run, short_waits
from motcua_local.demo.scripts import Journey
from motcua_local.stack import Stack, StackOptions

_SEEDS = count(7_000)
EACH = 3
APPLICATIONS = EACH * len(Journey)


@pytest_asyncio.fixture(scope="session")
async def stack(stack_broker: str) -> AsyncIterator[Stack]:
    """Four services, simulators, PostgreSQL and a broker, as real processes; tests bring fresh citizens."""
    async with Stack(StackOptions(stack_broker, service_environment=short_waits(APPLICATIONS))) as running:
        yield running


@dataclass
class Travelled:
    """What a journey came to."""

    stack: Stack
    summary: Summary
    run: Run

    @property
    def applications(self) -> dict[UUID, Planned]:
        return self.run.everybody.submitted

    def of(self, journey: Journey, by: str | None = None) -> dict[UUID, Planned]:
        """The applications of one journey, never none; of those who want to be told `by` this medium first."""
        found = {
            id_: planned
            for id_, planned in self.applications.items()
            if planned.journey is journey and by in {None, planned.submission["applicant"]["contact_by"][0]}
        }
        assert found, journey
        return found

    def told(self, application: UUID, *topics: str) -> bool:
        """Whether the citizen was told about each of these, once each, whatever the medium."""
        sent = [notice.topic.value for notice in self.events(application, NotificationSent)]
        return all(sent.count(topic) == 1 for topic in topics)

    def code(self, application: UUID) -> str:
        """Its dossier code."""
        [submitted] = self.events(application, ApplicationSubmitted)
        return str(submitted.dossier.code)

    def events(self, application: UUID, kind: type[Event]) -> list[Any]:
        """The events of a type that were told of an application."""
        return [t.event for t in self.run.history.by_application[application] if isinstance(t.event, kind)]

    def citizen(self, application: UUID) -> dict[str, str]:
        """The headers of the citizen who applied."""
        token = self.stack.token("citizen", str(self.applications[application].subject))
        return {"Authorization": f"Bearer {token}"}

    async def get(self, service: str, path: str, headers: dict[str, str]) -> Any:
        """What a service answers."""
        async with httpx.AsyncClient(base_url=self.stack.url(service), trust_env=False) as client:
            answer = await client.get(path, headers=headers)
            answer.raise_for_status()
            return answer.json()

    async def mails(self, application: UUID) -> list[dict[str, Any]]:
        """What the mail server accepted for this citizen, oldest first."""
        async with httpx.AsyncClient(base_url=self.stack.url("smtp"), trust_env=False) as client:
            ledger = (await client.get("/control/ledger", params={"limit": 100_000})).json()
        address = self.applications[application].citizen.email
        return sorted((m for m in ledger["messages"] if address in str(m["to"])), key=lambda mail: mail["at"])


@pytest_asyncio.fixture(scope="session")
async def mix(stack: Stack) -> Travelled:
    """Every journey of the demo, several times, all at once; the checker found nothing wrong."""
    return await _played(stack, plan(0, next(_SEEDS), each=EACH))


@pytest.fixture
def travel(stack: Stack) -> Callable[..., Awaitable[Travelled]]:
    """`await travel(Journey.PAID, 3)` plays three such applications to their end; the checker found nothing wrong."""

    async def go(journey: Journey | None, applications: int) -> Travelled:
        return await _played(stack, plan(applications, next(_SEEDS), journey))

    return go


async def _played(stack: Stack, planned: list[Planned]) -> Travelled:
    run = Run(stack, planned, Console(quiet=True))
    summary = await run.play()
    assert not summary.violations, summary.violations
    assert summary.ok
    return Travelled(stack, summary, run)
