"""Keys of a person who steers a replay: single keys from a terminal, letters from anything else.

Invariant: a terminal is given back as it was found.
"""

import asyncio
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import IO, Any


class Key(StrEnum):
    """What a key asks for."""

    STEP = "step"
    PAUSE = "pause"
    QUIT = "quit"


_MEANINGS = {"s": Key.STEP, "\n": Key.STEP, "\r": Key.STEP, " ": Key.PAUSE, "p": Key.PAUSE, "q": Key.QUIT}
EXPLAINED = "space: pause and go on · s or Enter: one event · q: stop"


@contextmanager
def keys(source: IO[str] | None = None) -> Iterator[asyncio.Queue[Key]]:
    """A queue that fills as keys are pressed; the end of the input is `QUIT`."""
    stream = source or sys.stdin
    queue: asyncio.Queue[Key] = asyncio.Queue()
    before = _take_over(stream)
    # A thread, for not everything that stands in for a terminal can be polled; it dies with the process.
    threading.Thread(target=_listen, args=(stream, queue, asyncio.get_running_loop()), daemon=True).start()
    try:
        yield queue
    finally:
        if before is not None:
            termios.tcsetattr(stream.fileno(), termios.TCSADRAIN, before)


def _take_over(stream: IO[str]) -> list[Any] | None:
    if not stream.isatty():
        return None
    before = termios.tcgetattr(stream.fileno())
    tty.setcbreak(stream.fileno())  # keys without Enter; Ctrl-C still works
    return before


def _listen(stream: IO[str], queue: asyncio.Queue[Key], loop: asyncio.AbstractEventLoop) -> None:
    try:
        while letter := stream.read(1):
            if meaning := _MEANINGS.get(letter):
                loop.call_soon_threadsafe(queue.put_nowait, meaning)
        loop.call_soon_threadsafe(queue.put_nowait, Key.QUIT)
    except (RuntimeError, ValueError, OSError):
        return  # the replay is over
