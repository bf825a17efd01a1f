"""Whom the doctor examines: one service, as its own environment describes it, or as the compose project does."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motcua_local.access import Access
from motcua_local.containers.composed import ComposedSystem
from motcua_local.containers.environment import read
from motcua_local.wiring import SERVICES

_URLS = ("MOTCUA_INTAKE_URL", "MOTCUA_REGISTRY_URL", "MOTCUA_VNPAY_API_URL", "MOTCUA_ZNS_URL")
_SECRETS = {
    "intake": ("MOTCUA_VAULT_KEY",),
    "identity": (),
    "payment": ("MOTCUA_VNPAY_SECRET",),
    "notification": (),
}


@dataclass(frozen=True)
class Patient:
    """What is known of one service; what is missing is None."""

    service: str
    database: str | None
    kafka: Access | None
    secrets: Mapping[str, str | None]
    ready: str | None
    """The address of its readiness, where the environment says."""
    outside: Mapping[str, str]
    """What it calls: setting -> address."""


def from_environment(service: str, told: Mapping[str, str]) -> Patient:
    """As the service itself will read it: the same names."""
    names = ("MOTCUA_TOKEN_SECRET", *_SECRETS[service])
    return Patient(
        service,
        told.get("MOTCUA_DATABASE"),
        _access(told),
        {name: told.get(name) for name in names},
        told.get("MOTCUA_DOCTOR_URL"),
        {name: told[name] for name in _URLS if told.get(name)},
    )


def from_compose(file: Path) -> list[Patient]:
    """All four, from outside. Raises `ProgramFailedError` where the file describes no system."""
    system, told = ComposedSystem(file), read(file)
    named = {
        "intake": {"MOTCUA_VAULT_KEY": told.get("MOTCUA_VAULT_KEY")},
        "payment": {"MOTCUA_VNPAY_SECRET": told.get("VNPAY_SECRET")},
    }
    return [
        Patient(
            service,
            system.dsn(service),
            system.broker.access(service),
            {"MOTCUA_TOKEN_SECRET": told.get("MOTCUA_TOKEN_SECRET"), **named.get(service, {})},
            system.url(service),
            {},
        )
        for service in SERVICES
    ]


def _access(told: Mapping[str, str]) -> Access | None:
    address = told.get("MOTCUA_KAFKA")
    if not address:
        return None
    authority = told.get("MOTCUA_KAFKA_CA")
    return Access(
        address.replace(" ", ""),
        told.get("MOTCUA_KAFKA_USERNAME"),
        told.get("MOTCUA_KAFKA_PASSWORD"),
        Path(authority) if authority else None,
    )
