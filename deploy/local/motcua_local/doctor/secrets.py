"""Examines secrets without showing them: there, long enough, and no example."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from motcua_local.doctor.finding import Finding

_SHORTEST = 32
_VAULT = "MOTCUA_VAULT_KEY"
_EXAMPLES = ("changeme", "secret", "password", "example", "test")


def examine_secrets(service: str, secrets: Mapping[str, str | None]) -> Iterator[Finding]:
    """One finding each."""
    for name, value in secrets.items():
        subject = f"{name} of {service}"
        fault = _fault(name, value)
        if fault:
            yield Finding.bad(subject, *fault)
        else:
            yield Finding.good(subject, "is there and long enough")


def _fault(name: str, value: str | None) -> tuple[str, str] | None:
    if not value:
        return "is not set", "put it into the service's secret store"
    if name == _VAULT:
        return (
            None if _is_key(value) else ("is not 32 bytes in base64", "openssl rand -base64 32, once; keep it for ever")
        )
    if any(value.lower().startswith(example) for example in _EXAMPLES):
        return "looks like an example", "openssl rand -hex 32"
    if len(value) < _SHORTEST:
        return (
            f"has {len(value)} characters, fewer than {_SHORTEST}",
            "openssl rand -hex 32; a gateway's own is as long as it is",
        )
    return None


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == _SHORTEST
    except binascii.Error:
        return False
