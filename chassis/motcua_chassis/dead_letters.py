"""Records that could not be used, kept whole with their reason, and the records that wait behind them.

Invariant: while a record of (application, source) is parked, later ones of that pair are held, so that a repaired
record is still followed by its successors in order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec

from motcua_chassis.codec import StoredRecord
from motcua_chassis.database import Connection
from motcua_chassis.decisions import Pair
from motcua_chassis.inputs import Delivery

_OPEN = """
SELECT DISTINCT application, source FROM dead_letters
WHERE state IN ('parked', 'held') AND application = ANY($1::uuid[])"""
_ADD = """
INSERT INTO dead_letters
    (state, cluster, application, source, reason, detail, topic, partition, "offset", key, headers, body)
SELECT $1, $2, application, source, reason, detail, topic, partition, "offset", key, headers, body
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::bytea[],
            $11::bytea[], $12::bytea[]) WITH ORDINALITY
     AS added (application, source, reason, detail, topic, partition, "offset", key, headers, body, place)
ORDER BY place RETURNING id"""
_FIND = """
SELECT id, application, source, cluster, topic, partition, "offset", key, headers, body FROM dead_letters
WHERE id = $1 AND state IN ('parked', 'held')"""
_TAKE = """
SELECT EXISTS (
    SELECT 1 FROM dead_letters AS earlier
    WHERE earlier.application = d.application AND earlier.source IS NOT DISTINCT FROM d.source
      AND earlier.id < d.id AND earlier.state IN ('parked', 'held'))
FROM dead_letters AS d WHERE d.id = $1 AND d.state IN ('parked', 'held') FOR UPDATE OF d"""
_NEXT_HELD = """
SELECT id FROM dead_letters
WHERE application = $1 AND source IS NOT DISTINCT FROM $2 AND state = 'held' AND id > $3 ORDER BY id LIMIT 1"""
_MARK = """
UPDATE dead_letters SET state = $2, reason = coalesce($3, reason), detail = coalesce($4, detail),
    history = history ||
        jsonb_build_array(jsonb_build_object('at', $5::timestamptz, 'by', $6::text, 'action', $7::text))
WHERE id = $1"""

_EDIT = """
UPDATE dead_letters SET body = $2, history = history ||
    jsonb_build_array(jsonb_build_object('at', $3::timestamptz, 'by', $4::text, 'action', 'edit',
                                         'was', translate(encode(body, 'base64'), chr(10), '')))
WHERE id = $1 AND state IN ('parked', 'held') RETURNING true"""


Apart = tuple[Delivery, str, str]
"""A record with the code of its reason and what is wrong with it."""


class DeadLetter(NamedTuple):
    """A parked or held record."""

    id: int
    application: UUID | None
    source: str | None
    cluster: str
    record: StoredRecord


class Standing(Enum):
    """Whether a dead letter can be dealt with now."""

    CLOSED = "closed"
    WAITS = "waits"
    """An earlier record of its application and source is still open."""
    FIRST = "first"


async def open_pairs(connection: Connection, applications: Iterable[UUID]) -> set[Pair]:
    """The (application, source) pairs with parked or held records, among these applications."""
    return {(row[0], row[1]) for row in await connection.fetch(_OPEN, list(applications))}


async def park(connection: Connection, cluster: str, parked: Sequence[Apart]) -> list[int]:
    """Keep records with their reason; returns their ids, which rise with the order of the records."""
    return await _add(connection, "parked", cluster, parked)


async def hold(connection: Connection, cluster: str, held: Sequence[Delivery]) -> None:
    """Queue records behind a parked one of their application and source."""
    behind = [(item, "behind-parked", "waits for an earlier record of its application") for item in held]
    await _add(connection, "held", cluster, behind)


async def find(connection: Connection, id_: int) -> DeadLetter | None:
    """Read an open dead letter; None where there is none of this id."""
    row = await connection.fetchrow(_FIND, id_)
    if row is None:
        return None
    headers = msgspec.msgpack.decode(row[8], type=list[tuple[str, bytes | None]])
    record = StoredRecord(row[4], row[5], row[6], row[7], row[9], headers)
    return DeadLetter(row[0], row[1], row[2], row[3], record)


async def take(connection: Connection, id_: int) -> Standing:
    """Lock a dead letter; the caller holds its application, so that none is added or released meanwhile."""
    waits: bool | None = await connection.fetchval(_TAKE, id_)
    return Standing.CLOSED if waits is None else Standing.WAITS if waits else Standing.FIRST


async def next_held(connection: Connection, letter: DeadLetter) -> int | None:
    """The record that waits directly behind this one."""
    if letter.application is None:
        return None
    found: int | None = await connection.fetchval(_NEXT_HELD, letter.application, letter.source, letter.id)
    return found


async def mark(
    connection: Connection,
    id_: int,
    state: str,
    *,
    now: datetime,
    by: str,
    action: str,
    reason: str | None = None,
    detail: str | None = None,
) -> None:
    """Note what was done with a dead letter, by whom and when."""
    await connection.execute(_MARK, id_, state, reason, detail, now, by, action)


async def edit(connection: Connection, id_: int, body: bytes, *, now: datetime, by: str) -> bool:
    """Replace the body of an open dead letter, the old one kept in its history; whether there was one."""
    return bool(await connection.fetchval(_EDIT, id_, body, now, by))


async def _add(connection: Connection, state: str, cluster: str, apart: Sequence[Apart]) -> list[int]:
    if not apart:
        return []
    rows = [
        (
            item.application, item.source, reason, detail, item.record.topic, item.record.partition,
            item.record.offset, item.record.key, _packed(item.record.headers), item.record.value,
        )
        for item, reason, detail in apart
    ]  # fmt: skip
    return [row[0] for row in await connection.fetch(_ADD, state, cluster, *zip(*rows, strict=True))]


def _packed(headers: Iterable[tuple[str, bytes | None]]) -> bytes:
    return msgspec.msgpack.encode([(_plain(name), value) for name, value in headers])


def _plain(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
