"""Which channels the settings open."""

import asyncpg
import pytest
from pydantic import SecretStr, ValidationError

from motcua_notification.aggregator import PATH
from motcua_notification.channels import adapters
from motcua_notification.settings import Settings, SmsProvider
from motcua_notification.sms import Sms
from services.notification.tests.conftest import SECRET

USUAL = {
    "database": "postgresql:///none",
    "kafka": "127.0.0.1:9",
    "token_secret": SECRET,
    "intake_url": "http://127.0.0.1:9",
    "smtp_host": "127.0.0.1",
    "portal_url": "http://portal.example",
}
PROVIDERS = (
    SmsProvider(code="sms-one", url="http://127.0.0.1:1/", api_key=SecretStr("k"), secret=SecretStr("s"), brand="M"),
    SmsProvider(code="sms-two", url="http://127.0.0.1:2", api_key=SecretStr("k"), secret=SecretStr("s"), brand="M"),
)


async def test_only_what_is_configured_is_offered(shared_pool: asyncpg.Pool) -> None:
    assert [adapter.kind for adapter in adapters(Settings(**USUAL), shared_pool)] == ["email"]  # type: ignore[arg-type]
    every = Settings(**USUAL, sms_providers=PROVIDERS, zns_url="http://127.0.0.1:3/", zns_token=SecretStr("t"))  # type: ignore[arg-type]
    offered = adapters(every, shared_pool)
    assert [adapter.kind for adapter in offered] == ["email", "sms", "zns"]
    sms = offered[1]
    assert isinstance(sms, Sms)
    assert [provider.code for provider in sms._providers] == ["sms-one", "sms-two"]
    assert sms._providers[0]._web._url == f"http://127.0.0.1:1{PATH}"
    for adapter in offered:
        await adapter.close()


def test_keys_are_not_shown_by_what_prints_settings() -> None:
    assert "secret='s'" not in repr(PROVIDERS)


def test_a_portal_whose_links_do_not_fit_an_sms_stops_the_start(shared_pool: asyncpg.Pool) -> None:
    with pytest.raises((ValueError, ValidationError), match="ASCII"):
        adapters(Settings(**{**USUAL, "portal_url": "https://" + "d" * 60}), shared_pool)  # type: ignore[arg-type]
