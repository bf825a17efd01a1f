"""Identity's settings as an environment writes them."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from motcua_identity.settings import Settings

REQUIRED = {
    "DATABASE": "postgresql://nowhere",
    "KAFKA": "nowhere:9092",
    "TOKEN_SECRET": "a-secret-for-signed-development-tokens",
    "INTAKE_URL": "http://127.0.0.1:1",
    "REGISTRY_URL": "http://127.0.0.1:2",
}


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in (REQUIRED | given).items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    return Settings()


def test_nobody_has_to_say_more_than_where_things_are(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch)
    assert found.registry_patience == timedelta(minutes=15)
    assert found.registry_rate is None


@pytest.mark.parametrize(("said", "seconds"), [("90", 90), ("0.5", 0.5), ("PT15M", 900), ("P1D", 86_400)])
def test_patience_is_seconds_or_an_iso_duration(monkeypatch: pytest.MonkeyPatch, said: str, seconds: float) -> None:
    assert settings(monkeypatch, REGISTRY_PATIENCE=said).registry_patience == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "given",
    [
        *({"REGISTRY_PATIENCE": said} for said in ("0", "-1", "soon", "nan", "inf", "1e300", "P31D", "")),
        *({"REGISTRY_RATE": said} for said in ("0", "-5", "many", "nan", "inf")),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(monkeypatch, **given)
