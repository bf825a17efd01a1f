"""Which failure means what: try the whole batch again, find the bad record, or a defect of ours.

Source: PostgreSQL error codes, appendix A. Only classes 22, 23 and 54 (larger than a limit) blame the data; everything
else that the database or the network says is answered by trying again, never by parking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import TypeVar

import asyncpg

T = TypeVar("T")


class Failure(Enum):
    """What to do about an exception that came out of a transaction."""

    TRANSIENT = "transient"
    DATA = "data"
    DEFECT = "defect"


class OvertakenError(Exception):
    """An application nobody knew has been made known by another transaction meanwhile: decide again, on that."""


_DATA_CLASSES = ("22", "23", "54")


def classify(error: BaseException) -> Failure:
    """Sort an exception raised inside the path's transaction."""
    if isinstance(error, asyncpg.PostgresError):
        return Failure.DATA if (error.sqlstate or "")[:2] in _DATA_CLASSES else Failure.TRANSIENT
    if isinstance(error, asyncpg.InterfaceError | OSError | asyncio.TimeoutError | asyncpg.InternalClientError):
        return Failure.DATA if isinstance(error, asyncpg.DataError) else Failure.TRANSIENT
    return Failure.TRANSIENT if isinstance(error, OvertakenError) else Failure.DEFECT


async def unless_overtaken(attempt: Callable[[], Awaitable[T]], overtaken: Callable[[], object] = lambda: None) -> T:
    """Again from the start when overtaken: each time at least one application more is known, so that it ends."""
    while True:
        try:
            return await attempt()
        except OvertakenError:
            overtaken()


class HaltedError(Exception):
    """Too many records were parked in a row for one reason: consuming stops until a person looks."""


class GapError(Exception):
    """A batch begins past what the database covers: records were passed over that it has never seen.

    `covered` says per partition where the database stands, `begins` where the batch does.
    """

    def __init__(self, covered: Mapping[tuple[str, int], int], begins: Mapping[tuple[str, int], int]) -> None:
        super().__init__(f"{len(covered)} partitions")
        self.covered, self.begins = covered, begins


class OverloadedError(Exception):
    """The command queue is full or the database is away: come back later."""
