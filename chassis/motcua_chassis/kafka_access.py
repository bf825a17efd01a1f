"""How a service's Kafka clients get in: openly, or by SASL (SCRAM-SHA-512) over TLS as the service's own principal."""

import ssl
from typing import Any

from faststream.security import BaseSecurity, SASLScram512

from motcua_chassis.settings import ChassisSettings, KafkaSecurity


def client_options(settings: ChassisSettings) -> dict[str, Any]:
    """What every aiokafka client takes."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka}
    if settings.kafka_security is KafkaSecurity.SASL_TLS:
        username, password = settings.kafka_login
        options |= {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": username,
            "sasl_plain_password": password,
            "ssl_context": _tls(settings),
        }
    return options


def broker_security(settings: ChassisSettings) -> BaseSecurity | None:
    """The same as FastStream takes it."""
    if settings.kafka_security is KafkaSecurity.PLAINTEXT:
        return None
    username, password = settings.kafka_login
    return SASLScram512(username, password, ssl_context=_tls(settings))


def _tls(settings: ChassisSettings) -> ssl.SSLContext:
    """Trust what the machine trusts, or one authority alone; the broker's name is checked in both."""
    return ssl.create_default_context(cafile=settings.kafka_ca)
