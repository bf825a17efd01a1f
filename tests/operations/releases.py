"""Payment's next two releases, made of the one that is here: one writes a new column, the other demands it.

Each lies in a folder of its own, package and migrations as in the source tree; who is told that folder runs it.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import motcua_payment

_SOURCES = Path(__file__).parent / "next_release"
BACKFILL = (_SOURCES / "backfill.sql").read_text("utf-8")
EXPAND = ("0004_expires_at.sql",)
CONTRACT = (*EXPAND, "0005_expires_at_always.sql", "0006_expires_at_looked_at.sql")
_WRITES_THE_COLUMN = """

# The next release: until when an order can be paid stands in a column of its own, written by the same statement.
for _before, _after in (("amount)", "amount, expires_at)"), ("$11::bigint[])", "$11::bigint[], $12::timestamptz[])")):
    assert _before in _UPSERT, _before
    _UPSERT = _UPSERT.replace(_before, _after)
_projected_without = _projected


def _projected(application: UUID, state: Payment) -> tuple[object, ...] | None:
    row = _projected_without(application, state)
    return row and (*row, state.request.expires_at if state.request else None)
"""


@dataclass(frozen=True)
class Release:
    """Code and migrations in one folder."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told that shall run it; a Job has migrated before."""
        inherited = os.environ.get("PYTHONPATH")
        path = [str(self.folder), *([inherited] if inherited else [])]
        return {"PYTHONPATH": os.pathsep.join(path), "MOTCUA_MIGRATE_AT_START": "false"}


def make_release(folder: Path, migrations: tuple[str, ...]) -> Release:
    """Payment as it is, these migrations more, and a projector that writes the new column."""
    package = Path(motcua_payment.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / package.name, ignore=ignored)
    shutil.copytree(package.parent / "migrations", folder / "migrations")
    for name in migrations:
        shutil.copy(_SOURCES / name, folder / "migrations")
    with (folder / package.name / "store.py").open("a", encoding="utf-8") as store:
        store.write(_WRITES_THE_COLUMN)
    return Release(folder)
