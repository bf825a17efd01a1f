"""How pods start, are asked how they are, end, are scaled and moved."""

from typing import Any

import pytest

from deploy.helm.tests.chart import FILES, SERVICES, by_service, changed, manifests, render
from motcua_chassis.http import probes

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


@pytest.mark.parametrize("name", FILES)
def test_probes_ask_routes_that_are_there(name: str) -> None:
    routes = {route.path for route in probes.routes}  # type: ignore[attr-defined]
    for deployment in manifests(name, "Deployment"):
        asked = {probe: container(deployment)[probe]["httpGet"] for probe in PROBES}
        assert {get["path"] for get in asked.values()} <= routes
        assert {get["port"] for get in asked.values()} == {"http"}
        assert asked["readinessProbe"]["path"] == "/health/ready"
        assert asked["livenessProbe"]["path"] == "/health/live"


def test_a_pod_may_wait_ten_minutes_for_its_database_and_a_rollout_longer() -> None:
    for deployment in manifests("province", "Deployment"):
        startup = container(deployment)["startupProbe"]
        assert startup["periodSeconds"] * startup["failureThreshold"] == 600
        assert deployment["spec"]["progressDeadlineSeconds"] > 600


@pytest.mark.parametrize("name", FILES)
def test_a_pod_has_45_seconds_to_drain_and_a_rollout_takes_no_pod_away_early(name: str) -> None:
    for deployment in manifests(name, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] == 45
        assert container(deployment)["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
        told = {entry["name"]: entry.get("value") for entry in container(deployment)["env"]}
        assert told["MOTCUA_DRAIN_SECONDS"] == "10"
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def scalers(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What scales each Deployment."""
    scaling: dict[str, list[str]] = {}
    for one in found:
        if one["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}:
            scaling.setdefault(one["spec"]["scaleTargetRef"]["name"], []).append(one["kind"])
    return scaling


@pytest.mark.parametrize("by", ["none", "hpa", "keda"])
def test_one_thing_scales_a_deployment_or_nothing_and_then_it_says_how_many(by: str) -> None:
    own = {f"services__{service}__autoscaling": {"by": by, "maxReplicas": 6} for service in SERVICES}
    found = render(changed("province", **own))
    kind = {"none": [], "hpa": ["HorizontalPodAutoscaler"], "keda": ["ScaledObject"]}[by]
    for deployment in (one for one in found if one["kind"] == "Deployment"):
        assert scalers(found).get(deployment["metadata"]["name"], []) == kind
        assert ("replicas" in deployment["spec"]) is (by == "none")


@pytest.mark.parametrize("name", ["province", "nation"])
def test_pods_are_removed_slowly_and_never_all(name: str) -> None:
    found = manifests(name, "HorizontalPodAutoscaler", "ScaledObject")
    assert len(found) == 4
    for one in found:
        spec = one["spec"]
        hpa = spec if one["kind"] == "HorizontalPodAutoscaler" else spec["advanced"]["horizontalPodAutoscalerConfig"]
        down = hpa["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 600
        assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 300}]
        assert spec.get("minReplicas", spec.get("minReplicaCount")) >= 2


def test_keda_asks_as_the_service_s_own_principal_and_group_about_all_that_it_reads() -> None:
    scaled = by_service(manifests("nation", "ScaledObject"))
    assert {
        service: [each["metadata"]["topic"] for each in one["spec"]["triggers"]] for service, one in scaled.items()
    } == {
        "identity": ["motcua.intake.events"],
        "payment": ["motcua.identity.events", "motcua.intake.events"],
        "notification": ["motcua.identity.events", "motcua.intake.events", "motcua.payment.events"],
    }
    deployments, logins = (
        by_service(manifests("nation", "Deployment")),
        by_service(manifests("nation", "TriggerAuthentication")),
    )
    for service, one in scaled.items():
        assert {each["metadata"]["consumerGroup"] for each in one["spec"]["triggers"]} == {f"motcua.{service}"}
        login = logins[service]["spec"]
        env = {entry["name"]: entry for entry in container(deployments[service])["env"]}
        password = next(entry for entry in login["secretTargetRef"] if entry["parameter"] == "password")
        reference = env["MOTCUA_KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"]
        assert (password["name"], password["key"]) == (reference["name"], reference["key"])
        assert login["env"][0]["name"] in env
        assert login["env"][0]["containerName"] == service


@pytest.mark.parametrize("name", ["province", "nation"])
def test_one_pod_at_a_time_is_moved_and_pods_stand_apart(name: str) -> None:
    budgets, deployments = by_service(manifests(name, "PodDisruptionBudget")), by_service(manifests(name, "Deployment"))
    for service, deployment in deployments.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"].items()
        assert budgets[service]["spec"]["maxUnavailable"] == 1
        assert budgets[service]["spec"]["selector"]["matchLabels"].items() <= labels
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        assert all(each["labelSelector"]["matchLabels"].items() <= labels for each in spread)


@pytest.mark.parametrize("name", FILES)
def test_every_selector_finds_its_own_service_and_no_other(name: str) -> None:
    labels = {
        service: one["spec"]["template"]["metadata"]["labels"]
        for service, one in by_service(manifests(name, "Deployment")).items()
    }
    for found in manifests(name, "Service"):
        component = found["metadata"]["labels"]["app.kubernetes.io/component"]
        chosen = [service for service, own in labels.items() if found["spec"]["selector"].items() <= own.items()]
        assert chosen == [component]
    for deployment in manifests(name, "Deployment"):
        own = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= own.items()
        assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(own), "a new chart would restart every pod"
