"""Helm and Argo CD: the same values give the same objects, migrations have their moment, and the package is whole."""

import json
import re
from pathlib import Path

import helm_python as helm
import pytest
import yaml

from deploy.helm.tests.chart import CHART, FILES, changed, manifests, render, values

TEMPLATES = {path.name: path.read_text("utf-8") for path in (CHART / "templates").iterdir()}


@pytest.mark.parametrize("name", FILES)
def test_rendering_again_changes_nothing(name: str) -> None:
    assert json.dumps(render(values(name)), sort_keys=True) == json.dumps(manifests(name), sort_keys=True)


@pytest.mark.parametrize(
    "word", ["lookup", "rand[A-Z]", "gen[A-Z]", "uuidv4", "now", "Capabilities", "Release.Revision"]
)
def test_no_template_asks_the_cluster_the_clock_or_chance(word: str) -> None:
    actions = [
        action
        for text in TEMPLATES.values()
        for action in re.findall(r"{{(?!/\*).*?}}", re.sub(r"{{/\*.*?\*/}}", "", text))
    ]
    assert actions
    assert [action for action in actions if re.search(rf"\b{word}", action)] == []


def test_migrations_run_before_an_upgrade_and_their_last_log_stays() -> None:
    jobs = manifests("province", "Job")
    assert len(jobs) == 4
    for job in jobs:
        annotations = job["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == "post-install,pre-upgrade"
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation"
        assert annotations["argocd.argoproj.io/hook"] == "Sync"
        assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
        assert annotations["argocd.argoproj.io/sync-wave"] == "-1"


@pytest.mark.parametrize("by", ["hook", "job"])
def test_helm_takes_hooks_out_of_what_it_installs_and_puts_accounts_first(by: str) -> None:
    """Helm's own dry run, with no cluster behind it."""
    given = changed("province", migrations={"by": by})
    with helm.Config(namespace="motcua", storage_driver="memory", kube_apiserver="http://127.0.0.1:9") as config:
        release = config.install(str(CHART), "motcua", given, namespace="motcua", dry_run="client")
    kinds = [found["kind"] for found in yaml.safe_load_all(str(release["manifest"])) if found]
    assert kinds.count("Job") == (0 if by == "hook" else 4)
    assert kinds.index("NetworkPolicy") < kinds.index("ServiceAccount") < kinds.index("Deployment")
    assert f"Migrations: {by}" in str(release["notes"])


def test_what_a_migration_needs_comes_before_it_and_the_services_after_it() -> None:
    waves = {
        (one["kind"], one["metadata"]["name"]): int(
            one["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0)
        )
        for one in manifests("province")
    }
    early = {"Cluster", "ExternalSecret", "NetworkPolicy", "ServiceAccount", "KafkaUser", "KafkaTopic"}
    assert {wave for (kind, _), wave in waves.items() if kind in early} == {-3}
    assert {wave for (kind, _), wave in waves.items() if kind == "Job"} == {-1}
    assert {wave for (kind, _), wave in waves.items() if kind == "Deployment"} == {0}


def test_beside_the_deployments_a_new_image_is_a_new_job_and_the_same_one_is_not() -> None:
    def names(tag: str) -> set[str]:
        found = render(changed("province", migrations={"by": "job"}, image__tag=tag))
        jobs = [one for one in found if one["kind"] == "Job"]
        assert not any("helm.sh/hook" in job["metadata"]["annotations"] for job in jobs)
        return {job["metadata"]["name"] for job in jobs}

    assert len(names("1.0.0")) == 4
    assert names("1.0.0") == names("1.0.0")
    assert not names("1.0.0") & names("1.1.0")


def test_services_migrate_themselves_only_where_no_job_does() -> None:
    for by in ("hook", "job", "pods"):
        found = render(changed("province", migrations={"by": by}))
        assert len([one for one in found if one["kind"] == "Job"]) == (0 if by == "pods" else 4)
        for deployment in (one for one in found if one["kind"] == "Deployment"):
            env = {
                entry["name"]: entry.get("value")
                for entry in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
            }
            assert env["MOTCUA_MIGRATE_AT_START"] == ("true" if by == "pods" else "false")


def test_two_releases_in_one_cluster_share_no_name_and_no_pod() -> None:
    one, other = (
        render(
            changed(
                "province",
                strimzi={"enabled": False},
                networkPolicy__kafka=[{"ipBlock": {"cidr": "10.9.0.0/16"}}],
                kafka__userPrefix=f"{name}-",
            ),
            release=name,
        )
        for name in ("north", "south")
    )
    assert {found["metadata"]["name"] for found in one}.isdisjoint({found["metadata"]["name"] for found in other})
    assert "north-motcua-intake" in {found["metadata"]["name"] for found in one}


def test_names_fit_however_long_the_release_is_called() -> None:
    for found in render(changed("province", migrations={"by": "job"}), release="r" * 53):
        assert len(found["metadata"]["name"]) <= (50 if found["kind"] == "Cluster" else 63)


@pytest.mark.parametrize("name", FILES)
def test_the_package_holds_the_chart_and_gives_the_same(name: str, tmp_path: Path) -> None:
    archive = Path(helm.package(CHART, destination=tmp_path))
    assert archive.name == "motcua-0.1.0.tgz"
    with helm.Chart.load(archive) as packaged:
        rendered = packaged.render(values(name), name="motcua", namespace="motcua")
    with helm.Chart.load(CHART) as chart:
        assert rendered == chart.render(values(name), name="motcua", namespace="motcua")
