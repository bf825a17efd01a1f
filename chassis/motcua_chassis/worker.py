"""Does the outside work: claims due rows with a lease, calls outside of any transaction, feeds the answer back.

An adapter declares what the other side can do. An attempt whose end nobody saw is repeated only where that is safe;
otherwise it becomes `Exhausted(uncertain=True)` and a person decides.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from math import inf
from typing import Any, Generic, Protocol, TypeVar

import asyncpg
import msgspec
import structlog

from motcua_chassis import work
from motcua_chassis.backoff import Backoff, pause
from motcua_chassis.breaker import Breaker
from motcua_chassis.crash_points import reach
from motcua_chassis.door import Door
from motcua_chassis.failures import OverloadedError
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Answer, Outcome
from motcua_chassis.log import describe
from motcua_chassis.message import Exhausted, Timer
from motcua_chassis.metrics import Metrics
from motcua_chassis.span import Kind, Span, current
from motcua_chassis.traces import Traces
from motcua_chassis.work import Claim

S = TypeVar("S")
log = structlog.get_logger()

POLL_SECONDS = 1.0
LEASE_MARGIN = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds between attempts: doubled from the first to the longest."""


class NotDoneError(Exception):
    """The call certainly had no effect (refused connection, temporary rejection): safe to try again."""


class Repeatable(Enum):
    """What the other side can do about a call that may already have taken effect."""

    IDEMPOTENT = "idempotent"
    """It knows our key: call again."""
    QUERYABLE = "queryable"
    """It can be asked: the adapter asks first when `Task.uncertain`."""
    NEITHER = "neither"
    """Nobody can tell: never repeat."""


