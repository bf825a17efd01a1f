"""Lays out the brokers of a cluster on disk: their ports for this run, their records, their `server.properties`."""

import base64
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from motcua_local.apache.configuration import Node
from motcua_local.ports import free_ports

_META = "meta.properties"


class OtherClusterError(Exception):
    """The folder holds a cluster of another number of brokers."""


def lay_out(folder: Path, brokers: int, template: Path) -> list[Node]:
    """Brokers on fresh ports; what a folder holds of an earlier run stays. Raises `OtherClusterError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = [path for path in folder.glob("broker-*") if path.is_dir()]
    if kept and len(kept) != brokers:
        raise OtherClusterError(f"{folder} holds {len(kept)} brokers, not {brokers}: a cluster keeps its number")
    ports = iter(free_ports(3 * brokers))
    nodes = [Node(n, folder / f"broker-{n}", *(next(ports) for _ in range(3))) for n in range(1, brokers + 1)]
    cluster = _identity()
    for node in nodes:
        if not node.folder.exists():
            _format(node, cluster, template)
    return nodes


def write_properties(path: Path, settings: Mapping[str, str]) -> None:
    """As Java reads them."""
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")


def _format(node: Node, cluster: str, template: Path) -> None:
    """Copy what Kafka's own tool made of an empty folder, under a number and identities of its own."""
    own = {"node.id": str(node.number), "cluster.id": cluster, "directory.id": _identity()}
    shutil.copytree(template, node.folder)
    lines = [line for line in (node.folder / _META).read_text("utf-8").splitlines() if line.split("=")[0] not in own]
    (node.folder / _META).write_text("\n".join([*lines, *map("=".join, own.items()), ""]), "utf-8")


def _identity() -> str:
    """As Kafka writes a UUID; one that begins with a dash would be taken for an option."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return made
