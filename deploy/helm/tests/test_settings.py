"""What the chart tells a pod is what the services read: no name is invented, and none is forgotten."""

import base64
import importlib
import json
import re
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from deploy.helm.tests.chart import CHART, FILES, SERVICES, by_service, changed, manifests, render, values
from motcua_chassis.migrate import MigrationSettings
from motcua_notification import attempts

NOT_OFFERED = {"crash_at", "delay_topics", "supplement_window"}
"""For fault tests and rehearsals."""
FROM_THE_CHART = {
    "database", "database_direct", "database_pool", "migrate_at_start", "http_host", "http_port", "token_secret",
    "token_secret_also",
    "kafka", "kafka_security", "kafka_username", "kafka_password", "kafka_ca",
}  # fmt: skip
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
_PROVIDERS = [{"code": "sms-one", "url": "http://sms", "api_key": "a", "secret": "b", "brand": "C"}]
_SECRETS = {
    "uri": "postgresql://motcua:sesame@database:5432/motcua",
    "token-secret": "a secret of at least thirty-two bytes",
    "vault-key": base64.b64encode(bytes(32)).decode(),
    "sms-providers": json.dumps(_PROVIDERS),
}


def settings_of(service: str) -> type[BaseSettings]:
    found: type[BaseSettings] = importlib.import_module(f"motcua_{service}.settings").Settings
    return found


def offered(service: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["properties"]["services"]["properties"][service]["properties"]
    return found


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_offered_told_or_left_out_on_purpose(service: str) -> None:
    secrets = {key.replace("-", "_") for key in offered(service)["secretKeys"]["items"].get("enum", [])}
    given = {snake(name) for name in offered(service)["settings"]["properties"]}
    fields = set(settings_of(service).model_fields) - NOT_OFFERED
    assert given | secrets | FROM_THE_CHART == fields, "values.schema.json, settings: add or remove what differs"
    assert not given & FROM_THE_CHART


def environment(pod: dict[str, Any], authority: str) -> dict[str, str]:
    told = {}
    for entry in pod["containers"][0]["env"]:
        reference = entry.get("valueFrom", {}).get("secretKeyRef")
        told[entry["name"]] = _SECRETS.get(reference["key"], "secret") if reference else entry["value"]
    if "MOTCUA_KAFKA_CA" in told:
        told["MOTCUA_KAFKA_CA"] = authority
    return told


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_starts_with_what_it_is_told(name: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = by_service(manifests(name, "Deployment"))[service]
    told = environment(deployment["spec"]["template"]["spec"], authority=__file__)
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    read = settings_of(service)()
    unknown = {variable.removeprefix("MOTCUA_").lower() for variable in told} - set(type(read).model_fields)
    assert not unknown
    assert read.http_host == "0.0.0.0"  # type: ignore[attr-defined]  # noqa: S104
    assert read.migrate_at_start is (name == "laptop")  # type: ignore[attr-defined]


def test_a_value_of_any_type_arrives_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "batchSize": 1000, "catchUp": True, "traceRatio": 0.01, "commandQueue": 2_000_000,
        "paymentWindow": 1_209_600, "noticeGrace": "PT1H30M",
    }  # fmt: skip
    found = render(
        changed(
            "province", services__payment__settings={**values("province")["services"]["payment"]["settings"], **given}
        )
    )
    deployment = by_service([one for one in found if one["kind"] == "Deployment"])["payment"]
    for variable, value in environment(deployment["spec"]["template"]["spec"], __file__).items():
        monkeypatch.setenv(variable, value)
    read: Any = settings_of("payment")()
    assert (read.batch_size, read.catch_up, read.trace_ratio, read.command_queue) == (1000, True, 0.01, 2_000_000)
    assert (read.payment_window.days, read.notice_grace.total_seconds()) == (14, 5_400)


def test_a_second_secret_is_told_while_one_follows_the_other() -> None:
    given = changed(
        "province",
        token__alsoKey="token-secret-next",
        services__payment__secretKeys=["vnpay-secret", "vnpay-secret-also"],
        services__intake__secretKeys=["vault-key", "vault-key-also"],
    )
    found = render(given)
    deployments = by_service([one for one in found if one["kind"] == "Deployment"])
    told = {name: environment(one["spec"]["template"]["spec"], __file__) for name, one in deployments.items()}
    assert all("MOTCUA_TOKEN_SECRET_ALSO" in each for each in told.values())
    assert "MOTCUA_VNPAY_SECRET_ALSO" in told["payment"]
    assert "MOTCUA_VAULT_KEY_ALSO" in told["intake"]
    [token] = [one for one in found if one["kind"] == "ExternalSecret" and one["metadata"]["name"].endswith("-token")]
    assert [entry["secretKey"] for entry in token["spec"]["data"]] == ["token-secret", "token-secret-next"]


def test_a_migration_is_told_where_its_database_is_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for job in manifests("province", "Job"):
        told = environment(job["spec"]["template"]["spec"], __file__)
        assert {variable.removeprefix("MOTCUA_").lower() for variable in told} <= set(MigrationSettings.model_fields)
        monkeypatch.setenv("MOTCUA_DATABASE", told["MOTCUA_DATABASE"])
        assert MigrationSettings().dsn == _SECRETS["uri"]


def test_the_connections_that_the_budget_counts_are_those_that_are_made() -> None:
    """One for each relay; notification's second pool besides."""
    text = (CHART / "templates/_services.tpl").read_text("utf-8")
    assert f'"intake" 1 "identity" 1 "payment" 1 "notification" {1 + attempts._CONNECTIONS}' in text
