"""The restricted Pod Security standard and what platform teams ask for beyond it, for each pod of each values file."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.helm.tests.chart import FILES, Manifest, manifests, pods

Rule = Callable[[Manifest], Any]

POD: dict[str, Rule] = {
    "runs as an unprivileged user": lambda pod: pod["securityContext"]["runAsNonRoot"] is True,
    "has a user and a group of its own": lambda pod: (
        {pod["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {10001}
    ),
    "has the runtime's seccomp profile": lambda pod: (
        pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    ),
    "gets no token of the API": lambda pod: pod["automountServiceAccountToken"] is False,
    "has an account of its own": lambda pod: pod["serviceAccountName"] not in {"", "default"},
    "is not told of other services by environment": lambda pod: pod["enableServiceLinks"] is False,
    "shares nothing with its node": lambda pod: not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(pod),
    "brings only volumes that hold nothing of the node": lambda pod: all(
        set(volume) - {"name"} <= {"emptyDir", "secret", "configMap", "projected"} for volume in pod["volumes"]
    ),
    "bounds what it may write": lambda pod: all(
        volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume
    ),
    "has one container and no other": lambda pod: len(pod["containers"]) == 1 and "initContainers" not in pod,
}

CONTAINER: dict[str, Rule] = {
    "cannot gain privileges": lambda one: one["securityContext"]["allowPrivilegeEscalation"] is False,
    "is not privileged": lambda one: not one["securityContext"].get("privileged"),
    "has no capabilities": lambda one: one["securityContext"]["capabilities"] == {"drop": ["ALL"]},
    "cannot write to its image": lambda one: one["securityContext"]["readOnlyRootFilesystem"] is True,
    "writes to /tmp alone": lambda one: (
        [mount["mountPath"] for mount in one["volumeMounts"] if not mount.get("readOnly")] == ["/tmp"]  # noqa: S108
    ),
    "asks for processor and memory": lambda one: set(one["resources"]["requests"]) >= {"cpu", "memory"},
    "has a limit of memory": lambda one: "memory" in one["resources"]["limits"],
    "names an image with a version": lambda one: (
        (":" in one["image"].rpartition("/")[2] or "@sha256:" in one["image"]) and not one["image"].endswith(":latest")
    ),
    "takes no port of the node": lambda one: not any("hostPort" in port for port in one.get("ports", [])),
    "holds no secret in plain sight": lambda one: (
        not any(
            word in entry["name"] and "value" in entry
            for entry in one["env"]
            for word in ("SECRET", "PASSWORD", "KEY", "TOKEN", "DATABASE_DIRECT", "PROVIDERS")
        )
        and all("valueFrom" in entry for entry in one["env"] if entry["name"] == "MOTCUA_DATABASE")
    ),
}


@pytest.mark.parametrize("rule", POD)
def test_a_pod(rule: str) -> None:
    broken = [(name, pod) for name in FILES for pod, spec in pods(name) if not POD[rule](spec)]
    assert not broken, rule


@pytest.mark.parametrize("rule", CONTAINER)
def test_a_container(rule: str) -> None:
    found = [(name, pod, one) for name in FILES for pod, spec in pods(name) for one in spec["containers"]]
    assert len(found) == 4 + 8 + 8
    broken = [(name, pod) for name, pod, one in found if not CONTAINER[rule](one)]
    assert not broken, rule


@pytest.mark.parametrize("name", FILES)
def test_no_account_gets_a_token_and_nothing_gets_a_right(name: str) -> None:
    accounts = manifests(name, "ServiceAccount")
    assert len(accounts) == 4
    assert all(account["automountServiceAccountToken"] is False for account in accounts)
    kinds = {found["kind"] for found in manifests(name)}
    assert not kinds & {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "Secret"}
