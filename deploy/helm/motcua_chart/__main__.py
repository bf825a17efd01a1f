"""`python -m deploy.helm.motcua_chart [--check]`: writes the chart's `files/` from the places where their truth lies.

Exit codes: 0 in order; 1 with `--check` something drifted, and it is listed.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.helm.motcua_chart.kafka_objects import kafka_objects
from motcua_contracts.tools.topics import load_topics

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "deploy/helm/motcua/files"
OBSERVABILITY = ROOT / "deploy/observability"
_HEAD = "# Generated from contracts/topics: make chart\n"
_COPIES = (("alerts", "*.yaml"), ("dashboards", "*.json"))


def wanted() -> dict[str, str]:
    """Text of every file by its path below `files`."""
    objects = yaml.safe_dump(kafka_objects(load_topics(ROOT / "contracts/topics")), sort_keys=False, width=120)
    files = {"kafka.yaml": _HEAD + objects}
    for folder, pattern in _COPIES:
        for source in sorted((OBSERVABILITY / folder).glob(pattern)):
            files[f"{folder}/{source.name}"] = source.read_text("utf-8")
    return files


def drifts(files: Mapping[str, str], folder: Path = FILES) -> list[str]:
    """Paths that are missing, differ, or have no source any more."""
    found = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }
    return sorted(name for name in {*files, *found} if files.get(name) != found.get(name))


def write(files: Mapping[str, str], folder: Path = FILES) -> None:
    """Make the folder hold exactly these."""
    for name in drifts(files, folder):
        path = folder / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], "utf-8")
        else:
            path.unlink()


def main() -> int:
    """Write, or say what would be written."""
    parser = argparse.ArgumentParser(prog="motcua_chart", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and list what drifted")
    files = wanted()
    if not parser.parse_args().check:
        write(files)
    found = drifts(files)
    for name in found:
        sys.stdout.write(f"deploy/helm/motcua/files/{name} drifted from its source\n")
    if found:
        sys.stdout.write("To mend: make chart\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
