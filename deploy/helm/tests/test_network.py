"""Who may talk to whom: the policies read as a list of flows, and the routes that the world may reach."""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from deploy.helm.tests.chart import SERVICES, Manifest, by_service, manifests
from deploy.helm.tests.test_settings import environment, settings_of
from motcua_chassis import operations
from motcua_chassis.http import probes

Flow = tuple[str, str, int | str]


def who(peer: Manifest) -> str:
    """A peer in one word."""
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    pod, space = (peer.get(key, {}).get("matchLabels", {}) for key in ("podSelector", "namespaceSelector"))
    name = pod.get("app.kubernetes.io/component") or pod.get("cnpg.io/cluster") or pod.get("strimzi.io/cluster")
    return str(name or pod.get("k8s-app") or space["kubernetes.io/metadata.name"])


def flows(policies: Iterable[Manifest], direction: str) -> Iterator[Flow]:
    key = {"ingress": "from", "egress": "to"}[direction]
    for policy in policies:
        own = who({"podSelector": policy["spec"]["podSelector"]})
        for rule in policy["spec"].get(direction, []):
            assert rule[key], "an empty list of peers is everybody"
            assert rule["ports"], "no port is every port"
            for peer in rule[key]:
                yield from ((own, who(peer), port["port"]) for port in rule["ports"])


@pytest.fixture(scope="module")
def policies() -> list[Manifest]:
    found = manifests("province", "NetworkPolicy")
    return [policy for policy in found if not policy["metadata"]["name"].endswith("-deny")]


def test_everything_is_denied_to_every_pod_of_the_release() -> None:
    deny = next(found for found in manifests("province", "NetworkPolicy") if found["metadata"]["name"] == "motcua-deny")
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(deny["spec"])
    for workload in manifests("province", "Deployment", "Job"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert deny["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


def test_the_ways_out_are_these_and_no_others(policies: list[Manifest]) -> None:
    wanted: set[Flow] = set()
    for service in SERVICES:
        database = f"motcua-{service}-database"
        wanted |= {
            (service, "kube-dns", 53),
            (service, database, 5432),
            (service, "kafka", 9093),
            (service, "monitoring", 4318),
        }
        wanted |= {(f"{service}-migrations", "kube-dns", 53), (f"{service}-migrations", database, 5432)}
    wanted |= {
        ("identity", "intake", "http"),
        ("identity", "10.20.0.0/28", 443),
        ("payment", "198.51.100.0/24", 443),
        ("notification", "intake", "http"),
        ("notification", "10.30.0.25/32", 25),
        ("notification", "192.0.2.0/25", 443),
        ("notification", "192.0.2.128/25", 443),
    }
    assert set(flows(policies, "egress")) == wanted


def test_the_ways_in_are_these_and_no_others(policies: list[Manifest]) -> None:
    wanted: set[Flow] = {("intake", "identity", "http"), ("intake", "notification", "http")}
    for service in SERVICES:
        database = f"motcua-{service}-database"
        wanted |= {(service, "ingress-nginx", "http"), (service, "monitoring", "http")}
        wanted |= {(database, each, 5432) for each in (service, f"{service}-migrations", database, "cnpg-system")}
        wanted |= {(database, "cnpg-system", 8000), (database, "monitoring", 9187)}
    assert set(flows(policies, "ingress")) == wanted


def test_every_way_between_our_pods_is_open_at_both_ends(policies: list[Manifest]) -> None:
    inward = {(caller, callee) for callee, caller, _ in flows(policies, "ingress")}
    ours = {*SERVICES, *(f"motcua-{service}-database" for service in SERVICES)}
    for caller, callee, _ in flows(policies, "egress"):
        if callee in ours:
            assert (caller, callee) in inward


def routes(service: str, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], set[str]]:
    """Paths that a service has: those for people, and those for us."""
    deployment = by_service(manifests("laptop", "Deployment"))[service]
    for variable, value in environment(deployment["spec"]["template"]["spec"], __file__).items():
        monkeypatch.setenv(variable, value)
    wired: Any = importlib.import_module(f"motcua_{service}.__main__").service(settings_of(service)())
    own = {route.path for router in wired.routers for route in router.routes}
    inner = {path for path in own if path.startswith("/internal")}
    chassis = {route.path for router in (operations.router, probes) for route in router.routes}  # type: ignore[attr-defined]
    return own - inner, inner | chassis | {"/docs", "/openapi.json"}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", ["province", "nation"])
def test_the_world_reaches_every_route_for_people_and_none_of_ours(
    name: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, ours = routes(service, monkeypatch)
    assert people
    found = by_service(manifests(name, "Ingress", "HTTPRoute"))[service]
    prefixes = _prefixes(found)
    assert {path for path in people if not _reached(path, prefixes)} == set()
    assert {path for path in ours if _reached(path, prefixes)} == set()
    assert {prefix for prefix in prefixes if not any(_reached(path, [prefix]) for path in people)} == set()


def _prefixes(found: Manifest) -> list[str]:
    rule = found["spec"]["rules"][0]
    if found["kind"] == "Ingress":
        return [each["path"] for each in rule["http"]["paths"] if each["pathType"] == "Prefix"]
    return [each["path"]["value"] for each in rule["matches"] if each["path"]["type"] == "PathPrefix"]


def _reached(path: str, prefixes: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{prefix}/") for prefix in prefixes)