class Task(msgspec.Struct, frozen=True):
    """One call to make."""

    application: Any
    key: str
    state: Any
    attempt: int
    uncertain: bool

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this work."""
        return f"{self.application}:{self.key}"


class Adapter(Protocol):
    """One kind of outside call. `call` returns the body of the answer that `decide` will see."""

    kind: str
    repeatable: Repeatable
    timeout: float
    """Seconds one call may take."""
    attempts: int
    """The retry budget; then `decide` sees `Exhausted`."""
    longest_pause: float = LONGEST_PAUSE
    """Seconds between two attempts at the most: what an outage that is over may still cost."""

    async def call(self, task: Task) -> Any:
        """Raises `NotDoneError` if it certainly had no effect; any other exception leaves that open."""

    async def close(self) -> None:
        """Let go of connections."""


class Worker(Generic[S]):
    """Runs the due rows of one kind of work; without an adapter, of the timers."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        door: Door[S],
        metrics: Metrics,
        decode_state: Callable[[bytes], S],
        kinds: list[str],
        adapter: Adapter | None,
        *,
        concurrency: int = 64,
        traces: Traces | None = None,
    ) -> None:
        self._pool = pool
        self._door = door
        self._metrics = metrics
        self._decode_state = decode_state
        self.kinds = kinds
        self._adapter = adapter
        self._concurrency = concurrency
        self._traces = traces
        self._longest_pause = adapter.longest_pause if adapter else LONGEST_PAUSE
        self._lease = timedelta(seconds=(adapter.timeout if adapter else 30.0) + LEASE_MARGIN)
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self.breaker = Breaker()
        self.beat = inf  # nobody expects one before it runs

    def wake(self) -> None:
        """Look for due rows now."""
        self._wake.set()

    async def run(self) -> None:
        """Claim and start calls until `stop`."""
        while not self._stopping:
            self.beat = time.monotonic()
            self._wake.clear()
            started = 0
            try:
                started = await self._start_due()
            except Exception as error:  # noqa: BLE001  # the database may be away; the rows wait
                log.warning("work.claim-failed", kind=self.kinds[0], **describe(error))
            if not started:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def stop(self, grace: float) -> None:
        """Start nothing new and let calls end; those that do not in time keep their lease until it lapses."""
        self._stopping = True
        self._wake.set()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
        if self._adapter is not None:
            await self._adapter.close()

    async def _start_due(self) -> int:
        room = self.breaker.room(self._concurrency - len(self._running))
        if self._adapter is not None:
            self._metrics.breaker.labels(self._adapter.kind).set(self.breaker.open)
        if room <= 0:
            return 0
        async with self._pool.acquire(timeout=10) as connection:
            claims = await work.claim(connection, self.kinds, room, self._lease)
        reach("worker.after-claim")
        for claim in claims:
            trial = self.breaker.started()  # here, not in the task: it takes the only place before the next look
            task = asyncio.create_task(self._do(claim, trial=trial))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(claims)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _do(self, claim: Claim, *, trial: bool) -> None:
        adapter = self._adapter
        try:
            if adapter is None:
                await self._answer(claim, Timer(claim.key, claim.kind))
            elif claim.uncertain and adapter.repeatable is Repeatable.NEITHER:
                self.breaker.unused()
                await self._answer(claim, Exhausted(claim.key, claim.kind, uncertain=True))
            else:
                await self._call(claim, adapter, trial=trial)
        except Exception as error:  # noqa: BLE001  # a defect of ours; the lease lapses and the row comes up again
            self.breaker.unused()
            log.error(  # noqa: TRY400  # exceptions' texts stay out of the log
                "work.raised", kind=claim.kind, application=str(claim.application), **describe(error)
            )

    async def _call(self, claim: Claim, adapter: Adapter, *, trial: bool) -> None:
        task = Task(claim.application, claim.key, self._decode_state(claim.state), claim.attempts, claim.uncertain)
        claim, span = self._traced(claim, adapter)
        started = time.perf_counter()
        try:
            body = await asyncio.wait_for(adapter.call(task), adapter.timeout)
        except NotDoneError as error:
            self._count(adapter, "not-done", started, span)
            await self._again(claim, adapter, error, uncertain=claim.uncertain, trial=trial)
        except Exception as error:  # noqa: BLE001  # whatever it was, the call may have taken effect
            self._count(adapter, "uncertain", started, span)
            await self._again(claim, adapter, error, uncertain=True, trial=trial)
        else:
            self._count(adapter, "answered", started, span)
            self.breaker.succeeded()
            reach("worker.after-call")
            await self._answer(claim, body)
            reach("worker.after-answer")

    def _traced(self, claim: Claim, adapter: Adapter) -> tuple[Claim, Span | None]:
        """The claim under the span of its call, which then also stands in the log lines of this task."""
        if self._traces is None:
            return claim, None
        span = self._traces.follow(claim.traceparent, f"call {adapter.kind}", Kind.CLIENT)
        if span is None:
            return claim, None
        span.attributes |= {"motcua.application": str(claim.application), "motcua.attempt": claim.attempts}
        current.set(span)
        return claim._replace(traceparent=span.traceparent), span

    def _count(self, adapter: Adapter, outcome: str, started: float, span: Span | None) -> None:
        self._metrics.calls.labels(adapter.kind, outcome).inc()
        self._metrics.call_seconds.labels(adapter.kind).observe(time.perf_counter() - started)
        if self._traces is not None and span is not None:
            self._traces.end([span], error=None if outcome == "answered" else outcome)

    async def _again(self, claim: Claim, adapter: Adapter, error: Exception, *, uncertain: bool, trial: bool) -> None:
        """Back to its row, or to `decide` when the budget is spent.

        A call that was on its way when others opened the breaker says nothing new and costs nothing. A trial costs its
        row an attempt: else no budget would ever end while the other side is down for good, and nobody would be told.
        """
        log.warning("work.failed", kind=claim.kind, application=str(claim.application), **describe(error))
        counts = trial or not self.breaker.open
        self.breaker.failed()
        lost = uncertain and adapter.repeatable is Repeatable.NEITHER
        if lost or (counts and claim.attempts >= adapter.attempts):
            await self._answer(claim, Exhausted(claim.key, claim.kind, uncertain=uncertain))
        else:
            await self._release(claim, error, uncertain=uncertain, counts=counts)

    async def _answer(self, claim: Claim, body: Any) -> None:
        cause = name_id(str(claim.application), claim.key, str(claim.lease))
        answer = Answer(claim.application, claim.key, claim.lease, body, cause, claim.traceparent or "")
        outcome = await self._store(answer)
        if outcome is not None and outcome.fault is not None:
            log.error(
                "work.answer-raised", kind=claim.kind, application=str(claim.application), **describe(outcome.fault)
            )
            await self._release(claim, outcome.fault, uncertain=True)

    async def _store(self, answer: Answer) -> Outcome | None:
        """Insist while the lease stands: an answer that is lost makes a call that succeeded look uncertain."""
        deadline = time.monotonic() + self._lease.total_seconds() - 1
        backoff = Backoff(0.1, 2.0)
        while time.monotonic() < deadline:
            try:
                return await self._door.submit(answer)
            except OverloadedError as error:
                log.warning("work.answer-waits", kind=self.kinds[0], **describe(error))
                await asyncio.sleep(backoff.next())
        return None

    async def _release(self, claim: Claim, error: Exception, *, uncertain: bool, counts: bool = True) -> None:
        after = pause(FIRST_PAUSE, self._longest_pause, claim.attempts)
        with suppress(Exception):  # the lease lapses by itself
            async with self._pool.acquire(timeout=10) as connection:
                name = type(error).__name__
                await work.release(
                    connection, claim, after=after, uncertain=uncertain, error=name, attempt_counts=counts
                )
