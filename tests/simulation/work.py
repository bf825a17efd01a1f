"""Timers and outside calls of one service: rows that follow `due`, leases, retries; mirrors `worker` of the chassis.

Between the claim, the call and the answer anything may happen: another message, a crash, a clock that jumps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from motcua_chassis.decisions import PlannedWork
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Answer
from motcua_chassis.message import Exhausted, Timer
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from tests.simulation.world import Crashed, World

if TYPE_CHECKING:
    from tests.simulation.node import Node

LEASE = timedelta(seconds=35)
CALL_SECONDS = 30.0


class Outside(Protocol):
    """An outside system as the worker sees it."""

    repeatable: Repeatable
    attempts: int

    def restart(self) -> None:
        """Its process died: it remembers nothing."""

    def call(self, task: Task) -> Any:
        """Raises `NotDoneError` if it certainly had no effect, `Crashed`; any other exception leaves that open."""


Adapters = Mapping[str, Outside]
Key = tuple[UUID, str]


@dataclass(slots=True)
class Row:
    """One row of work."""

    kind: str
    at: datetime
    attempts: int = 0
    uncertain: bool = False
    lease: UUID | None = None
    leased_until: datetime | None = None
    look: int = 0
    """The latest look that was planned; an older one finds that it is not wanted."""


class Work:
    """The work table of one service and who works on it."""

    def __init__(self, node: "Node", world: World, adapters: Adapters) -> None:
        self.rows: dict[Key, Row] = {}
        self._node, self._world, self._adapters = node, world, adapters

    def follow(
        self, planned: Sequence[PlannedWork], settled: Sequence[tuple[UUID, str]], answers: Sequence[Answer]
    ) -> None:
        """Make the rows match `due`; part of a transaction."""
        for key in settled:
            self.rows.pop(key, None)
        for each in planned:
            self.rows[each.aggregate, each.key] = Row(each.kind, each.at)
            self._watch((each.aggregate, each.key))
        changed = {*settled, *((p.aggregate, p.key) for p in planned)}
        for answer in answers:
            key = answer.application, answer.key
            row = self.rows.get(key)
            if row is not None and key not in changed and row.lease == answer.lease:
                row.lease, row.leased_until, row.uncertain = None, None, False
                row.at = self._node.clock() + timedelta(seconds=10)
                self._watch(key)

    def is_valid(self, answer: Answer) -> bool:
        """Whether the lease still stands under which this was found out."""
        row = self.rows.get((answer.application, answer.key))
        return row is not None and row.lease == answer.lease

    def restart(self) -> None:
        """The process died; the rows are as they were."""
        for adapter in self._adapters.values():
            adapter.restart()

    def look_again(self) -> None:
        """The clock was set: what is due when has changed."""
        for key in self.rows:
            self._watch(key)

    def _watch(self, key: Key) -> None:
        row = self.rows[key]
        row.look += 1
        at = row.at if row.leased_until is None else max(row.at, row.leased_until)
        wait = (at - self._node.clock()).total_seconds()
        self._world.later(max(wait, 0.0) + self._world.spread(0.001, 1), self._look, key, row, row.look)

    def _look(self, key: Key, row: Row, look: int) -> None:
        now = self._node.clock()
        if self.rows.get(key) is not row or row.look != look:
            return
        if row.at > now or (row.leased_until is not None and row.leased_until >= now):
            self._watch(key)
            return
        row.uncertain = row.uncertain or row.lease is not None
        row.lease, row.leased_until = self._world.uuid(), now + LEASE
        row.attempts += 1
        self._watch(key)
        if not self._world.strikes(self._world.weather.crash):
            self._start(key, row)

    def _start(self, key: Key, row: Row) -> None:
        adapter, lease = self._adapters.get(row.kind), row.lease
        if adapter is None:
            self._answer(key, lease, Timer(key[1], row.kind))
        elif row.uncertain and adapter.repeatable is Repeatable.NEITHER:
            self._answer(key, lease, Exhausted(key[1], row.kind, uncertain=True))
        else:
            task = Task(key[0], key[1], self._node.state(key[0]), row.attempts, row.uncertain)
            self._world.later(self._world.spread(0.01, CALL_SECONDS / 2), self._call, adapter, row.kind, task, lease)

    def _call(self, adapter: Outside, kind: str, task: Task, lease: UUID) -> None:
        key = task.application, task.key
        try:
            body = adapter.call(task)
        except Crashed:
            self._world.tell(self._node.name, "crashes during the call", kind, str(key[0])[:8])
            self.restart()
        except NotDoneError:
            self._again(adapter, kind, task, lease, uncertain=task.uncertain)
        except Exception as error:  # noqa: BLE001  # nobody knows whether it took effect
            self._world.tell(self._node.name, "knows not what became of", kind, str(key[0])[:8], type(error).__name__)
            self._again(adapter, kind, task, lease, uncertain=True)
        else:
            self._world.later(self._world.spread(0.01, CALL_SECONDS / 2), self._answer, key, lease, body)

    def _again(self, adapter: Outside, kind: str, task: Task, lease: UUID, *, uncertain: bool) -> None:
        key = task.application, task.key
        if (uncertain and adapter.repeatable is Repeatable.NEITHER) or task.attempt >= adapter.attempts:
            self._answer(key, lease, Exhausted(task.key, kind, uncertain=uncertain))
            return
        row = self.rows.get(key)
        if row is not None and row.lease == lease:
            row.lease, row.leased_until, row.uncertain = None, None, uncertain
            row.at = self._node.clock() + timedelta(seconds=self._world.spread(0.25, 60))
            self._watch(key)

    def _answer(self, key: Key, lease: UUID | None, body: Any) -> None:
        assert lease is not None
        cause = name_id(str(key[0]), key[1], str(lease))
        try:
            self._node.transact([Answer(key[0], key[1], lease, body, cause)])
        except Crashed:  # the lease lapses
            return
