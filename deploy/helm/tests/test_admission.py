"""Every object of every values file against the schemas of Kubernetes and of the operators' resources.

Nothing here is a cluster: a schema says what is well-formed, not what is admitted or works.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from deploy.helm.tests.chart import FILES, Manifest, manifests
from tests.support.javascript import installed

HERE = Path(__file__).parent
VERSIONS = ("1.30", "1.34", "1.37")
BY_TYPES = (
    "keda.sh/",
    "monitoring.coreos.com/",
    "external-secrets.io/",
    "gateway.networking.k8s.io/",
    "postgresql.cnpg.io/",
)
STRIMZI = "kafka.strimzi.io/v1"


def is_core(found: Manifest) -> bool:
    return not found["apiVersion"].startswith((*BY_TYPES, "kafka.strimzi.io/"))


@cache
def schemas(version: str) -> Traversable:
    return files("kubernetes_validate") / f"kubernetes-json-schema/v{version}.0-local-strict"


@cache
def definitions(version: str) -> jsonschema_rs.Registry:
    shared = json.loads((schemas(version) / "_definitions.json").read_text("utf-8"))
    return jsonschema_rs.Registry([(shared["$id"], shared)])


@cache
def validator(version: str, api: str, kind: str) -> jsonschema_rs.Draft202012Validator:
    """For one kind of one version; a field that does not exist is refused."""
    group, _, of_version = api.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.partition(".")[0], of_version) if part)
    schema = json.loads((schemas(version) / f"{name}.json").read_text("utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, registry=definitions(version))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    judged = [found for found in manifests(name) if is_core(found)]
    assert len(judged) >= 16
    for found in judged:
        validator(version, found["apiVersion"], found["kind"]).validate(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_field_that_kubernetes_does_not_know_is_seen(version: str) -> None:
    deployment = manifests("province", "Deployment")[0]
    judge = validator(version, deployment["apiVersion"], deployment["kind"])
    deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readonlyRootFilesystem"] = True
    assert not judge.is_valid(deployment)
    del deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readonlyRootFilesystem"]
    judge.validate(deployment)
    deployment["spec"]["replicas"] = "2"
    assert not judge.is_valid(deployment)


@pytest.mark.parametrize("name", ["province", "nation"])
def test_strimzi_knows_every_field_of_topics_and_users(name: str) -> None:
    judge = jsonschema_rs.Draft202012Validator(json.loads((HERE / "strimzi.schema.json").read_text("utf-8")))
    found = manifests(name, "KafkaTopic", "KafkaUser")
    assert {one["kind"] for one in found} == {"KafkaTopic", "KafkaUser"}
    for one in found:
        judge.validate(one)
        one["spec"]["partitons"] = 12
        assert not judge.is_valid(one)


@pytest.fixture(scope="module")
def witness(request: pytest.FixtureRequest) -> Path:
    """Where the operators' types are installed."""
    return installed(request.config, HERE / "js", "motcua-chart-witness")


def _testify(witness: Path, found: list[Manifest]) -> Any:
    lines = "\n".join(json.dumps(one) for one in found if one["apiVersion"].startswith(BY_TYPES))
    run = subprocess.run(["node", "witness.mjs"], cwd=witness, input=lines, capture_output=True, text=True, check=True)  # noqa: S607
    return json.loads(run.stdout)


def _told(found: Iterable[Manifest]) -> Counter[str]:
    return Counter(f"{one['apiVersion']} {one['kind']}" for one in found if one["apiVersion"].startswith(BY_TYPES))


def _broken() -> list[Manifest]:
    """Each kind with a field that does not exist, and one with a value of the wrong type."""
    found = {one["kind"]: one for one in manifests("nation") if one["apiVersion"].startswith(BY_TYPES)}
    for one in found.values():
        one["metadata"]["name"] = f"broken-{one['metadata']['name']}"
        one["spec"]["nonsense"] = 1
    mistyped = manifests("nation", "ScaledObject")[0]
    mistyped["metadata"]["name"] = "mistyped"
    mistyped["spec"]["maxReplicaCount"] = "many"
    return [*found.values(), mistyped]


@pytest.mark.timeout(600)
def test_the_operators_know_every_field_and_see_one_that_is_wrong(witness: Path) -> None:
    good, broken = manifests("province") + manifests("nation"), _broken()
    said = _testify(witness, good + broken)  # one run: most of its time is reading the types
    assert said["judged"] == _told(good + broken)
    assert len(said["judged"]) == 8
    seen = {(one["kind"], one["metadata"]["name"]) for one in broken}
    for kind, name in seen:
        assert any(f" {kind} {name}:" in fault for fault in said["faults"]), f"{kind}: {said['faults']}"
    strange = [fault for fault in said["faults"] if not any(f" {kind} {name}:" in fault for kind, name in seen)]
    assert strange == []


def test_every_object_was_judged_by_somebody() -> None:
    for name in FILES:
        for found in manifests(name):
            assert is_core(found) or found["apiVersion"].startswith(BY_TYPES) or found["apiVersion"] == STRIMZI
