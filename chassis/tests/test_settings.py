"""Settings as an environment writes them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from motcua_chassis.settings import ChassisSettings, Duration


class Settings(ChassisSettings):
    patience: Duration = timedelta(minutes=15)
    wait: Duration | None = None


@pytest.fixture(autouse=True)
def _required(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DATABASE", "postgresql://nowhere"), ("KAFKA", "one:9092, two:9092"), ("TOKEN_SECRET", "x")):
        monkeypatch.setenv(f"MOTCUA_{name}", value)


def test_brokers_are_given_in_one_line_and_handed_on_as_a_list() -> None:
    assert Settings().kafka == ["one:9092", "two:9092"]


def test_a_duration_that_nobody_set_is_the_service_s_own() -> None:
    assert (Settings().patience, Settings().wait) == (timedelta(minutes=15), None)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90", 90), ("0.5", 0.5), ("1e3", 1_000), ("PT2M", 120), ("P1D", 86_400), ("P365D", 31_536_000)],
)
@pytest.mark.parametrize("name", ["patience", "wait"])
def test_a_duration_is_seconds_or_iso_8601(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str, seconds: float
) -> None:
    monkeypatch.setenv(f"MOTCUA_{name.upper()}", said)
    assert getattr(Settings(), name) == timedelta(seconds=seconds)


@pytest.mark.parametrize("said", ["0", "-1", "PT0S", "-PT5S", "soon", "nan", "inf", "1e300", "P366D", "31536001", ""])
def test_a_duration_that_is_none_or_longer_than_a_year_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("MOTCUA_PATIENCE", said)
    with pytest.raises(ValidationError):
        Settings()


def test_a_duration_in_code_is_a_duration() -> None:
    assert Settings(patience=timedelta(seconds=3)).patience == timedelta(seconds=3)
