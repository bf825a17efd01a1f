"""Waits for several things at once: until a question is answered with yes, until all parts are done."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def comes_true(question: Callable[[], Awaitable[bool]], deadline: float, pause: float = 0.05) -> bool:
    """Whether the question was answered with yes within `deadline` seconds; a question that hangs is cut off."""
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            while True:
                if await question():
                    return True
                await asyncio.sleep(pause)
    return False


async def together(*parts: Coroutine[Any, Any, T]) -> list[T]:
    """Run all; when one fails the others are cancelled, and its own error is raised rather than a group."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
