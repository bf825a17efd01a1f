"""How a client gets into a Kafka: where it is, as whom, and whom to trust. Open where no authority is given."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Access:
    """One principal's way in; `address` is host:port[,host:port]."""

    address: str
    username: str | None = None
    password: str | None = None
    authority: Path | None = None
    """The certificate that the brokers' own are signed with; TLS is spoken where there is one."""
    certificate: Path | None = None
    """Our certificate and its key in one file, where it says who we are."""

    @classmethod
    def to(cls, where: "str | Access") -> "Access":
        """An address alone is an open broker."""
        return where if isinstance(where, Access) else cls(where)

    @property
    def addresses(self) -> list[str]:
        return self.address.split(",")

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """What every aiokafka client takes."""
        options: dict[str, Any] = {"bootstrap_servers": self.addresses}
        if self.authority is None:
            return options
        options |= {"security_protocol": "SSL", "ssl_context": self._tls(self.authority)}
        if self.username is not None:
            options |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    @property
    def environment(self) -> dict[str, str]:
        """The same as a service is told it."""
        told = {"MOTCUA_KAFKA": self.address}
        if self.username is not None and self.password is not None and self.authority is not None:
            told |= {
                "MOTCUA_KAFKA_SECURITY": "sasl_tls",
                "MOTCUA_KAFKA_USERNAME": self.username,
                "MOTCUA_KAFKA_PASSWORD": self.password,
                "MOTCUA_KAFKA_CA": str(self.authority),
            }
        return told

    def _tls(self, authority: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=authority)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate)
        return context
