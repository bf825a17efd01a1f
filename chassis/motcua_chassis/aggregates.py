"""The state of each application in this service: one row, locked while it is decided on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel

from motcua_chassis.database import Connection
from motcua_chassis.failures import OvertakenError

S = TypeVar("S")

_PLACE = "INSERT INTO aggregates (id) SELECT id FROM unnest($1::uuid[]) AS t (id) ORDER BY id ON CONFLICT DO NOTHING"
_LOCK = """
SELECT id, version, state, last_event_at, correlation, traceparent FROM aggregates
WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"""
_CREATE = """
INSERT INTO aggregates (id, version, state, last_event_at, correlation, traceparent)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::timestamptz[], $5::uuid[], $6::text[])
     AS n (id, version, state, at, correlation, traceparent)
ORDER BY id ON CONFLICT DO NOTHING"""
_SAVE = """
UPDATE aggregates AS a SET version = n.version, state = n.state, last_event_at = n.at, correlation = n.correlation,
    traceparent = n.traceparent
FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::timestamptz[], $5::uuid[], $6::text[])
     AS n (id, version, state, at, correlation, traceparent)
WHERE a.id = n.id"""
_SWEEP = "DELETE FROM aggregates WHERE id = ANY($1::uuid[]) AND version = 0"


class Aggregate(NamedTuple, Generic[S]):
    """One application's state and what the envelope of its next event needs."""

    id: UUID
    version: int
    state: S
    last_event_at: datetime | None
    correlation: UUID | None
    traceparent: str | None = None
    """The span under which its last event was decided, if that was sampled."""


class Aggregates(Generic[S]):
    """Loads and saves the states of one service."""

    def __init__(self, initial: S) -> None:
        self._initial = initial
        self.decode = msgspec.json.Decoder(type(initial), dec_hook=_load_model).decode
        self._encode = msgspec.json.Encoder(enc_hook=_dump_model).encode

    async def lock(self, connection: Connection, ids: Iterable[UUID]) -> tuple[dict[UUID, Aggregate[S]], list[UUID]]:
        """Load these aggregates, and say which are unknown: to be placed or created. Known ones are locked in order.

        Invariant: whoever waits for an unknown one holds the locks of the known ones, never the other way round, and
        has updated none of them yet: `create` before `save`.
        """
        wanted = sorted(set(ids))
        found = {row[0]: self._load(*row) for row in await connection.fetch(_LOCK, wanted)}
        unknown = [id_ for id_ in wanted if id_ not in found]
        return found | {id_: Aggregate(id_, 0, self._initial, None, None) for id_ in unknown}, unknown

    async def place(self, connection: Connection, unknown: Sequence[UUID]) -> None:
        """Hold the locks of unknown aggregates by placeholders. Raises `OvertakenError` where one is known by now."""
        _refuse_overtaken(await connection.execute(_PLACE, unknown), unknown)

    async def create(self, connection: Connection, new: Sequence[Aggregate[S]]) -> None:
        """Write the first states of unknown aggregates. Raises `OvertakenError` where one is known by now."""
        _refuse_overtaken(await connection.execute(_CREATE, *self._columns(new)), new)

    async def save(self, connection: Connection, changed: Sequence[Aggregate[S]]) -> None:
        """Write the states that events changed, of aggregates that exist."""
        await connection.execute(_SAVE, *self._columns(changed))

    def _columns(self, aggregates: Sequence[Aggregate[S]]) -> tuple[list[Any], ...]:
        encode = self._encode
        return (
            [a.id for a in aggregates],
            [a.version for a in aggregates],
            [encode(a.state) for a in aggregates],
            [a.last_event_at for a in aggregates],
            [a.correlation for a in aggregates],
            [a.traceparent for a in aggregates],
        )

    async def sweep(self, connection: Connection, untouched: Sequence[UUID]) -> None:
        """Remove placeholders whose message led to nothing."""
        await connection.execute(_SWEEP, untouched)

    async def load(self, connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Aggregate[S]]:
        """Read aggregates without a lock, for workers and HTTP."""
        rows = await connection.fetch(_LOCK.replace("FOR UPDATE", ""), ids)
        return {row[0]: self._load(*row) for row in rows if row[1]}

    def _load(
        self, id_: UUID, version: int, state: bytes | None, at: datetime, correlation: UUID | None, traced: str | None
    ) -> Aggregate[S]:
        if state is None:
            return Aggregate(id_, 0, self._initial, None, None)
        return Aggregate(id_, version, self.decode(state), at, correlation, traced)


def _refuse_overtaken(status: str, rows: Sequence[object]) -> None:
    if status != f"INSERT 0 {len(rows)}":
        raise OvertakenError


def _dump_model(value: Any) -> Any:
    """States may hold parts of events as they are."""
    if isinstance(value, BaseModel):
        return value.__pydantic_serializer__.to_python(value, mode="json", exclude_none=True)
    raise NotImplementedError(f"a state cannot hold {type(value).__name__}")


def _load_model(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, BaseModel):
        return kind.__pydantic_validator__.validate_python(value)
    raise NotImplementedError(f"a state cannot hold {kind.__name__}")
