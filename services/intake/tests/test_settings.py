"""Intake does not start under a vault key that is none."""

from typing import Any

import pytest
from pydantic import ValidationError

from motcua_intake.settings import Settings
from services.intake.tests.office import SECRET, VAULT_KEY


def settings(vault_key: str, **told: Any) -> Settings:
    return Settings(database="postgresql:///x", kafka="127.0.0.1:9", token_secret=SECRET, vault_key=vault_key, **told)  # type: ignore[arg-type]


def test_the_vault_key_is_32_bytes_in_base64() -> None:
    assert len(settings(VAULT_KEY).key_encryption_key) == 32


@pytest.mark.parametrize("key", ["", "not base64!", "c2hvcnQ=", VAULT_KEY[:-4]])
def test_another_vault_key_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(("told", "seconds"), [("90", 90), ("1.5", 1.5), ("PT2M", 120), ("P1D", 86_400), (None, None)])
def test_the_supplement_window_is_seconds_or_a_duration(told: str | None, seconds: float | None) -> None:
    window = settings(VAULT_KEY, supplement_window=told).supplement_window
    assert (window.total_seconds() if window else None) == seconds


@pytest.mark.parametrize("told", ["0", "-1", "soon", "nan", "inf", "1e30"])
def test_a_window_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(ValidationError):
        settings(VAULT_KEY, supplement_window=told)
