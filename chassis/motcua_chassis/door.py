"""The group-commit queue: commands and answers that arrive within a few milliseconds share one transaction."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

import structlog

from motcua_chassis.backoff import Backoff
from motcua_chassis.failures import Failure, OverloadedError, classify
from motcua_chassis.inputs import Answer, Command, Outcome
from motcua_chassis.log import describe
from motcua_chassis.path import Path

S = TypeVar("S")
log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds a command waits for the database before its caller is told to come back."""


class Door(Generic[S]):
    """Feeds commands and answers into the path, many at a time."""

    def __init__(self, path: Path[S], *, window: float = 0.002, limit: int = 2_000, batch: int = 500) -> None:
        self._path = path
        self._window, self._limit, self._batch = window, limit, batch
        self._queue: deque[tuple[Command | Answer, asyncio.Future[Outcome]]] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    async def submit(self, item: Command | Answer) -> Outcome:
        """Wait for the transaction that takes this input; returns what became of it.

        Raises `OverloadedError` when the queue is full, the service stops, or the database stays away.
        """
        if self._closed or len(self._queue) >= self._limit:
            raise OverloadedError("the queue is full or the service is stopping")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        self._arrived.set()
        return await future

    async def run(self) -> None:
        """Take batches until `close` has been called and the queue is empty."""
        while not (self._closed and not self._queue):
            await self._arrived.wait()
            if len(self._queue) < self._batch and not self._closed:
                await asyncio.sleep(self._window)
            taken = [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]
            if not self._queue and not self._closed:
                self._arrived.clear()
            if taken:
                await self._decide(taken)

    def close(self) -> None:
        """Refuse new inputs; those already queued are still decided."""
        self._closed = True
        self._arrived.set()

    async def _decide(self, taken: list[tuple[Command | Answer, asyncio.Future[Outcome]]]) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        backoff = Backoff(0.05, 1.0)
        while True:
            waiting = [(item, future) for item, future in taken if not future.done()]
            try:
                await self._path.decide([item for item, _ in waiting])
            except Exception as error:  # noqa: BLE001
                log.warning("door.retrying", commands=len(waiting), **describe(error))
                late = asyncio.get_running_loop().time() > deadline
                if late or classify(error) is not Failure.TRANSIENT:
                    _fail(waiting, error)
                    return
                await asyncio.sleep(backoff.next())
            else:
                for item, future in waiting:
                    if not future.done():
                        future.set_result(item.outcome or Outcome(fault=RuntimeError("left undecided")))
                return


def _fail(waiting: list[tuple[Command | Answer, asyncio.Future[Outcome]]], error: Exception) -> None:
    transient = classify(error) is Failure.TRANSIENT
    for _, future in waiting:
        if not future.done():
            future.set_exception(OverloadedError("the database is away") if transient else error)
