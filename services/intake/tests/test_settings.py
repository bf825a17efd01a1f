"""Intake does not start under a vault key that is none."""

import pytest
from pydantic import ValidationError

from motcua_intake.settings import Settings
from services.intake.tests.office import SECRET, VAULT_KEY


def settings(vault_key: str) -> Settings:
    return Settings(database="postgresql:///x", kafka="127.0.0.1:9", token_secret=SECRET, vault_key=vault_key)  # type: ignore[arg-type]


def test_the_vault_key_is_32_bytes_in_base64() -> None:
    assert len(settings(VAULT_KEY).key_encryption_key) == 32


@pytest.mark.parametrize("key", ["", "not base64!", "c2hvcnQ=", VAULT_KEY[:-4]])
def test_another_vault_key_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(key)
    assert not key or key not in str(caught.value)
