"""The directory of one run: removed when the run ends, or by the next run if this one was killed.

A run holds a lock on its directory; a directory whose lock is free belongs to nobody.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Self

_PREFIX = "motcua-run-"
_LOCK = ".lock"
_REMOVAL_SECONDS = 5.0
"""A database whose owner was just killed may still be writing while its directory is removed."""


class ScratchDirectory:
    """A locked directory under the system's temporary directory; the database's own user may pass through it."""

    def __init__(self) -> None:
        parent = _parent()
        sweep(parent)
        unlocked = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
        lock = _lock(unlocked)
        if lock is None:
            raise RuntimeError(f"somebody else holds the new directory {unlocked}")
        self._lock = lock
        unlocked.chmod(0o711)
        # Under its sweepable name only once locked: another run must never find it free.
        self.path = unlocked.rename(parent / unlocked.name.removeprefix("."))

    def folder(self, name: str) -> Path:
        """Make a private folder."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _remove(self.path)
        os.close(self._lock)


def sweep(parent: Path) -> list[Path]:
    """Remove the directories of runs that were killed; return what was removed."""
    return [directory for directory in parent.glob(f"{_PREFIX}*") if _is_ours(directory) and _remove_if_free(directory)]


def _parent() -> Path:
    """Return the temporary directory; a private one of root's is of no use to the database's own user."""
    chosen = Path(tempfile.gettempdir())
    passable = all(folder.stat().st_mode & stat.S_IXOTH for folder in (chosen, *chosen.parents))
    return chosen if passable or os.geteuid() != 0 else Path("/tmp")  # noqa: S108 - mkdtemp makes it safe


def _is_ours(directory: Path) -> bool:
    try:
        status = directory.lstat()
    except FileNotFoundError:
        return False
    return directory.is_dir() and not directory.is_symlink() and status.st_uid == os.geteuid()


def _remove_if_free(directory: Path) -> bool:
    try:
        lock = _lock(directory)
    except FileNotFoundError:
        return False
    if lock is None:
        return False
    _remove(directory)
    os.close(lock)
    return True


def _lock(directory: Path) -> int | None:
    descriptor = os.open(directory / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(directory: Path) -> None:
    deadline = time.monotonic() + _REMOVAL_SECONDS
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"cannot remove {directory}: a process still writes into it")
        time.sleep(0.05)
