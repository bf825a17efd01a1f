"""Apache Kafka as supervised children: one broker or three, each a controller too. What dies is started again.

Its records outlive its processes, and its run too where its folder is kept.
"""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from motcua_contracts.tools.topics import TopicSpec
from motcua_local.access import Access
from motcua_local.answering import answers_within
from motcua_local.apache.administration import grant
from motcua_local.apache.artefacts import install
from motcua_local.apache.certificates import Certificates, make_certificates
from motcua_local.apache.configuration import HOST, Node, properties
from motcua_local.apache.installation import Installation, NotToBeHadError
from motcua_local.apache.nodes import OtherClusterError, lay_out, write_properties
from motcua_local.apache.rights import principals, rights
from motcua_local.processes import Program, ProgramFailedError, Supervisor


@dataclass(frozen=True)
class ApacheOptions:
    """What a cluster may choose."""

    brokers: int = 1
    secured: bool = False
    """SASL and TLS, a user and rights for everybody whom the topics name; else open to this machine."""
    join_delay_ms: int = 0
    """How long a group that was empty waits for further members."""


@dataclass(frozen=True)
class ApacheKafka:
    """A cluster that answers."""

    supervisor: Supervisor
    nodes: Sequence[Node]
    administrator: Access
    passwords: Mapping[str, str]
    programs: Sequence[Program]

    @property
    def address(self) -> str:
        return ",".join(f"{HOST}:{node.clients}" for node in self.nodes)

    @property
    def names(self) -> list[str]:
        """Of its processes: `broker`, or `broker-1` to `broker-3`."""
        return [program.name for program in self.programs]

    @property
    def pid(self) -> int:
        return self.supervisor.pid(self.names[0])

    @property
    def brokers(self) -> int:
        return len(self.nodes)

    def access(self, principal: str) -> Access:
        """The way in of one whom the topics name."""
        if not self.passwords:
            return Access(self.address)
        return Access(self.address, principal, self.passwords[principal], self.administrator.authority)

    async def stop(self) -> None:
        await self.supervisor.stop(*self.names)

    async def start_again(self, deadline: float = 90.0) -> None:
        """Start what was stopped, at the same address; its records are there."""
        for program in self.programs:
            if not self.supervisor.running(program.name):
                await self.supervisor.start(program)
        await self.wait_ready(deadline)

    async def wait_ready(self, deadline: float = 90.0) -> None:
        """Wait until every broker is in."""
        if not await answers_within(self.administrator, deadline, self.brokers):
            told = "\n\n".join(f"{name}:\n{self.supervisor.tail(name)}" for name in self.names)
            raise ProgramFailedError(f"Apache Kafka is not ready after {deadline:.0f} s:\n{told}")

    @classmethod
    async def start(
        cls, supervisor: Supervisor, folder: Path, options: ApacheOptions, topics: Iterable[TopicSpec] = ()
    ) -> "ApacheKafka":
        """Start it and let in whom the topics name; what the folder holds of an earlier run is there again."""
        try:
            installation = await asyncio.to_thread(install)
            nodes = lay_out(folder, options.brokers, installation.template)
        except (NotToBeHadError, OtherClusterError) as reason:
            raise ProgramFailedError(f"Apache Kafka cannot be had here: {reason}") from None
        certificates = make_certificates(folder / "certificates") if options.secured else None
        programs = [_program(node, nodes, installation, certificates, options) for node in nodes]
        topics = list(topics)
        passwords = {name: secrets.token_urlsafe(24) for name in principals(topics)} if options.secured else {}
        kafka = cls(supervisor, nodes, _administrator(nodes, certificates), passwords, programs)
        await kafka.start_again()
        if options.secured:
            await grant(kafka.administrator, passwords, rights(topics))
        return kafka


def _administrator(nodes: Sequence[Node], certificates: Certificates | None) -> Access:
    """Comes in at the brokers' door, with a certificate."""
    address = ",".join(f"{HOST}:{node.brokers}" for node in nodes)
    if certificates is None:
        return Access(address)
    return Access(address, authority=certificates.authority, certificate=certificates.administrator)


def _program(
    node: Node, nodes: Sequence[Node], installation: Installation, certificates: Certificates | None, o: ApacheOptions
) -> Program:
    path = node.folder.with_suffix(".properties")
    write_properties(path, properties(node, nodes, certificates, join_delay_ms=o.join_delay_ms))
    name = "broker" if len(nodes) == 1 else f"broker-{node.number}"
    return Program(name, installation.command("kafka.Kafka", str(path)))
