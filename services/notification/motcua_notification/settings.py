"""Notification's own settings."""

from email.utils import parseaddr

from pydantic import Field, field_validator

from motcua_chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """Where people's data, the mail server and the portal are."""

    intake_url: str
    smtp_host: str
    smtp_port: int = 25
    portal_url: str
    """Where the links in a message lead."""
    mail_from: str = "Bộ phận Một cửa <khong-tra-loi@motcua.vn>"
    """Sender with a display name; the domain of its address also names our Message-IDs."""
    work_concurrency: int = Field(default=32, ge=1, le=256)
    """Connections to the mail server, and the most messages whose fate a crash leaves unknown."""

    @field_validator("mail_from")
    @classmethod
    def _names_a_sender(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if not address.isascii() or "@" not in address:
            raise ValueError("must hold an address such as: Một cửa <khong-tra-loi@motcua.vn>")
        return value
