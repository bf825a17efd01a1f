"""Answers already given: the same request under the same idempotency key gets the same reply, decided once.

The row is written in the transaction that decides the command; refusals and faults leave none.
"""

from collections.abc import Sequence
from typing import NamedTuple

from motcua_chassis.database import Connection
from motcua_chassis.inputs import Command, IdempotencyKey, Outcome
from motcua_chassis.message import Refusal

_CLAIM = """
INSERT INTO commands (principal, route, key, body_hash)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS t (principal, route, key, body_hash)
ORDER BY principal, route, key ON CONFLICT DO NOTHING RETURNING principal, route, key"""
_STORED = """
SELECT principal, route, key, body_hash, reply FROM commands
WHERE (principal, route, key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))"""
_ANSWER = """
UPDATE commands AS c SET reply = n.reply
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS n (principal, route, key, reply)
WHERE (c.principal, c.route, c.key) = (n.principal, n.route, n.key)"""
_FORGET = """
DELETE FROM commands WHERE (principal, route, key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))"""

Name = tuple[str, str, str]


class Claimed(NamedTuple):
    """The commands to decide on, and the repetitions that wait for what these become."""

    fresh: list[Command]
    repeats: list[tuple[Command, Command]]


async def claim(connection: Connection, commands: Sequence[Command]) -> Claimed:
    """Reserve the keys; answers repetitions from the table. A claim waits for a rival transaction with the same key."""
    first: dict[Name, Command] = {}
    repeats = []
    for command in commands:
        if command.idempotency is not None:
            original = first.setdefault(_name(command.idempotency), command)
            if original is not command:
                repeats.append((command, original))
    if not first:
        return Claimed(list(commands), [])
    keys = [c.idempotency for c in first.values() if c.idempotency is not None]
    won = {tuple(row) for row in await connection.fetch(_CLAIM, *_columns(keys), [k.body_hash for k in keys])}
    lost = [c for c in commands if c.idempotency is not None and _name(c.idempotency) not in won]
    if lost:
        await _answer_from_table(connection, lost)
    answered = {id(command) for command in lost}
    repeats = [pair for pair in repeats if id(pair[0]) not in answered]
    answered |= {id(command) for command, _ in repeats}
    return Claimed([c for c in commands if id(c) not in answered], repeats)


async def settle(connection: Connection, decided: Sequence[Command]) -> None:
    """Store the replies of those that succeeded, release the keys of the others."""
    accepted: list[tuple[IdempotencyKey, bytes]] = []
    dropped: list[tuple[IdempotencyKey, bytes]] = []
    for command in decided:
        if command.idempotency is not None and command.outcome is not None:
            failed = command.outcome.refusal is not None or command.outcome.fault is not None
            (dropped if failed else accepted).append((command.idempotency, command.outcome.reply))
    if accepted:
        keys = [key for key, _ in accepted]
        await connection.execute(_ANSWER, *_columns(keys), [reply for _, reply in accepted])
    if dropped:
        await connection.execute(_FORGET, *_columns([key for key, _ in dropped]))


def answer_repeat(command: Command, original: Command) -> None:
    """Give a repetition within one batch what its original got."""
    same = (
        command.idempotency is not None
        and original.idempotency is not None
        and (command.idempotency.body_hash == original.idempotency.body_hash)
    )
    command.outcome = original.outcome if same else Outcome(refusal=_reused())


async def _answer_from_table(connection: Connection, lost: Sequence[Command]) -> None:
    keys = [command.idempotency for command in lost if command.idempotency is not None]
    stored = {(row[0], row[1], row[2]): (row[3], row[4]) for row in await connection.fetch(_STORED, *_columns(keys))}
    for command, key in zip(lost, keys, strict=True):
        body_hash, reply = stored[_name(key)]
        same = key.body_hash == body_hash
        command.outcome = Outcome(reply=reply or b"") if same else Outcome(refusal=_reused())


def _reused() -> Refusal:
    return Refusal("idempotency-key-reused", status=422)


def _name(key: IdempotencyKey) -> Name:
    return key.principal, key.route, key.key


def _columns(keys: Sequence[IdempotencyKey]) -> tuple[list[str], list[str], list[str]]:
    return [k.principal for k in keys], [k.route for k in keys], [k.key for k in keys]
