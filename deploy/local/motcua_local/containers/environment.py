"""The environment file of the compose project: secrets made once, ports, waits. Whoever has it has the system."""

import base64
import os
import secrets
import uuid
from collections.abc import Mapping
from pathlib import Path

from motcua_local.ports import free_ports
from motcua_local.wiring import SERVICES, SIMULATORS

PUBLISHED = (*SERVICES, *SIMULATORS, "postgres", "kafka", "prometheus")
_FIRST = {"intake": 8101, "registry": 8201, "postgres": 8432, "kafka": 8092, "prometheus": 8090}


def port_name(part: str) -> str:
    """`sms-one` -> `SMS_ONE_PORT`."""
    return f"{part.upper().replace('-', '_')}_PORT"


def usual_ports() -> dict[str, int]:
    """The same on every machine: services from 8101, simulators from 8201."""
    services = {name: _FIRST["intake"] + at for at, name in enumerate(SERVICES)}
    simulators = {name: _FIRST["registry"] + at for at, name in enumerate(SIMULATORS)}
    return _FIRST | services | simulators


def own_ports() -> dict[str, int]:
    """Free ones, for a system beside others."""
    return dict(zip(PUBLISHED, free_ports(len(PUBLISHED)), strict=True))


def write_missing(path: Path, ports: Mapping[str, int], more: Mapping[str, str] | None = None) -> None:
    """Write it for its owner alone; one that is there stays, for its secrets open what the volumes hold."""
    if path.exists():
        return
    values = {port_name(part): str(port) for part, port in ports.items()} | _secrets() | dict(more or {})
    draft = path.with_name(f"{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.rename(path)


def read(path: Path) -> dict[str, str]:
    """What it says. Raises `FileNotFoundError`."""
    lines = (line.split("=", 1) for line in path.read_text("utf-8").splitlines() if line and line[0] != "#")
    return {line[0]: line[1] for line in lines}


def _secrets() -> dict[str, str]:
    made = {f"{name.upper()}_DATABASE_PASSWORD": secrets.token_hex(16) for name in SERVICES}
    made |= {name: secrets.token_hex(16) for name in ("VNPAY_SECRET", "SMS_SECRET", "ZNS_TOKEN")}
    return made | {
        "MOTCUA_TOKEN_SECRET": secrets.token_urlsafe(32),
        "MOTCUA_VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "KAFKA_CLUSTER_ID": uuid.uuid4().hex[:22],
    }
