"""A directory that outlives its run: the records, the databases, what the outside world remembers, and the secrets.

One run at a time holds it; what it holds is of no use without its secrets, and they are for its owner alone.
"""

import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Self

from motcua_local.processes import ProgramFailedError
from motcua_local.wiring import Secrets


class KeptDirectory:
    """Held while the block lasts; made where it is missing."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ProgramFailedError(f"{self.path} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise ProgramFailedError(f"another run holds {self.path}") from None
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def folder(self, name: str) -> Path:
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def secrets(self) -> Secrets:
        """Those of its first run: without its vault key nobody could read what it keeps."""
        file = self.path / "secrets.json"
        if not file.exists():
            draft = self.path / ".secrets.json"
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as new:
                json.dump(asdict(Secrets()), new)
            draft.rename(file)
        return Secrets(**json.loads(file.read_text("utf-8")))
