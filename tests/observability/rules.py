"""The alerts as they are shipped, and as a test that cannot wait wants them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "observability" / "alerts"
RUNBOOKS = ROOT / "docs" / "runbooks"


def rule_files() -> list[Path]:
    """Every file of alerts."""
    return sorted(ALERTS.glob("*.yaml"))


def case_files() -> list[Path]:
    """What promtool is asked about them."""
    return sorted((ALERTS / "tests").glob("*.yaml"))


def rules(file: Path) -> list[dict[str, Any]]:
    """The alerts of one file."""
    return [rule for group in yaml.safe_load(file.read_text("utf-8"))["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    return {rule["alert"]: rule for file in rule_files() for rule in rules(file)}


_SOONER = {"MotcuaFiguresStale": ("> 300", "> 10")}


def impatient(folder: Path) -> list[Path]:
    """The same rules without their `for`, written into this folder; one condition, a mere wait, is shortened."""
    written = []
    for file in rule_files():
        content = yaml.safe_load(file.read_text("utf-8"))
        for group in content["groups"]:
            for rule in group["rules"]:
                rule.pop("for", None)
                rule["expr"] = rule["expr"].replace(*_SOONER.get(rule["alert"], ("", "")))
        written.append(folder / file.name)
        written[-1].write_text(yaml.safe_dump(content), "utf-8")
    return written
