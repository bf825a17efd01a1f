"""Intake's own settings."""

import base64
import binascii

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from motcua_chassis.settings import ChassisSettings, Duration
from motcua_intake.ciphers import KEY_BYTES


class Settings(ChassisSettings):
    """The vault's key, and for rehearsals a shorter wait."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    vault_key: SecretStr
    """The key-encryption key: 32 bytes in base64. Whoever loses it loses every applicant."""
    vault_key_also: SecretStr | None = None
    """The next or the last one, while it is changed: opens, never seals. `python -m motcua_intake.rewrap` ends that."""
    supplement_window: Duration | None = None
    """Rehearsals only: how long a citizen has for a supplement. Default: what the procedure says, in working days."""

    @field_validator("vault_key", "vault_key_also")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            length = len(_bytes(value))
        except binascii.Error:
            raise ValueError("must be base64") from None
        if length != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} bytes in base64, is {length}")
        return value

    @property
    def key_encryption_key(self) -> bytes:
        return _bytes(self.vault_key)

    @property
    def other_key(self) -> bytes | None:
        """The second key-encryption key, while there is one."""
        return _bytes(self.vault_key_also) if self.vault_key_also is not None else None


def _bytes(key: SecretStr) -> bytes:
    return base64.b64decode(key.get_secret_value(), validate=True)
