"""Rebuilds a service's database from its own topic: the fold of `evolve`, no outside call, no decision taken again.

Comes back: states, read models, due work (paused, until a person releases it), the inbox (from what caused each event)
and counters (their greatest number). Does not, for it is on no topic: personal data, idempotency keys, dead letters.
Invariant: an event is folded in once, in the order of its sequence; a gap stops the rebuild before anything is written.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import asyncpg

from motcua_chassis import contradictions, inbox, work
from motcua_chassis.aggregates import Aggregate, Aggregates
from motcua_chassis.batch import Projector
from motcua_chassis.codec import Incoming
from motcua_chassis.contradictions import ContradictionError
from motcua_chassis.database import Connection, transaction
from motcua_chassis.decisions import Change, PlannedWork, Recorded
from motcua_chassis.failures import unless_overtaken
from motcua_chassis.message import AT_ONCE, Decider

S = TypeVar("S")

_RAISE_COUNTERS = """
INSERT INTO counters (name, value) SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (name) DO UPDATE SET value = greatest(counters.value, excluded.value)"""


class SequenceGapError(Exception):
    """The topic lacks an event that an application's later one presupposes; nothing of the batch was written."""

    def __init__(self, application: UUID, expected: int, found: int) -> None:
        super().__init__(f"application {application}: expected event {expected}, found {found}")
        self.application, self.expected, self.found = application, expected, found


class Progress(NamedTuple):
    """What a batch came to."""

    folded: int
    repeated: int


class Rebuild(Generic[S]):
    """Folds batches of one service's own events into its database."""

    def __init__(self, pool: asyncpg.Pool, decider: Decider[S], project: Projector) -> None:
        self._pool = pool
        self._decider = decider
        self._project = project
        self._aggregates = Aggregates(decider.initial)

    async def take(self, events: Sequence[Incoming]) -> Progress:
        """Fold a batch, in the topic's order, in one transaction. Raises `SequenceGapError`, `ContradictionError`."""
        try:
            return await unless_overtaken(partial(self._take, events))
        except asyncpg.IntegrityConstraintViolationError as error:  # a code or receipt given out twice
            raise ContradictionError(f"{error.table_name}: {error.constraint_name} is taken by another row") from None

    async def _take(self, events: Sequence[Incoming]) -> Progress:
        async with transaction(self._pool) as connection:
            loaded, unknown = await self._aggregates.lock(connection, {event.envelope.subject for event in events})
            for topic in {event.event.stream.topic for event in events}:
                told = {(told.subject, told.sequence): told.id for told, _ in reversed(events)}  # the first counts
                await contradictions.refuse(connection, topic, told)
            folded, changes = self._fold(loaded, events)
            touched = {change.application for change in changes}
            new = touched.intersection(unknown)
            await self._aggregates.create(connection, [folded[id_] for id_ in new])
            await self._aggregates.save(connection, [folded[id_] for id_ in touched - new])
            await self._replan(connection, loaded, folded, touched)
            if changes:
                await self._project(connection, changes)
            await inbox.take(connection, sorted({event.envelope.causation_id for event in events}))
            await self._raise_counters(connection, events)
            return Progress(len(changes), len(events) - len(changes))

    def _fold(
        self, loaded: dict[UUID, Aggregate[S]], events: Sequence[Incoming]
    ) -> tuple[dict[UUID, Aggregate[S]], list[Change]]:
        states, changes = dict(loaded), []
        for envelope, event in events:
            before = states[envelope.subject]
            if envelope.sequence <= before.version:
                continue
            if envelope.sequence != before.version + 1:
                raise SequenceGapError(envelope.subject, before.version + 1, envelope.sequence)
            state = self._decider.evolve(before.state, event)
            after = Aggregate(before.id, envelope.sequence, state, envelope.time, envelope.correlation_id)
            states[envelope.subject] = after
            recorded = [Recorded(envelope.id, event, envelope.sequence, envelope.time)]
            changes.append(Change(before.id, None, recorded, state))
        return states, changes

    async def _replan(
        self,
        connection: Connection,
        loaded: dict[UUID, Aggregate[S]],
        folded: dict[UUID, Aggregate[S]],
        touched: set[UUID],
    ) -> None:
        planned: list[PlannedWork] = []
        settled: list[tuple[UUID, str]] = []
        for id_ in touched:
            before = self._decider.due(loaded[id_].state) if loaded[id_].version else {}
            after = self._decider.due(folded[id_].state)
            at = folded[id_].last_event_at
            planned += [
                PlannedWork(id_, key, row.kind, at if row.at == AT_ONCE and at is not None else row.at)
                for key, row in after.items()
                if before.get(key) != row
            ]
            settled += [(id_, key) for key in before if key not in after]
        if settled:
            await work.settle(connection, settled)
        if planned:
            await work.plan(connection, planned)
            await work.pause(connection, [(row.aggregate, row.key) for row in planned])

    async def _raise_counters(self, connection: Connection, events: Sequence[Incoming]) -> None:
        numbered = self._decider.numbered
        if numbered is None:
            return
        greatest: dict[str, int] = {}
        for found in (numbered(event.event) for event in events):
            if found is not None:
                greatest[found[0]] = max(found[1], greatest.get(found[0], 0))
        if greatest:
            await connection.execute(_RAISE_COUNTERS, list(greatest), list(greatest.values()))


_STATES = "SELECT id, version, state FROM aggregates WHERE version > 0 ORDER BY id"


async def state_hash(pool: asyncpg.Pool) -> tuple[str, int]:
    """One hash over every application's id, version and state, and how many there are; memory does not grow."""
    digest, count = blake2b(digest_size=16), 0
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(_STATES, prefetch=2_000):
            digest.update(row[0].bytes + row[1].to_bytes(8, "big") + row[2])
            count += 1
    return digest.hexdigest(), count
