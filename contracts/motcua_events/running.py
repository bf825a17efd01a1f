"""Runs what a command does: signals end it in order, and what goes wrong is one message on stderr and an exit code.

0: done. 1: faults were found. 2: it could not be done. 3: stopped before the end by a key. 130: by Ctrl-C or SIGTERM.
"""

import asyncio
import gc
import logging
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any

import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from motcua_events.failure import ToolError

FAULTS, FAILED, STOPPED, INTERRUPTED = 1, 2, 3, 130


def run(command: Coroutine[Any, Any, int]) -> None:
    """Run to the end and exit with its code."""
    _collect_seldom()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it arrives as an exception
    try:
        code = asyncio.run(_guarded(command))
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = INTERRUPTED
    except ToolError as failure:
        _say(str(failure))
        code = FAILED
    except KafkaError as failure:
        _say(f"Kafka: {str(failure) or type(failure).__name__}")
        code = FAILED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us, as `head`, has enough
        code = 0
    except OSError as failure:
        _say(f"{failure.filename or 'system'}: {failure.strerror or failure}")
        code = FAILED
    raise typer.Exit(code)


def _collect_seldom() -> None:
    """Records are many small tuples without cycles: looking through them again and again takes half the time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


async def _guarded(command: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    if task is not None and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command


def _say(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)
