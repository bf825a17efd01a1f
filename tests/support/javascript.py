"""npm packages for tests that let JavaScript judge: installed once for each lock file, outside the tree."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest


def installed(config: pytest.Config, folder: Path, name: str) -> Path:
    """Where this folder's locked packages are, with its `witness.mjs`. Skips where they cannot be."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: nobody judges in JavaScript")
    sources = [folder / file for file in ("package.json", "package-lock.json", ".npmrc")]
    digest = sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:16]
    home = Path(config.cache.mkdir(name))
    place = home / digest
    if not place.exists():
        _install(sources, home, place)
    shutil.copy(folder / "witness.mjs", place)
    return place


def _install(sources: list[Path], home: Path, place: Path) -> None:
    fresh = Path(tempfile.mkdtemp(dir=home))
    for file in sources:
        shutil.copy(file, fresh)
    run = subprocess.run(["npm", "ci"], cwd=fresh, capture_output=True, text=True, check=False)  # noqa: S607
    if run.returncode:
        shutil.rmtree(fresh)
        pytest.skip(f"npm ci failed, nobody judges in JavaScript: {run.stderr.strip()[-300:]}")
    try:
        os.rename(fresh, place)  # noqa: PTH104  # whole or not at all, should another run install at the same time
    except OSError:
        shutil.rmtree(fresh)
