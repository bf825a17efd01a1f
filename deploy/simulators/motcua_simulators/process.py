"""A simulator as a process: its arguments, its quiet server, its exit with 0 on SIGTERM and SIGINT."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def arguments(simulator: str) -> argparse.ArgumentParser:
    """What every simulator is told at its start; each adds its own."""
    parser = argparse.ArgumentParser(prog=f"python -m motcua_simulators.{simulator}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="HTTP, the control API included")
    parser.add_argument("--ledger", type=Path, help="file (JSON lines) that keeps the ledger across restarts")
    return parser


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until a signal; nothing is printed but errors."""
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "without completing response" not in record.getMessage()
    )
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, log_level="error", access_log=False, timeout_graceful_shutdown=1
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and end there: uvicorn raises it again afterwards, which would look like a crash."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
