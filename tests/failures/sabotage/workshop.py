"""A copy of the tree in a temporary directory, and pytest in it: nothing of the original is ever changed."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

TREE = Path(__file__).parents[3]
_PARTS = ("contracts", "chassis", "services", "deploy", "tests", "docs", "pyproject.toml", "conftest.py", "Makefile")
_MEMBERS = (
    ".", "contracts", "chassis", "services/intake", "services/identity", "services/payment", "services/notification",
    "deploy/local", "deploy/simulators",
)  # fmt: skip
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules", ".hypothesis", "*.pyc", ".coverage")
_FAILED = re.compile(r"^FAILED (\S+::\S+)", re.MULTILINE)
LONGEST = 240.0


class Ran(NamedTuple):
    """One run of a few tests."""

    passed: bool
    failed: list[str]
    """Tests that said no; an error while collecting or preparing is not one of them."""
    seconds: float
    output: str


class Workshop:
    """The copy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(str(root / member) for member in _MEMBERS),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, tests: Sequence[str], longest: float = LONGEST) -> Ran:
        """Run these tests in the copy, up to the first that fails."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=120", *tests]
        started = time.perf_counter()
        try:
            done = subprocess.run(  # noqa: S603  # our own tests
                command, cwd=self.root, env=self._environment, capture_output=True, text=True, timeout=longest,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(passed=False, failed=[], seconds=longest, output=f"no end within {longest:.0f} s")
        failed = _FAILED.findall(done.stdout)
        return Ran(done.returncode == 0, failed, time.perf_counter() - started, done.stdout + done.stderr)


@contextmanager
def workshop() -> Iterator[Workshop]:
    """A fresh copy, gone afterwards."""
    with TemporaryDirectory(prefix="motcua-sabotage-") as temporary:
        root = Path(temporary) / "tree"
        root.mkdir()
        for part in _PARTS:
            source = TREE / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=_LEFT_OUT)
            elif source.exists():
                shutil.copy2(source, root / part)
        yield Workshop(root)
