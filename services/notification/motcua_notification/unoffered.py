"""Stands in for a medium this installation does not offer: its messages go on by the next one, none is left waiting."""

from collections.abc import Collection
from typing import Any

from motcua_chassis.message import Exhausted
from motcua_chassis.worker import Adapter, Repeatable, Task
from motcua_contracts import Medium
from motcua_notification import attempts
from motcua_notification.attempts import Pool, Result
from motcua_notification.domain import parse_key


class Unoffered(Adapter):
    """An adapter without an outside system.

    The medium may have been offered when the message was asked for: what a provider may hold is not sent another way.
    """

    repeatable = Repeatable.QUERYABLE
    timeout = 10.0
    attempts = 1_000_000
    """Only our own database can fail here; it will be back."""

    def __init__(self, medium: Medium, pool: Pool) -> None:
        self.kind = medium.value
        self._pool = pool

    async def call(self, task: Task) -> Any:
        """Certainly not sent, unless a call of former days is open."""
        medium, topic, number = parse_key(task.key)
        if await attempts.open_attempts(self._pool, task.application, topic, number, medium):
            return Exhausted(task.key, self.kind, uncertain=True)
        await attempts.noted(self._pool, task.application, topic, number, medium, Result.NOT_OFFERED)
        return Exhausted(task.key, self.kind, uncertain=False)

    async def close(self) -> None:
        """Let go of the connections."""
        if isinstance(self._pool, attempts.LazyPool):
            await self._pool.close()


def complete(offered: Collection[Adapter], pool: Pool) -> list[Adapter]:
    """One adapter for every medium."""
    kinds = {adapter.kind for adapter in offered}
    return [*offered, *(Unoffered(medium, pool) for medium in Medium if medium.value not in kinds)]
