"""The toy as a process, with a route for commands; as a nursery it forks one life for each line of settings it reads.

A fork spares each life the second or two of imports, so that a test can afford to kill dozens of them. No life outlives
its nursery, and no nursery the test that started it.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from uuid import UUID, uuid4

from fastapi import APIRouter
from fastapi.responses import Response

from chassis.tests.toy import TOY, Settle, Toy, ToySettings, Yes
from motcua_chassis.http import Anyone, AtDesk, OptionalKey, idempotency, json_reply
from motcua_chassis.inputs import Command
from motcua_chassis.service import Service, run
from motcua_contracts import ApplicationSubmitted, Stream
from motcua_local.tether import tether

NURSERY = "--nursery"

SERIES = "BL26H29"

router = APIRouter()


@router.post("/settlements/{application}")
async def settle(desk: AtDesk, principal: Anyone, application: UUID, key: OptionalKey = None) -> Response:
    """Takes the next receipt number of the one series and answers with all that the application has."""
    command = Command(
        application,
        Settle(SERIES),
        uuid4(),
        reply=_receipts,
        idempotency=idempotency(principal, "settle", key, application.bytes),
    )
    return json_reply((await desk.submit(command)).reply)


def _receipts(state: Toy, _events: object) -> bytes:
    return json.dumps(state.receipts).encode()


def service(ledger: Path | None = None) -> Service[Toy]:
    adapters = [Yes(ledger)]
    return Service(Stream.IDENTITY, "Toy", TOY, reads=[ApplicationSubmitted], adapters=adapters, routers=[router])


def serve() -> None:
    settings = ToySettings()
    run(service(settings.toy_ledger), settings)


def nurse() -> None:
    """Fork a life for each line, and tell of each birth and end by a line, until nobody writes any more."""
    lives: set[int] = set()
    waiting = b""
    while True:
        if select.select([0], [], [], 0.02)[0]:
            read = os.read(0, 65_536)
            if not read:
                break
            *lines, waiting = (waiting + read).split(b"\n")
            lives |= {_give_birth(json.loads(line)) for line in lines}
        lives -= {pid for pid in lives if _ended(pid)}
    for pid in lives:
        os.kill(pid, signal.SIGKILL)


def _give_birth(settings: dict[str, str]) -> int:
    tie = tether(signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        tie()
        _live(settings)
    _tell(born=pid)
    return pid


def _live(settings: dict[str, str]) -> None:
    code = 1
    try:
        log = os.open(settings.pop("log"), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(ours, theirs)
        os.environ.update(settings)
        serve()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001  # it is told, and the fork must not return into the nursery
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int) -> bool:
    found, status = os.waitpid(pid, os.WNOHANG)
    if found:
        _tell(ended=pid, code=os.waitstatus_to_exitcode(status))
    return bool(found)


def _tell(**what: int) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    nurse() if NURSERY in sys.argv else serve()
