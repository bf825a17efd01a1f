"""Notification's own settings."""

from email.utils import parseaddr
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from motcua_chassis.settings import ChassisSettings
from motcua_contracts.vocabulary import ProviderCode


class SmsProvider(BaseModel):
    """One provider of SMS; the first of the list is the first choice."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: ProviderCode
    url: str
    api_key: SecretStr
    secret: SecretStr
    brand: str
    """The registered sender's name that people see."""


class Settings(ChassisSettings):
    """Where people's data, the providers of each medium and the portal are. E-mail is always offered."""

    intake_url: str
    smtp_host: str
    smtp_port: int = 25
    portal_url: str
    """Where the links in a message lead."""
    mail_from: str = "Bộ phận Một cửa <khong-tra-loi@motcua.vn>"
    """Sender with a display name; the domain of its address also names our Message-IDs."""
    sms_providers: tuple[SmsProvider, ...] = ()
    """In the environment a JSON list; without it no SMS is offered."""
    zns_url: str | None = None
    """Zalo's API; without it no ZNS is offered."""
    zns_token: SecretStr | None = None
    work_concurrency: int = Field(default=32, ge=1, le=256)
    """Connections to the mail server, and the most messages whose fate a crash leaves unknown."""

    @field_validator("mail_from")
    @classmethod
    def _names_a_sender(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if not address.isascii() or "@" not in address:
            raise ValueError("must hold an address such as: Một cửa <khong-tra-loi@motcua.vn>")
        return value

    @field_validator("sms_providers")
    @classmethod
    def _differ(cls, value: tuple[SmsProvider, ...]) -> tuple[SmsProvider, ...]:
        if len({provider.code for provider in value}) < len(value):
            raise ValueError("two providers of SMS have the same code")
        return value

    @model_validator(mode="after")
    def _zns_is_whole(self) -> Self:
        if (self.zns_url is None) != (self.zns_token is None):
            raise ValueError("MOTCUA_ZNS_URL and MOTCUA_ZNS_TOKEN belong together")
        return self
