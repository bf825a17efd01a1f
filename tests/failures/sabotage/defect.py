"""One deliberate defect: exact old and new text of a file, and the tests that have to notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class StaleDefectError(Exception):
    """The code has moved on: a defect's old text is not there, or there more than once."""


@dataclass(frozen=True)
class Change:
    """`old` stands exactly once in the file, and `new` in its place."""

    file: str
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        """Raises `StaleDefectError`."""
        if (found := text.count(self.old)) != 1:
            raise StaleDefectError(f"{self.file} has this {found} times instead of once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Defect:
    """Something one could well do wrong."""

    name: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
    """The smallest selection that should notice."""

    @contextmanager
    def in_place(self, tree: Path) -> Iterator[None]:
        """The tree has this defect meanwhile. Raises `StaleDefectError`; then nothing was changed."""
        before = {change.file: (tree / change.file).read_text(encoding="utf-8") for change in self.changes}
        after = dict(before)
        for change in self.changes:
            after[change.file] = change.applied_to(after[change.file])
        try:
            _write(tree, after)
            yield
        finally:
            _write(tree, before)


def _write(tree: Path, texts: dict[str, str]) -> None:
    for file, text in texts.items():
        (tree / file).write_text(text, encoding="utf-8")


def defect(name: str, file: str, old: str, new: str, *tests: str) -> Defect:
    """A defect in one place."""
    return Defect(name, (Change(file, old, new),), tests)
