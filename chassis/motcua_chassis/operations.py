"""The operator's door: dead letters, paused work, a halted consumer. Every action is recorded with who and when."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from motcua_chassis import problems, work
from motcua_chassis.database import Connection, transaction
from motcua_chassis.http import AtDesk, Operator
from motcua_chassis.problems import ProblemError

router = APIRouter(prefix="/operations", tags=["operations"])

_COLUMNS = 'id, state, application, source, reason, detail, topic, partition, "offset", parked_at'
_PAGE = f"""
SELECT {_COLUMNS} FROM dead_letters
WHERE id > $1 AND state = ANY($2::text[]) AND ($3::text IS NULL OR reason = $3) AND ($4::text IS NULL OR source = $4)
  AND ($5::uuid IS NULL OR application = $5)
ORDER BY id LIMIT $6"""  # noqa: S608  # names of columns
_ONE = f"SELECT {_COLUMNS}, cluster, key, headers, body, history FROM dead_letters WHERE id = $1"  # noqa: S608
_BEHIND = """
SELECT b.id FROM dead_letters AS b JOIN dead_letters AS d ON d.id = $1
WHERE b.application = d.application AND b.source IS NOT DISTINCT FROM d.source AND b.id > d.id AND b.state = 'held'
ORDER BY b.id"""
_ACTED = "INSERT INTO operator_actions (at, by, action, count) VALUES (now(), $1, $2, $3)"


class State(StrEnum):
    """Which dead letters; `open` are those that are parked or held."""

    OPEN = "open"
    PARKED = "parked"
    HELD = "held"
    RETRIED = "retried"
    DISCARDED = "discarded"


class Letter(BaseModel):
    """A record that could not be used."""

    id: int
    state: str
    application: UUID | None
    source: str | None
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    parked_at: datetime


class WholeLetter(Letter):
    """The same with everything that is known of it."""

    cluster: str
    key: str | None = Field(description="base64")
    headers: list[tuple[str, str | None]] = Field(description="Values in base64")
    body: str | None = Field(description="base64")
    history: list[dict[str, Any]] = Field(description="at, by, action; an edit with what the body `was`")
    behind: list[int] = Field(description="Held records that follow once this one is dealt with")


def _base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return value


class NewBody(BaseModel):
    """What stands in the place of a body that could not be used."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, AfterValidator(_base64), Field(max_length=1_400_000, description="base64", examples=["e30="])]


LetterId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Reason = Annotated[str | None, Query(max_length=100, pattern=r"^[!-~]*$", description="such as bad-schema")]
Source = Annotated[str | None, Query(max_length=200, pattern=r"^[!-~]*$", description="such as /motcua/intake")]


@router.get("/dead-letters", summary="Parked and held records", responses=problems.documented())
async def dead_letters(
    desk: AtDesk,
    _operator: Operator,
    state: State = State.OPEN,
    reason: Reason = None,
    source: Source = None,
    application: UUID | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Last id of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Letter]:
    """The oldest first, without their bodies."""
    states = ["parked", "held"] if state is State.OPEN else [state.value]
    rows = await desk.pool.fetch(_PAGE, after, states, reason, source, application, limit)
    return [Letter.model_validate(dict(row)) for row in rows]


@router.get("/dead-letters/{id_}", summary="One record, whole", responses=problems.documented(404))
async def dead_letter(desk: AtDesk, id_: LetterId, _operator: Operator) -> WholeLetter:
    """With reason, origin, bytes, history, and what waits behind it."""
    row = await desk.pool.fetchrow(_ONE, id_)
    if row is None:
        raise ProblemError("not-found", 404)
    behind = [each[0] for each in await desk.pool.fetch(_BEHIND, id_)]
    headers = msgspec.msgpack.decode(row["headers"], type=list[tuple[str, bytes | None]])
    told = dict(row) | {
        "key": _encoded(row["key"]),
        "headers": [(name, _encoded(value)) for name, value in headers],
        "body": _encoded(row["body"]),
        "history": msgspec.json.decode(row["history"]),
        "behind": behind,
    }
    return WholeLetter.model_validate(told)


def _encoded(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


@router.post("/dead-letters/{id_}/retry", summary="Send a record again", responses=problems.documented(404))
async def retry(request: Request, id_: LetterId, operator: Operator) -> dict[str, str]:
    """Takes the record through the path again and releases those behind it, in order; one that is `held` waits."""
    return _verdict(await request.app.state.repair.retry(id_, str(operator.subject)))


@router.post("/dead-letters/{id_}/edit", summary="Replace a record's body", responses=problems.documented(404))
async def edit(request: Request, id_: LetterId, new: NewBody, operator: Operator) -> dict[str, str]:
    """Keeps the old body in the history. Nothing is sent: `retry` does. `reading` says how the new one reads."""
    body = base64.b64decode(new.body)
    reading: str = await request.app.state.repair.edit(id_, str(operator.subject), body)
    return {"verdict": "edited", "reading": reading} if reading != "unknown" else _verdict(reading)


@router.post("/dead-letters/{id_}/discard", summary="Give a record up", responses=problems.documented(404))
async def discard(request: Request, id_: LetterId, operator: Operator) -> dict[str, str]:
    """Discards the record and releases those behind it, in order."""
    return _verdict(await request.app.state.repair.discard(id_, str(operator.subject)))


@router.post("/work/release", summary="Let paused work go", responses=problems.documented())
async def release_work(request: Request, desk: AtDesk, operator: Operator) -> Mapping[str, int]:
    """A rebuilt service holds its outside calls and timers back until here."""
    async with transaction(desk.pool) as connection:
        released = await work.release_paused(connection)
        await _note(connection, str(operator.subject), "release-work", released)
    request.app.state.wake()
    return {"released": released}


@router.post("/resume", summary="Consume again after a halt", responses=problems.documented())
async def resume(request: Request, desk: AtDesk, operator: Operator) -> dict[str, bool]:
    """Lets records be parked without limit for a minute, and takes up consuming."""
    async with transaction(desk.pool) as connection:
        await _note(connection, str(operator.subject), "resume", 0)
    request.app.state.resume()
    return {"resumed": True}


async def _note(connection: Connection, by: str, action: str, count: int) -> None:
    await connection.execute(_ACTED, by, action, count)


def _verdict(verdict: str) -> dict[str, str]:
    if verdict == "unknown":
        raise ProblemError("not-found", 404)
    return {"verdict": verdict}
