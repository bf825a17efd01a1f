"""Prometheus, promtool and Alertmanager: those on the path, else Debian's packages, unpacked into the user's cache.

Nothing is installed on the machine: apt fetches and checks the packages, dpkg unpacks them. But for two files: Debian's
Alertmanager reads its templates at a fixed place, and root puts them there. What stands in the way is a reason.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

PACKAGES = ("prometheus", "prometheus-alertmanager")
_FETCH_SECONDS = 120
_TEMPLATES = Path("/usr/share/prometheus/alertmanager")


class NotToBeHadError(Exception):
    """The binaries are not here and cannot be fetched; the text is the reason."""


@cache
def binary(name: str) -> Path:
    """`prometheus`, `promtool` or `prometheus-alertmanager`. Raises `NotToBeHadError`."""
    if found := shutil.which(name):
        return Path(found)
    folder = _cache() / "prometheus"
    if not (unpacked := folder / "usr" / "bin" / name).exists():
        _fetch(folder)
    try:
        _run(folder, str(unpacked), "--version")
    except OSError as error:
        raise NotToBeHadError(f"{name} does not run here: {error.strerror}") from None
    return unpacked


def alertmanager() -> Path:
    """Alertmanager with what it reads besides its settings. Raises `NotToBeHadError`."""
    found = binary("prometheus-alertmanager")
    if not found.is_relative_to(_cache()):
        return found
    unpacked = _cache() / "prometheus" / _TEMPLATES.relative_to("/")
    for template in unpacked.glob("*.tmpl"):
        if not (there := _TEMPLATES / template.name).exists():
            if os.geteuid() != 0:
                raise NotToBeHadError(f"Debian's Alertmanager wants {there}; only root can put it there")
            _TEMPLATES.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(template, there)
    return found


def _fetch(folder: Path) -> None:
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise NotToBeHadError(f"no Prometheus on the path and no {' nor '.join(missing)} to fetch it with")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _download(folder)
    except NotToBeHadError:
        if os.geteuid() != 0:
            raise
        _run(folder, "apt-get", "update", "--quiet")  # the lists were never fetched, or are too old
        _download(folder)
    for package in folder.glob("*.deb"):
        _run(folder, "dpkg-deb", "--extract", str(package), str(folder))
        package.unlink()


def _download(folder: Path) -> None:
    _run(folder, "apt-get", "download", "--quiet", *PACKAGES)


def _run(folder: Path, *command: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotToBeHadError(f"{command[0]} took more than {_FETCH_SECONDS} s") from None
    if done.returncode:
        raise NotToBeHadError(f"{' '.join(command[:2])}: {(done.stderr or done.stdout).strip()[-200:]}")


def _cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "motcua"
