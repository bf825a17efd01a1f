"""A service gets into Kafka as it was told: no open talk for want of a password, no password in the open."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from motcua_chassis.kafka_access import broker_security, client_security
from motcua_chassis.settings import ChassisSettings
from motcua_local.apache.certificates import make_certificates

LOGIN = {"kafka_security": "sasl_tls", "kafka_username": "identity", "kafka_password": "a word"}


def settings(**told: str | Path) -> ChassisSettings:
    return ChassisSettings(database="postgresql://nowhere", kafka="a:1", token_secret="x", **told)  # type: ignore[arg-type]


def test_an_open_kafka_is_the_default_and_needs_nothing() -> None:
    assert client_security(settings()) == {}
    assert broker_security(settings()) is None


def test_a_login_goes_to_both_libraries_over_tls_that_trusts_the_one_authority(tmp_path: Path) -> None:
    told = settings(**LOGIN, kafka_ca=make_certificates(tmp_path).authority)
    options, security = client_security(told), broker_security(told)
    assert security is not None
    tls = options.pop("ssl_context")
    assert options == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "identity",
        "sasl_plain_password": "a word",
    }
    assert (security.username, security.password, security.use_ssl) == ("identity", "a word", True)  # type: ignore[attr-defined]
    for context in (tls, security.ssl_context):
        assert context is not None
        assert context.check_hostname
        assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("missing", ["kafka_username", "kafka_password"])
def test_half_a_login_is_refused(missing: str) -> None:
    with pytest.raises(ValidationError, match="needs MOTCUA_KAFKA_USERNAME and MOTCUA_KAFKA_PASSWORD"):
        settings(**{name: value for name, value in LOGIN.items() if name != missing})


@pytest.mark.parametrize("told", ["kafka_username", "kafka_password"])
def test_a_login_without_tls_is_refused(told: str) -> None:
    with pytest.raises(ValidationError, match="need MOTCUA_KAFKA_SECURITY=sasl_tls"):
        settings(**{told: "a word"})


def test_an_authority_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="kafka_ca"):
        settings(**LOGIN, kafka_ca=tmp_path / "nothing.pem")


def test_the_password_is_in_no_text_of_the_settings() -> None:
    assert "a word" not in f"{settings(**LOGIN)!r} {settings(**LOGIN)}"
