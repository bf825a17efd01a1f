"""Kafka's objects, databases, secrets and monitoring: what the operators are asked for, by a value each."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.helm.motcua_chart.__main__ import drifts, wanted, write
from deploy.helm.tests.chart import CHART, SERVICES, by_service, changed, manifests, pods, render
from motcua_contracts.tools.topics import load_topics
from motcua_local.apache.rights import OBSERVER, rights

TOPICS = load_topics(CHART.parents[2] / "contracts/topics")
OPERATORS = {"kafka.strimzi.io", "postgresql.cnpg.io", "external-secrets.io", "monitoring.coreos.com", "keda.sh"}


def test_the_chart_holds_what_its_sources_say() -> None:
    assert drifts(wanted()) == [], "make chart"


def test_what_drifted_is_named_and_mended(tmp_path: Path) -> None:
    files = {"kafka.yaml": "a", "alerts/one.yaml": "b"}
    write(files, tmp_path)
    assert drifts(files, tmp_path) == []
    (tmp_path / "alerts/one.yaml").write_text("c")
    (tmp_path / "alerts/gone.yaml").write_text("d")
    assert drifts(files, tmp_path) == ["alerts/gone.yaml", "alerts/one.yaml"]
    write(files, tmp_path)
    assert drifts(files, tmp_path) == []


def test_topics_are_those_of_the_contracts_and_outlive_the_release() -> None:
    found = {one["metadata"]["name"]: one for one in manifests("province", "KafkaTopic")}
    assert set(found) == {topic.topic for topic in TOPICS}
    for topic in TOPICS:
        spec, annotations = (found[topic.topic][key] for key in ("spec", "metadata"))
        assert (spec["partitions"], spec["replicas"]) == (topic.partitions, topic.production.replication)
        wanted_config = topic.settings | {"min.insync.replicas": str(topic.production.min_insync_replicas)}
        assert spec["config"] == wanted_config
        assert annotations["annotations"]["helm.sh/resource-policy"] == "keep"
        assert "Delete=false" in annotations["annotations"]["argocd.argoproj.io/sync-options"]


def test_each_principal_may_do_what_the_contracts_give_it_and_nothing_else() -> None:
    granted = {
        (one["metadata"]["name"].removeprefix("motcua-"), rule["resource"]["type"], rule["resource"]["name"], operation)
        for one in manifests("province", "KafkaUser")
        for rule in one["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
        if operation != "Describe"
    }
    assert granted == {
        (right.principal, right.resource.name.lower(), right.name, right.operation.name.capitalize())
        for right in rights(TOPICS)
        if right.principal != OBSERVER
    }
    literal = [
        rule["resource"]["patternType"]
        for one in manifests("province", "KafkaUser")
        for rule in one["spec"]["authorization"]["acls"]
    ]
    assert set(literal) == {"literal"}


def test_pods_log_in_as_their_kafka_user() -> None:
    users = {one["metadata"]["name"] for one in manifests("province", "KafkaUser")}
    for deployment in manifests("province", "Deployment"):
        env = {entry["name"]: entry for entry in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert env["MOTCUA_KAFKA_USERNAME"]["value"] in users
        assert (
            env["MOTCUA_KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == env["MOTCUA_KAFKA_USERNAME"]["value"]
        )


def test_every_service_has_a_database_of_its_own_that_outlives_the_release() -> None:
    clusters = by_service(manifests("province", "Cluster"))
    assert set(clusters) == set(SERVICES)
    for service, cluster in clusters.items():
        assert cluster["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        assert cluster["spec"]["bootstrap"]["initdb"] == {"database": f"motcua_{service}", "owner": f"motcua_{service}"}
        assert cluster["spec"]["postgresql"]["parameters"]["max_connections"] == "200"
        assert cluster["spec"]["postgresql"]["synchronous"]["dataDurability"] == "required"
        assert cluster["spec"]["enableSuperuserAccess"] is False


def made_by_operators(found: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
    """Secrets, and their keys, that somebody makes once these objects are there."""
    made = set()
    for one in found:
        name = one["metadata"]["name"]
        if one["kind"] == "ExternalSecret":
            made |= {(one["spec"]["target"]["name"], each["secretKey"]) for each in one["spec"]["data"]}
        elif one["kind"] == "Cluster":
            made.add((f"{name}-app", "uri"))
        elif one["kind"] == "KafkaUser" and one["metadata"]["namespace"] == "motcua":
            made |= {(name, "password"), ("kafka-cluster-ca-cert", "ca.crt")}
    return made


@pytest.mark.parametrize("name", ["province", "nation"])
def test_every_secret_that_a_pod_needs_is_made_by_somebody(name: str) -> None:
    needed = set()
    for _, pod in pods(name):
        references = [
            entry["valueFrom"]["secretKeyRef"] for entry in pod["containers"][0]["env"] if "valueFrom" in entry
        ]
        needed |= {(reference["name"], reference["key"]) for reference in references}
        needed |= {(v["secret"]["secretName"], v["secret"]["items"][0]["key"]) for v in pod["volumes"] if "secret" in v}
    assert needed == {pair for pair in made_by_operators(manifests(name)) if pair[0] != "motcua-operators"}


def test_without_operators_the_chart_asks_for_none() -> None:
    groups = {found["apiVersion"].partition("/")[0] for found in manifests("laptop")}
    assert not groups & OPERATORS


@pytest.mark.parametrize("switch", ["strimzi", "cnpg", "externalSecrets", "podMonitor", "prometheusRule", "dashboards"])
def test_each_operator_is_a_value_and_takes_its_objects_along(switch: str) -> None:
    group = {
        "strimzi": "kafka.strimzi.io/v1",
        "cnpg": "postgresql.cnpg.io/v1",
        "externalSecrets": "external-secrets.io/v1",
        "podMonitor": "monitoring.coreos.com/v1 PodMonitor",
        "prometheusRule": "monitoring.coreos.com/v1 PrometheusRule",
        "dashboards": "v1 ConfigMap",
    }[switch]
    peers = [{"ipBlock": {"cidr": "10.9.0.0/16"}}]
    off = {f"{switch}__enabled": False, "networkPolicy__kafka": peers, "networkPolicy__databases": peers}
    without = {f"{found['apiVersion']} {found['kind']}" for found in render(changed("province", **off))}
    assert not any(kind.startswith(group) for kind in without)


def test_alerts_and_dashboards_arrive_whole() -> None:
    rules = {
        one["metadata"]["name"].removeprefix("motcua-"): one["spec"] for one in manifests("province", "PrometheusRule")
    }
    alerts = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (CHART / "files/alerts").glob("*.yaml")}
    assert alerts
    assert rules == alerts
    shown = [one for one in manifests("province", "ConfigMap") if "grafana_dashboard" in one["metadata"]["labels"]]
    boards = {path.name: path.read_text("utf-8") for path in (CHART / "files/dashboards").glob("*.json")}
    assert {key: text.strip() for one in shown for key, text in one["data"].items()} == {
        name: text.strip() for name, text in boards.items()
    }


def test_every_service_is_scraped_under_its_name() -> None:
    (monitor,) = manifests("province", "PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    assert endpoint["relabelings"][0]["targetLabel"] == "service"
    (among,) = monitor["spec"]["selector"]["matchExpressions"]
    assert among["values"] == list(SERVICES)
