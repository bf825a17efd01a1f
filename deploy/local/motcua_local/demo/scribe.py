"""Records what the four services said in a run, with the tool that testers use, and says how to go on with it.

Invariant: a directory that holds anything is refused before the run begins, not after it.
"""

from collections.abc import Mapping
from pathlib import Path

from aiokafka.errors import KafkaError
from rich.console import Console

from motcua_chassis.event_commands.target import opened
from motcua_chassis.rebuild import state_hash
from motcua_events.cluster import Cluster, Security
from motcua_events.commands.record import record_topics
from motcua_events.failure import ToolError
from motcua_events.options import EVENT_TOPICS
from motcua_local.access import Access
from motcua_local.apache.rights import OBSERVER
from motcua_local.processes import ProgramFailedError
from motcua_local.system import System
from motcua_local.wiring import SERVICES

_SETTING = "MOTCUA_"


class Scribe:
    """Keeps the record of one run in a directory of its own. Raises `ProgramFailedError` where there is no room."""

    def __init__(self, directory: Path, waits: Mapping[str, Mapping[str, str]]) -> None:
        """`waits`: settings of each service that the run was played under, and has to be rehearsed under."""
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise ProgramFailedError(f"--record {directory}: is there already: choose a directory that is new or empty")
        self._directory, self._waits = directory, waits
        self._lines: list[str] = []

    async def keep(self, system: System) -> None:
        """Record all topics, and note what the databases came to. Raises `ProgramFailedError`."""
        try:
            await record_topics(cluster_of(system.broker.access(OBSERVER)), self._directory, EVENT_TOPICS)
            self._lines = [await self._told(name, system.dsn(name)) for name in SERVICES]
        except (ToolError, KafkaError, OSError) as fault:
            raise ProgramFailedError(f"--record {self._directory}: {fault}") from None

    def show(self, console: Console) -> None:
        """Say where the recording is, and how to go on with it."""
        lines = [f"recorded in {self._directory}", *self._lines]
        console.print("\n".join(lines), highlight=False, soft_wrap=True, markup=False)

    async def _told(self, service: str, dsn: str) -> str:
        async with opened(dsn) as pool:
            digest, applications = await state_hash(pool)
        given = [f"--with {_name(key)}={value}" for key, value in self._waits.get(service, {}).items()]
        again = " ".join(["motcua-events rehearse", service, str(self._directory), *given])
        return f"{service}: {applications:,} applications, state hash {digest}; ask its rules again: {again}"


def cluster_of(access: Access) -> Cluster:
    """A way in as `motcua-events` takes it."""
    security = Security.PLAINTEXT if access.authority is None else Security.SSL
    return Cluster(
        access.address, security if access.username is None else Security.SASL_SSL,
        username=access.username, password=access.password, authority=access.authority, certificate=access.certificate,
    )  # fmt: skip


def _name(setting: str) -> str:
    """`MOTCUA_PAYMENT_WINDOW` -> `payment-window`, as `rehearse --with` calls it."""
    return setting.removeprefix(_SETTING).lower().replace("_", "-")
