"""A disk of some hundred megabytes in memory, for a database that is to run out of it. Needs the right to mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEGABYTES = 320
_CHUNK = bytes(1 << 20)


class NoSmallDiskError(Exception):
    """It cannot be had here; the text is the reason."""


class SmallDisk:
    """Mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Take every byte that is left."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while ballast.write(_CHUNK[:size]) == size and size > 1:
                        continue
                except OSError:
                    continue

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Raises `NoSmallDiskError` where nothing may be mounted."""
    with TemporaryDirectory(prefix="motcua-disk-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o711)
        command = ("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=711", "motcua-disk", folder)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError as error:
            raise NoSmallDiskError(str(error)) from None
        if done.returncode:
            raise NoSmallDiskError(done.stderr.strip())
        try:
            yield SmallDisk(path)
        finally:
            subprocess.run(("umount", "-l", folder), capture_output=True, check=False)  # noqa: S603, S607
