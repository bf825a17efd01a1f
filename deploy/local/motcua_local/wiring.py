"""Says how each process of the stack is started and told where the others are. Pure: it starts nothing."""

import base64
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from motcua_local.access import Access
from motcua_local.ports import free_ports
from motcua_local.processes import Program

SERVICES = ("intake", "identity", "payment", "notification")
SMS_PROVIDERS = ("sms-one", "sms-two")
SIMULATORS = ("registry", "vnpay", "smtp", *SMS_PROVIDERS, "zalo")
MAIL = "mail"
"""The port where the smtp simulator speaks SMTP; its control API listens on `smtp`."""

_PORTS = (*SERVICES, *SIMULATORS, MAIL)


def _ports() -> dict[str, int]:
    return dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))


@dataclass(frozen=True)
class Secrets:
    """Made anew for each run; nothing outside it trusts them."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    vnpay: str = field(default_factory=lambda: secrets.token_hex(16))
    sms: str = field(default_factory=lambda: secrets.token_hex(16))
    zns: str = field(default_factory=lambda: secrets.token_hex(16))
    vault_key: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())


@dataclass(frozen=True)
class Places:
    """Where everything of one run is."""

    dsn: Callable[[str], str]
    kafka: Callable[[str], Access]
    """The way in of each service."""
    ledgers: Path
    ports: Mapping[str, int] = field(default_factory=_ports)
    secrets: Secrets = field(default_factory=Secrets)
    fetch_wait_ms: int = 20
    """Short, for the embedded broker does not wake a long poll."""

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"


TMN_CODE = "MOTCUA01"
BRAND = "MOTCUA"


def service(name: str, places: Places, extra: Mapping[str, str]) -> Program:
    """Return the program of a service; `extra` wins over what the stack says."""
    environment = {**_common(name, places), **_own(name, places), **extra}
    return Program(name, (sys.executable, "-m", f"motcua_{name}"), environment)


def simulator(name: str, places: Places, extra: Mapping[str, str]) -> Program:
    """Return the program of an outside system; its ledger outlives its restarts."""
    given = {"port": places.ports[name], "ledger": places.ledgers / f"{name}.jsonl"}
    if name == "smtp":
        given["smtp-port"] = places.ports[MAIL]
    if name in SMS_PROVIDERS:
        given |= {"name": name, "api-key": name, "secret": places.secrets.sms, "brand": BRAND}
    if name == "zalo":
        given["token"] = places.secrets.zns
    if name == "vnpay":
        given |= {"tmn-code": TMN_CODE, "secret": places.secrets.vnpay}
        given["ipn-url"] = f"{places.url('payment')}/webhooks/vnpay"
    flags = [part for flag, value in given.items() for part in (f"--{flag}", str(value))]
    module = "sms" if name in SMS_PROVIDERS else name
    return Program(name, (sys.executable, "-m", f"motcua_simulators.{module}", *flags), extra)


def _common(name: str, places: Places) -> dict[str, str]:
    return {
        "PYTHONUNBUFFERED": "1",
        "MOTCUA_DATABASE": places.dsn(name),
        **places.kafka(name).environment,
        "MOTCUA_KAFKA_FETCH_WAIT_MS": str(places.fetch_wait_ms),
        "MOTCUA_KAFKA_SESSION_TIMEOUT_MS": "3000",  # a killed service's partitions are taken over soon
        "MOTCUA_HTTP_HOST": "127.0.0.1",
        "MOTCUA_HTTP_PORT": str(places.ports[name]),
        "MOTCUA_TOKEN_SECRET": places.secrets.token,
        "MOTCUA_CATCH_UP": "true",  # a fresh database may meet the topics of an earlier run on a broker of yours
    }


def _own(name: str, places: Places) -> dict[str, str]:
    intake = places.url("intake")
    return {
        "intake": {"MOTCUA_VAULT_KEY": places.secrets.vault_key},
        "identity": {"MOTCUA_INTAKE_URL": intake, "MOTCUA_REGISTRY_URL": f"{places.url('registry')}/ndxp/dancu"},
        "payment": {
            "MOTCUA_VNPAY_URL": f"{places.url('vnpay')}/paymentv2/vpcpay.html",
            "MOTCUA_VNPAY_API_URL": f"{places.url('vnpay')}/merchant_webapi/api/transaction",
            "MOTCUA_VNPAY_TMN_CODE": TMN_CODE,
            "MOTCUA_VNPAY_SECRET": places.secrets.vnpay,
            "MOTCUA_RETURN_URL": f"{places.url('payment')}/payments/return",
        },
        "notification": {
            "MOTCUA_INTAKE_URL": intake,
            "MOTCUA_SMTP_HOST": "127.0.0.1",
            "MOTCUA_SMTP_PORT": str(places.ports[MAIL]),
            "MOTCUA_PORTAL_URL": intake,
            "MOTCUA_SMS_PROVIDERS": json.dumps([_sms_provider(each, places) for each in SMS_PROVIDERS]),
            "MOTCUA_ZNS_URL": places.url("zalo"),
            "MOTCUA_ZNS_TOKEN": places.secrets.zns,
        },
    }[name]


def _sms_provider(name: str, places: Places) -> dict[str, str]:
    return {"code": name, "url": places.url(name), "api_key": name, "secret": places.secrets.sms, "brand": BRAND}
