"""Runs a command until it ends or is told to: the first SIGINT, SIGTERM or SIGHUP cancels it, later ones wait.

Cancelled, the command cleans up in full; an impatient second Ctrl-C cannot cut that short.
"""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_told(command: Coroutine[Any, Any, int], when_told: int | None = None) -> int:
    """Return the command's exit code; if a signal ended it `when_told`, or else 128 + that signal."""
    return asyncio.run(_guard(command, when_told))


async def _guard(command: Coroutine[Any, Any, int], when_told: int | None) -> int:
    task = asyncio.create_task(command)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            received.append(number)
            task.cancel()

    for number in _STOP:
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0] if when_told is None else when_told
