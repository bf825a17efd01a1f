"""Waits for what the outside owes a service: insists at its start, gives up soon at its end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncpg
import structlog

from motcua_chassis.backoff import Backoff
from motcua_chassis.log import describe

T = TypeVar("T")
log = structlog.get_logger()


class StopAskedError(Exception):
    """A signal came before the service had started."""


async def insist(
    what: str,
    attempt: Callable[[], Coroutine[Any, Any, T]],
    stop: asyncio.Event,
    *,
    final: tuple[type[Exception], ...] = (),
) -> T:
    """Try until it works: at start-up the database and the broker may still be on their way.

    Raises `StopAskedError` as soon as asked to stop, for an attempt at a broker that hangs may never end, and what is
    `final`.
    """
    backoff = Backoff(0.2, 5.0)
    asked, trying = asyncio.create_task(stop.wait()), None
    try:
        while True:
            trying = asyncio.create_task(attempt())
            await asyncio.wait([trying, asked], return_when=asyncio.FIRST_COMPLETED)
            if not trying.done():
                trying.cancel()
                await asyncio.wait([trying], timeout=2)
            elif (error := trying.exception()) is None:
                return trying.result()
            elif isinstance(error, final):
                raise error
            else:
                wait = backoff.next()
                log.warning("service.waiting", code=what, retry_in=round(wait, 2), **describe(error))
                await asyncio.wait([asked], timeout=wait)
            if asked.done():
                raise StopAskedError
    finally:
        asked.cancel()
        if trying is not None:
            trying.cancel()


async def within(seconds: float, what: Any) -> None:
    """Wait so long and no longer; what fails is logged, for closing goes on whatever one part says."""
    try:
        await asyncio.wait_for(what, seconds)
    except Exception as error:  # noqa: BLE001
        log.warning("service.close-failed", **describe(error))


async def close_pool(pool: asyncpg.Pool) -> None:
    """Close connections, by force if they do not end by themselves."""
    try:
        await asyncio.wait_for(pool.close(), 5)
    except (TimeoutError, OSError, asyncpg.InterfaceError):
        pool.terminate()
