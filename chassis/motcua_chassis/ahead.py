"""Notices that a service's topic knows events its database does not: a back-up older than the topic came back.

Asked at start, and by a relay whose session was lost: another database may have been put beneath a service at work.

Going on would publish other events under numbers that are taken. Invariant: the topic is read before the database, so
another replica at work never looks like a loss.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from math import inf
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import structlog
from aiokafka import ConsumerRecord

from motcua_chassis import contradictions
from motcua_chassis.batch import Projector
from motcua_chassis.codec import Incoming, Poison, Reader
from motcua_chassis.contradictions import ContradictionError
from motcua_chassis.log import describe
from motcua_chassis.message import Decider
from motcua_chassis.own_topic import OwnTopic
from motcua_chassis.rebuild import Rebuild, SequenceGapError
from motcua_chassis.replayable import own_events
from motcua_contracts import Stream

log = structlog.get_logger()

EXIT_CODE = 78
LAST_RECORDS = 500
"""Of each partition: what a database forgot is what was published last."""
PATIENCE = 5.0
"""Seconds for the comparison at start, before a service opens its HTTP door all the same."""
LONGEST = 60.0
"""Seconds for every other, and for one that may catch up; that itself takes what it takes."""
FRESH = 30.0
"""Seconds for which what was found at start is good enough for the relay's first session."""

_LATER = {"unknown-version", "bad-schema"}

_VERSIONS = "SELECT id, version FROM aggregates WHERE id = ANY($1::uuid[])"


class Missing(NamedTuple):
    """An application whose last event the database does not know."""

    application: UUID
    version: int
    published: int


class AheadError(Exception):
    """The topic is ahead of the database and nobody allowed to catch up, or it cannot be."""


class Comparison:
    """The topic of one service beside its database."""

    def __init__(
        self,
        stream: Stream,
        pool: asyncpg.Pool,
        brokers: Sequence[str],
        decider: Decider[Any],
        project: Projector,
        *,
        catch_up: bool,
        topic: Callable[[Sequence[str], str], OwnTopic] = OwnTopic,
    ) -> None:
        self._stream, self._pool = stream, pool
        self._topic = topic(brokers, stream.topic)
        self._rebuild = Rebuild(pool, decider, project)
        self._catch_up = catch_up
        self._reader: Reader = own_events(stream)
        self._found_at = -inf
        self._at_work = self._made = False

    async def at_start(self, stop: asyncio.Event) -> None:
        """Compare before anything is decided. With no broker to ask a service opens all the same, see `made`.

        Raises `AheadError`; returns early when told to stop.
        """
        patience = LONGEST if self._catch_up else PATIENCE
        asking, stopped = asyncio.create_task(self._compare(patience)), asyncio.create_task(stop.wait())
        await asyncio.wait([asking, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not asking.done():
            asking.cancel()
            await asyncio.wait([asking], timeout=2)
        elif isinstance(error := asking.exception(), AheadError):
            raise error
        elif error is not None:
            log.warning("service.topic-not-compared", topic=self._stream.topic, **describe(error))
        else:
            self._found_at = time.monotonic()
        self._at_work = True

    async def made(self) -> None:
        """Compare, unless that has succeeded once. Before, what comes from outside is neither read nor called.

        Raises `AheadError`, and what aiokafka raises without a broker.
        """
        if not self._made:
            await self._compare(LONGEST)

    async def insist(self) -> None:
        """Compare, unless that was done just now. Raises `AheadError`, and what aiokafka raises without a broker."""
        found_at, self._found_at = self._found_at, -inf
        if time.monotonic() - found_at > FRESH:
            await self._compare(LONGEST)

    async def _compare(self, patience: float) -> None:
        try:
            missing = await asyncio.wait_for(self._missing(), patience)
            if missing:
                await self._mend(missing)
        except ContradictionError as error:
            log.critical("service.topic-contradicts", code=str(error), topic=self._stream.topic)
            raise AheadError(str(error)) from None
        self._made = True

    async def _missing(self) -> list[Missing]:
        told: dict[tuple[UUID, int], UUID] = {}
        async for records in self._topic.last(LAST_RECORDS):
            for record in records:
                if self._may_be_ours(record):
                    _note(told, record)
        published: dict[UUID, int] = {}
        for application, sequence in told:
            published[application] = max(sequence, published.get(application, 0))
        async with self._pool.acquire() as connection:
            await contradictions.refuse(connection, self._stream.topic, told)
            known = {row[0]: row[1] for row in await connection.fetch(_VERSIONS, list(published))}
        return [
            Missing(id_, known.get(id_, 0), sequence)
            for id_, sequence in published.items()
            if sequence > known.get(id_, 0)
        ]

    def _may_be_ours(self, record: ConsumerRecord) -> bool:
        """No relay of ours wrote what cannot be read at all; what is only unheard of may be a later release's."""
        reading = self._reader.read(record)
        foreign = isinstance(reading, Poison) and reading.reason not in _LATER
        if foreign:
            log.error("service.foreign-record", topic=record.topic, partition=record.partition, offset=record.offset)
        return not foreign

    async def _mend(self, missing: Sequence[Missing]) -> None:
        example = missing[0]
        told = {
            "topic": self._stream.topic, "count": len(missing), "application": str(example.application),
            "version": example.version, "sequence": example.published,
        }  # fmt: skip
        if not self._catch_up or self._at_work:  # at work it decides on what it forgot; the next start catches up
            run = f"motcua-events rebuild {self._stream.value} --catch-up, or start with MOTCUA_CATCH_UP=true"
            log.critical("service.topic-ahead", code=run, **told)
            raise AheadError(f"{self._stream.topic} is ahead of the database: {run}")
        log.warning("service.catching-up", **told)
        try:
            folded = await self._fold()
        except ContradictionError:
            raise
        except (SequenceGapError, _UnreadableError) as error:
            log.critical("service.catch-up-failed", code=str(error), topic=self._stream.topic)
            raise AheadError(str(error)) from None
        except Exception as error:
            # What is folded stays; the next start goes on. To open on half of it would give its events numbers twice.
            log.critical("service.catch-up-interrupted", topic=self._stream.topic, **describe(error))
            raise AheadError("interrupted: start again") from error
        log.warning("service.caught-up", topic=self._stream.topic, events=folded, code="work is paused: release it")

    async def _fold(self) -> int:
        folded = 0
        async for events in self._everything():
            folded += (await self._rebuild.take(events)).folded
        return folded

    async def _everything(self) -> AsyncIterator[list[Incoming]]:
        async for records in self._topic.all():
            yield [self._read(record) for record in records]

    def _read(self, record: ConsumerRecord) -> Incoming:
        reading = self._reader.read(record)
        if not isinstance(reading, Incoming):
            reason = "unknown-type" if reading is None else reading.reason
            raise _UnreadableError(f"{record.topic}/{record.partition}/{record.offset}: {reason}")
        return reading


class _UnreadableError(Exception):
    """Something on the topic cannot be folded in."""


def _note(told: dict[tuple[UUID, int], UUID], record: ConsumerRecord) -> None:
    """What is not readable here is no event of ours."""
    headers = dict(record.headers)
    try:
        application, number = UUID((record.key or b"").decode()), int(headers.get("ce_sequence") or b"")
        told.setdefault((application, number), UUID((headers.get("ce_id") or b"").decode()))  # the first counts
    except ValueError:
        return
