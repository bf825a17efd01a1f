"""A stand-in for `motcua up` with the embedded parts only: holds them until it is told to stop."""

import asyncio
import sys

from motcua_local.broker import EmbeddedBroker
from motcua_local.postgres import EmbeddedPostgres
from motcua_local.processes import Supervisor
from motcua_local.scratch import ScratchDirectory
from motcua_local.signals import run_until_told


async def hold() -> int:
    with ScratchDirectory() as scratch:
        supervisor = Supervisor(scratch.folder("logs"))
        try:
            await EmbeddedPostgres.start(scratch.path / "postgres", supervisor)
            await EmbeddedBroker.start(supervisor)
            print("up", flush=True)  # noqa: T201
            await asyncio.Event().wait()
        finally:
            await supervisor.stop()
    return 0


sys.exit(run_until_told(hold()))
