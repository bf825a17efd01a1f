"""Values that cannot work are refused with the place, the reason and the way out."""

from typing import Any

import helm_python as helm
import pytest

from deploy.helm.tests.chart import CHART, FILES, SERVICES, changed, manifests, render, values


@pytest.mark.parametrize("name", FILES)
def test_every_values_file_renders_and_lints_without_a_warning(name: str) -> None:
    deployments = {found["metadata"]["name"] for found in manifests(name, "Deployment")}
    assert deployments == {f"motcua-{service}" for service in SERVICES}
    report = helm.lint(CHART, values(name), strict=True)
    assert report["errors"] == []
    assert [said["error"] for said in report["messages"]] == ["icon is recommended"]


def test_the_defaults_alone_say_what_only_an_installation_knows() -> None:
    with pytest.raises(helm.HelmValuesError) as refused:
        render({})
    for missing in ("bootstrapServers", "/services/identity", "/services/payment", "/services/notification"):
        assert missing in str(refused.value)


_BY_SCHEMA: list[tuple[dict[str, Any], str]] = [
    ({"replicas": 3}, "additional properties 'replicas' not allowed"),
    ({"services__payment__replica": 3}, "/services/payment': additional properties 'replica' not allowed"),
    ({"services__payment__settings__vnpayUlr": "https://x"}, "additional properties 'vnpayUlr' not allowed"),
    ({"services__payment__settings__vnpayApiUrl": ...}, "missing property 'vnpayApiUrl'"),
    ({"services__payment__settings__returnUrl": "lephi.example.vn"}, "/services/payment/settings/returnUrl"),
    ({"services__identity__settings__registryPatience": "soon"}, "/services/identity/settings/registryPatience"),
    ({"services__identity__settings__registryRate": 0}, "/services/identity/settings/registryRate"),
    ({"services__payment__secretKeys": []}, "/services/payment/secretKeys"),
    ({"services__notification__secretKeys": ["smtp-password"]}, "/services/notification/secretKeys/0"),
    ({"services__intake__image": {"digest": "latest"}}, "/services/intake/image/digest"),
    ({"services__intake__http__paths": ["/internal"]}, "/services/intake/http/paths/0"),
    ({"services__identity__outside__registry__cidrs": []}, "/services/identity/outside/registry"),
    ({"defaults__autoscaling__by": "hpa-and-keda"}, "value must be one of 'none', 'hpa', 'keda'"),
    ({"defaults__autoscaling__minReplicas": 0}, "/defaults/autoscaling/minReplicas"),
    ({"defaults__autoscaling__scaleDown": {"stabilizationSeconds": 10}}, "/defaults/autoscaling/scaleDown"),
    ({"defaults__settings__drainSeconds": 60}, "/defaults/settings/drainSeconds"),
    ({"pods": {"graceSeconds": 30}}, "/pods/graceSeconds"),
    ({"pods": {"user": 0}}, "/pods/user"),
    ({"kafka__bootstrapServers": ["kafka"]}, "/kafka/bootstrapServers/0"),
    ({"kafka__security": "ssl"}, "value must be one of 'sasl_tls', 'plaintext'"),
    ({"cnpg__parameters": {"max_connections": "500"}}, "/cnpg/parameters"),
    ({"migrations": {"by": "init"}}, "value must be one of 'hook', 'job', 'pods'"),
    ({"http__by": "route"}, "value must be one of 'none', 'ingress', 'gateway'"),
    ({"networkPolicy__monitoring": [{"ip": "10.0.0.1"}]}, "additional properties 'ip' not allowed"),
]


@pytest.mark.parametrize(("changes", "said"), _BY_SCHEMA)
def test_what_the_schema_refuses(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(helm.HelmValuesError) as refused:
        render(changed("province", **changes))
    assert said in str(refused.value)


_BY_TEMPLATE: list[tuple[dict[str, Any], str]] = [
    (
        {"services__payment__autoscaling": {"maxReplicas": 13}},
        "services.payment.autoscaling.maxReplicas is 13, but what it reads has 12 partitions",
    ),
    (
        {"services__payment__autoscaling": {"by": "none"}, "services__payment__replicas": 13},
        "services.payment.replicas is 13, but what it reads has 12 partitions",
    ),
    ({"services__payment__autoscaling": {"minReplicas": 7}}, "minReplicas 7 is more than maxReplicas 6"),
    (
        {"services__payment__database": {"pool": 27}},
        "28 connections a pod and a migration that is 197, but database.maxConnections less reservedConnections is 190",
    ),
    ({"services__notification__database": {"pool": 23}}, "28 connections a pod and a migration that is 197"),
    ({"services__identity__outside": {}}, "services.identity.outside.registry is missing: with networkPolicy.enabled"),
    ({"services__notification__outside__zns": ...}, "services.notification.outside.zns is missing"),
    ({"services__notification__secretKeys": ["sms-providers"]}, "settings.znsUrl and the secret key zns-token belong"),
    ({"strimzi": {}}, "networkPolicy.kafka is empty: with networkPolicy.enabled no pod could reach Kafka"),
    ({"cnpg": {}}, "networkPolicy.databases is empty: with networkPolicy.enabled no pod could reach PostgreSQL"),
    ({"cnpg__instances": 1}, "cnpg.synchronous is 1 with 1 instances: nothing could ever be committed"),
    ({"http": {"by": "gateway"}}, "http.gateway.name is empty"),
    ({"externalSecrets": {"enabled": True}}, "externalSecrets.store.name is empty"),
    ({"image__requireDigest": True}, "services.intake.image.digest is missing, and image.requireDigest is true"),
]


@pytest.mark.parametrize(("changes", "said"), _BY_TEMPLATE)
def test_what_only_the_templates_can_see(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(helm.HelmRenderError) as refused:
        render(changed("province", **changes))
    assert said in str(refused.value)


def test_as_many_pods_as_partitions_and_as_many_connections_as_there_are_pass() -> None:
    database = {"pool": 22, "maxConnections": 310, "reservedConnections": 10}
    payment = {"services__payment__autoscaling": {"maxReplicas": 12}, "services__payment__database": database}
    render(changed("province", **payment))
    with pytest.raises(helm.HelmRenderError, match="that is 313, but"):
        render(changed("province", **payment, services__payment__database__pool=23))


def test_the_nation_does_not_run_on_tags() -> None:
    given = values("nation")
    for service in SERVICES:
        del given["services"][service]["image"]
    with pytest.raises(helm.HelmRenderError, match=r"services\.intake\.image\.digest is missing"):
        render(given)
    images = {
        found["spec"]["template"]["spec"]["containers"][0]["image"] for found in manifests("nation", "Deployment")
    }
    assert all("@sha256:" in image for image in images)
