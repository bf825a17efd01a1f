"""Says how each broker of a cluster is set up. Pure: it starts and writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motcua_local.access import MECHANISM
from motcua_local.apache.certificates import ADMINISTRATOR, BROKER, Certificates

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Node:
    """One broker, which is a controller too: its number from 1, where it keeps its records, and its ports."""

    number: int
    folder: Path
    clients: int
    brokers: int
    controllers: int


def properties(
    node: Node, cluster: Sequence[Node], certificates: Certificates | None, *, join_delay_ms: int
) -> dict[str, str]:
    """The broker's `server.properties`; without certificates it is open to everyone on this machine."""
    copies = len(cluster)
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "log.dirs": str(node.folder),
        "controller.quorum.voters": ",".join(f"{each.number}@{HOST}:{each.controllers}" for each in cluster),
        **_listeners(node, secured=certificates is not None),
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(min(2, copies)),
        **_own_topics(copies),
        "group.initial.rebalance.delay.ms": str(join_delay_ms),
        "group.min.session.timeout.ms": "500",
        **_SMALL,
        **(_security(certificates) if certificates else {}),
    }


def _listeners(node: Node, *, secured: bool) -> dict[str, str]:
    """Services come in at one door, brokers and the administrator at another, controllers at a third."""
    here = {"CLIENTS": node.clients, "BROKERS": node.brokers, "CONTROLLERS": node.controllers}
    protocols = ("SASL_SSL", "SSL", "SSL") if secured else ("PLAINTEXT",) * 3
    listeners = [f"{name}://{HOST}:{port}" for name, port in here.items()]
    return {
        "listeners": ",".join(listeners),
        "advertised.listeners": ",".join(listeners[:2]),
        "listener.security.protocol.map": ",".join(map(":".join, zip(here, protocols, strict=True))),
        "controller.listener.names": "CONTROLLERS",
        "inter.broker.listener.name": "BROKERS",
    }


def _own_topics(copies: int) -> dict[str, str]:
    """The topics that Kafka keeps for itself: as safe as ours, with few partitions."""
    kept = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    least = ("transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr")
    return {
        **{f"{topic}.replication.factor": str(copies) for topic in kept},
        **{f"{topic}.num.partitions": "3" for topic in kept},
        **{setting: str(min(2, copies)) for setting in least},
    }


def _security(certificates: Certificates) -> dict[str, str]:
    """Nobody may do anything but by a rule, save the brokers themselves and the administrator."""
    named = {"brokers", "controllers"}
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:CN={BROKER};User:CN={ADMINISTRATOR}",
        "sasl.enabled.mechanisms": MECHANISM,
        f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.broker),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
        **{f"listener.name.{name}.ssl.client.auth": "required" for name in sorted(named)},
    }


_SMALL = {
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.cleaner.io.buffer.size": "262144",
    "log.index.size.max.bytes": "1048576",
    "socket.send.buffer.bytes": "-1",
    "socket.receive.buffer.bytes": "-1",
}
"""A broker reserves 128 MB for a cleaner that has little to clean here."""
