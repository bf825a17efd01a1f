"""The chart as tests see it: values files, rendered objects, and refusals."""

import copy
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

CHART = Path(__file__).parents[1] / "motcua"
FILES = ("laptop", "province", "nation")
SERVICES = ("intake", "identity", "payment", "notification")
Values = dict[str, Any]
Manifest = dict[str, Any]


def values(name: str) -> Values:
    """A values file; the nation's with the digests that a pipeline adds."""
    read: Values = yaml.safe_load((CHART / f"values-{name}.yaml").read_text("utf-8"))
    if name == "nation":
        for number, service in enumerate(SERVICES, 1):
            read["services"][service]["image"] = {"digest": f"sha256:{number:064x}"}
    return read


def changed(name: str, **changes: Any) -> Values:
    """A values file with other values: `services__payment__replicas=3`; `...` takes one away."""
    given = values(name)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = given
        for part in parents:
            place = place.setdefault(part, {})
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return given


def render(given: Mapping[str, Any], *, release: str = "motcua", namespace: str = "motcua") -> list[Manifest]:
    """Every object; raises what Helm raises."""
    rendered = _chart().render(dict(given), name=release, namespace=namespace)
    texts = (text for path, text in sorted(rendered.items()) if path.endswith(".yaml"))
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


@cache
def _rendered(name: str) -> list[Manifest]:
    return render(values(name))


def manifests(name: str, *kinds: str) -> list[Manifest]:
    """The objects of a values file, of these kinds or all; a copy, for a test may change it."""
    return [copy.deepcopy(found) for found in _rendered(name) if not kinds or found["kind"] in kinds]


def by_service(found: list[Manifest]) -> dict[str, Manifest]:
    """One object for each service."""
    named = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in found}
    assert len(named) == len(found)
    return named


def pods(name: str) -> list[tuple[str, Manifest]]:
    """Every pod's specification, named after what makes it."""
    workloads = manifests(name, "Deployment", "Job")
    return [(f"{one['kind']} {one['metadata']['name']}", one["spec"]["template"]["spec"]) for one in workloads]


@cache
def _chart() -> helm.Chart:
    return helm.Chart.load(CHART)


def write_rendered(folder: Path) -> None:
    """Each values file's objects as one file, for tools that read manifests."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(manifests(name)), "utf-8")


if __name__ == "__main__":
    write_rendered(Path(sys.argv[1]))
