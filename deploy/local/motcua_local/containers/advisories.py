"""Asks the package index's advisory feed about what is locked; what nobody answered for is never called good."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

_PIP_AUDIT = "pip-audit==2.10.1"
_SECONDS = 600
_FOUND, _NOBODY_ANSWERED = 1, 3


@dataclass(frozen=True)
class Advisories:
    """What the feed said."""

    known: list[str]
    """A line for each vulnerability of a locked version."""
    asked: int
    unanswered: list[str]
    """Packages that the feed did not answer for."""


def report_advisories(locked: Path, console: Console) -> int:
    """Print what is known; 0 only where the feed answered for every package and knows nothing against any."""
    told = ask_feed(locked)
    for line in told.known:
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{told.asked - len(told.unanswered)} of {told.asked} locked packages were audited", highlight=False)
    if told.unanswered:
        named = ", ".join(told.unanswered[:5])
        console.print(
            f"no advisory feed answers here for {named}{' ...' if len(told.unanswered) > 5 else ''}", style="yellow"
        )
    return _FOUND if told.known else _NOBODY_ANSWERED if told.unanswered or not told.asked else 0


def ask_feed(locked: Path) -> Advisories:
    """Ask about every package; a feed that is away has answered for none."""
    uv = Path(sys.executable).with_name("uv")
    command = (str(uv), "tool", "run", "--quiet", "--from", _PIP_AUDIT, "pip-audit", "--requirement", str(locked))
    options = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json")
    ended = subprocess.run((*command, *options), capture_output=True, text=True, timeout=_SECONDS, check=False)
    return read_answer(ended.stdout)


def read_answer(text: str) -> Advisories:
    """Read what pip-audit printed; nothing readable means that nobody was asked."""
    try:
        packages = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Advisories([], 0, ["any package"])
    known = [_line(each, found) for each in packages for found in each.get("vulns", [])]
    return Advisories(known, len(packages), [each["name"] for each in packages if "skip_reason" in each])


def _line(package: dict[str, Any], found: dict[str, Any]) -> str:
    mended = ", ".join(found["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"
