"""How a service's Kafka clients get in: openly, or by SASL (SCRAM-SHA-512) over TLS as the service's own principal."""

import ssl
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from faststream.security import BaseSecurity, SASLScram512

from motcua_chassis.settings import ChassisSettings, KafkaSecurity


def client_security(settings: ChassisSettings) -> dict[str, Any]:
    """What every aiokafka client takes besides its brokers."""
    if settings.kafka_security is KafkaSecurity.PLAINTEXT:
        return {}
    username, password = settings.kafka_login
    return {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": username,
        "sasl_plain_password": password,
        "ssl_context": _tls(settings),
    }


def broker_security(settings: ChassisSettings) -> BaseSecurity | None:
    """The same as FastStream takes it."""
    if settings.kafka_security is KafkaSecurity.PLAINTEXT:
        return None
    username, password = settings.kafka_login
    return SASLScram512(username, password, ssl_context=_tls(settings))


async def cluster_id(settings: ChassisSettings) -> str:
    """The id the Kafka cluster gives itself, so that a new cluster's offsets are not taken for the old one's."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **client_security(settings))
    try:
        await admin.start()
        found = await admin.describe_cluster()
        return str(found.get("cluster_id") or "unknown")
    finally:
        await admin.close()


def _tls(settings: ChassisSettings) -> ssl.SSLContext:
    """Trust what the machine trusts, or one authority alone; the broker's name is checked in both."""
    return ssl.create_default_context(cafile=settings.kafka_ca)
