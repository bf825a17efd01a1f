"""Makes the base of the images where none can be pulled: a small Debian with Python, from Debian's own packages."""

import shutil
import tempfile
from pathlib import Path

from motcua_local.containers.engine import Engine, EngineError, complete

BASE, BUILDER = "motcua/base:local", "motcua/builder:local"
_SUITE = "bookworm"
_PACKAGES = "python3,ca-certificates,netbase,tzdata,usr-is-merged"
_MERGED = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"
"""Merged from the start: merging afterwards takes Perl, a quarter of the size."""
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*")


def make_base(engine: Engine, dockerfile: Path) -> None:
    """Have BASE and, with pip, BUILDER; nothing is made twice. Raises `EngineError`."""
    if not engine.has(BASE):
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "base.tar"
            _bootstrap(archive)
            with archive.open("rb") as content:
                engine.run("import", "-", BASE, given=content)
    if not engine.has(BUILDER):
        with tempfile.TemporaryDirectory() as empty:
            engine.run(
                *(
                    "build",
                    "--network=host",
                    f"--build-arg=BASE={BASE}",
                    f"--file={dockerfile}",
                    f"--tag={BUILDER}",
                    empty,
                )
            )


def _bootstrap(archive: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise EngineError("there is no mmdebstrap to make a base image with")
    without = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    with_licences = "--dpkgopt=path-include=/usr/share/doc/*/copyright"
    command = ("mmdebstrap", "--quiet", "--variant=apt", f"--include={_PACKAGES}", _MERGED, *without, with_licences)
    complete((*command, _SUITE, str(archive)), {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
