"""Asks the package index's advisory feed about what is locked, and says plainly where there is no feed to ask."""

import subprocess
import sys
from pathlib import Path

from rich.console import Console

_PIP_AUDIT = "pip-audit==2.10.1"
_AWAY = ("ConnectionError", "ServiceError", "MaxRetryError", "HTTPError", "Failed to connect", "timed out")
_SECONDS = 600


def report_advisories(locked: Path, console: Console) -> int:
    """Print what is known; 1 where a locked version is vulnerable, 0 where none is, 3 where no feed answers."""
    uv = Path(sys.executable).with_name("uv")
    command = (str(uv), "tool", "run", "--quiet", "--from", _PIP_AUDIT, "pip-audit", "--requirement", str(locked))
    options = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--desc=off")
    ended = subprocess.run((*command, *options), capture_output=True, text=True, timeout=_SECONDS, check=False)
    told = ended.stdout + ended.stderr
    console.print(told.strip(), markup=False, highlight=False, soft_wrap=True)
    if ended.returncode and any(sign in told for sign in _AWAY):
        console.print("no advisory feed answers here: nothing was audited", style="yellow")
        return 3
    return 1 if ended.returncode else 0
