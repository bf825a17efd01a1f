"""What a service is told by its environment: every name starts with MOTCUA_."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, FilePath, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _seconds(value: object) -> object:
    """The environment knows only text; a bare number in it is seconds."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Duration = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0), le=timedelta(days=365))]
"""Seconds, or an ISO 8601 duration such as PT90S; never none, never more than a year."""


class KafkaSecurity(StrEnum):
    """How a service gets into Kafka."""

    PLAINTEXT = "plaintext"
    """Openly: on one machine, or where the network sees to it."""
    SASL_TLS = "sasl_tls"
    """SCRAM-SHA-512 over TLS, one principal per service."""


class ChassisSettings(BaseSettings):
    """Settings every service shares; a service adds its own by subclassing."""

    model_config = SettingsConfigDict(env_prefix="MOTCUA_", frozen=True, extra="ignore", hide_input_in_errors=True)

    database: SecretStr
    """PostgreSQL DSN; may go through a session or transaction pooler."""
    database_direct: SecretStr | None = None
    """DSN that reaches PostgreSQL without a transaction pooler, for the relay. Default: `database`."""
    database_pool: int = Field(default=10, ge=2, le=100)
    database_timeout: float = Field(default=30.0, gt=0)
    """Seconds for one statement and for waiting on the pool: asyncpg has no time-out of its own."""
    migrate_at_start: bool = True
    """False: wait until `python -m motcua_chassis.migrate` has run, as a cluster's Job does."""

    kafka: Annotated[list[str], NoDecode]
    """Brokers as host:port; given comma-separated, handed on as a list (the library reads one string as one host)."""
    kafka_security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    kafka_username: str | None = None
    """The service's own principal; with `kafka_password` needed for `sasl_tls`, and only there."""
    kafka_password: SecretStr | None = None
    kafka_ca: FilePath | None = None
    """PEM file of the one authority to trust. Default: those the machine trusts."""
    kafka_fetch_wait_ms: int = 500
    kafka_session_timeout_ms: int = 30_000
    batch_size: int = Field(default=1_000, ge=1, le=2_000)
    """Records read for one transaction; many are of types that a service does not read, so fewer would cost more."""

    http_host: str = "127.0.0.1"
    http_port: int = 8000
    token_secret: SecretStr
    """Key of the signed development tokens (HS256)."""
    token_secret_also: SecretStr | None = None
    """What others sign with while the key is changed, the next or the last one: accepted, never signed with."""
    command_window_ms: float = 2.0
    """How long the first command of a batch waits for others: 2 ms pays under shared load, 0 when alone."""
    command_queue: int = 2_000
    """Commands that may wait; beyond that callers get 503 with Retry-After."""

    work_concurrency: int = 64
    halt_after: int = 20
    """So many records parked in a row for one reason stop the consumer: then it is us, not them."""
    relay_send_timeout: float = 10.0
    drain_seconds: float = 20.0
    stuck_after: float = 60.0
    """Seconds without progress after which the process reports itself not live and ends."""
    catch_up: bool = False
    """Where the service's topic knows events that its database does not: fold them in, instead of refusing to start."""
    figures_every: Duration = timedelta(seconds=30)
    """For how long figures that cost a query (applications by state, money by state) are good."""
    otlp_url: HttpUrl | None = None
    """OpenTelemetry collector, e.g. http://collector:4318; without one nothing is traced, and tracing costs nothing."""
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    """Which share of applications is traced, where the caller did not say."""
    log_level: str = "info"
    crash_at: str | None = None
    """Fault tests only: `point` or `point:n`, end the process when that point of the path is reached the n-th time."""

    delay_topics: str = ""
    """Rehearsals only: `topic:seconds,topic:seconds`, take these topics' records in so much later than the others'."""

    @field_validator("kafka", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [host.strip() for host in value.split(",") if host.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_a_login_where_it_needs_one(self) -> Self:
        """A half-told login must not end in open talk, nor a password be sent where nobody asks for it."""
        told = (self.kafka_username, self.kafka_password, self.kafka_ca)
        if self.kafka_security is KafkaSecurity.SASL_TLS and not (self.kafka_username and self.kafka_password):
            raise ValueError("MOTCUA_KAFKA_SECURITY=sasl_tls needs MOTCUA_KAFKA_USERNAME and MOTCUA_KAFKA_PASSWORD")
        if self.kafka_security is KafkaSecurity.PLAINTEXT and any(told):
            raise ValueError("MOTCUA_KAFKA_USERNAME, _PASSWORD and _CA need MOTCUA_KAFKA_SECURITY=sasl_tls")
        return self

    @property
    def kafka_login(self) -> tuple[str, str]:
        """User and password; empty where none is needed."""
        return self.kafka_username or "", self.kafka_password.get_secret_value() if self.kafka_password else ""

    @property
    def token_secrets(self) -> list[str]:
        """Those under which a token is accepted."""
        given = (self.token_secret, self.token_secret_also)
        return [secret.get_secret_value() for secret in given if secret is not None]

    @property
    def dsn(self) -> str:
        return self.database.get_secret_value()

    @property
    def direct_dsn(self) -> str:
        return (self.database_direct or self.database).get_secret_value()
