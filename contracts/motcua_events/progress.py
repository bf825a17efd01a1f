"""Shows how far a command is, and how fast, on stderr: a moving line for people, nothing for logs until the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_OFTEN = 0.1


class Meter:
    """Counts; `total` may be set when it is known."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=None, rate="")
        self._began = time.monotonic()
        self._shown = 0.0
        self.done = 0

    def expect(self, total: int) -> None:
        """How many there will be, or about how many."""
        self._progress.update(self._task, total=total)

    def advance(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        if (now := time.monotonic()) - self._shown > _OFTEN:
            self._shown = now
            self._progress.update(self._task, completed=self.done, rate=f"{self.rate:,.0f}/s")

    def finish(self) -> None:
        """All are done, whatever was expected."""
        self._progress.update(self._task, completed=self.done, total=self.done, rate=f"{self.rate:,.0f}/s")

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._began, 1e-6)

    @property
    def rate(self) -> float:
        """Per second, since the beginning."""
        return self.done / self.seconds

    def __str__(self) -> str:
        return f"{self.done:,} in {self.seconds:.1f} s, {self.rate:,.0f}/s"


@contextmanager
def meter(what: str) -> Iterator[Meter]:
    """A meter that is drawn while the block runs, where stderr is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Meter(progress, what)
