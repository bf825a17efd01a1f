"""Does once what every start would do again: formats an empty broker, and keeps the classes that a run has loaded."""

import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

from motcua_local.apache.certificates import make_certificates
from motcua_local.apache.configuration import HOST, Node, properties
from motcua_local.apache.installation import Installation, NotToBeHadError
from motcua_local.apache.nodes import write_properties
from motcua_local.ports import free_ports

_KEPT = ("meta.properties", "bootstrap.checkpoint")
_SECONDS = 90


def prepare(installation: Installation) -> None:
    """Fill the template and the archive. Raises `NotToBeHadError` where Kafka does not run here."""
    room = installation.folder / "preparing"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    try:
        _prepare(installation, room)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotToBeHadError(f"Apache Kafka does not run with {installation.java}: {error}") from None
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _prepare(installation: Installation, room: Path) -> None:
    node = Node(1, room / "records", *free_ports(3))
    settings = properties(node, [node], make_certificates(room / "certificates"), join_delay_ms=0)
    write_properties(room / "server.properties", settings)
    cluster = str(uuid.uuid4().hex[:22])
    options = ("format", "--cluster-id", cluster, "--config", str(room / "server.properties"))
    unshared = "-Xshare:auto"
    command = installation.command("kafka.tools.StorageTool", *options, archive=unshared)
    subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    shutil.rmtree(installation.template, ignore_errors=True)
    installation.template.mkdir()
    for name in _KEPT:
        shutil.copy(node.folder / name, installation.template / name)
    archive = f"-XX:ArchiveClassesAtExit={installation.archive}"
    installation.archive.unlink(missing_ok=True)
    _run(installation.command("kafka.Kafka", str(room / "server.properties"), archive=archive), node.clients)


def _run(command: tuple[str, ...], port: int) -> None:
    """Let a broker start and end."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _SECONDS
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise OSError("a first broker did not come up")
                time.sleep(0.1)
            process.terminate()
            process.wait(_SECONDS)
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
