"""What the demo shows: progress while it runs, and a summary when it has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from motcua_contracts import (
    ApplicationAccepted,
    ApplicationSubmitted,
    Event,
    IdentityCheckCancelled,
    IdentityRejected,
    IdentityReviewRequired,
    IdentityVerified,
    NotificationRequested,
    NotificationSent,
    PaymentRefunded,
    PaymentSettled,
    PaymentWaived,
    ResultReturned,
)
from motcua_local.demo.checker import Violation

STAGES: Mapping[str, tuple[type[Event], ...]] = {
    "submitted": (ApplicationSubmitted,),
    "identity checked": (IdentityVerified, IdentityRejected, IdentityCheckCancelled),
    "reviewed by officers": (IdentityReviewRequired,),
    "fee settled or waived": (PaymentSettled, PaymentWaived),
    "accepted": (ApplicationAccepted,),
    "result returned": (ResultReturned,),
    "money given back": (PaymentRefunded,),
    "messages sent": (NotificationSent,),
}


class Stages:
    """A bar per stage of the pipeline, fed with events. What people and the world do decides how full a bar gets."""

    def __init__(self, console: Console, applications: int) -> None:
        self.progress = Progress(
            TextColumn("{task.description:>22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._messages = 0
        self._bars: dict[type[Event], TaskID] = {}
        for stage, types in STAGES.items():
            bar = self.progress.add_task(stage, total=applications)
            self._bars |= dict.fromkeys(types, bar)

    def count(self, event: Event) -> None:
        """This event was told."""
        if isinstance(event, NotificationRequested):
            self._messages += event.instead_of is None
            self.progress.update(self._bars[NotificationSent], total=self._messages)
        bar = self._bars.get(type(event))
        if bar is not None:
            self.progress.advance(bar)


@dataclass(frozen=True)
class Summary:
    """What a run came to; seconds from submission to the last event of an application."""

    outcomes: Mapping[str, tuple[int, int]]
    """Journey -> (planned, reached)."""
    events: Mapping[str, int]
    repeats: int
    parked: int
    restarts: Mapping[str, int]
    latencies: Sequence[float]
    seconds: float
    violations: Sequence[Violation]

    @property
    def ok(self) -> bool:
        """Every application reached its planned end and every invariant holds."""
        return not self.violations and all(planned == reached for planned, reached in self.outcomes.values())


def show(summary: Summary, console: Console) -> None:
    """Print the summary."""
    console.print(_outcomes(summary), _events(summary))
    applications = sum(planned for planned, _ in summary.outcomes.values())
    ordered = sorted(summary.latencies) or [0.0]
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    console.print(f"end to end, people included: p50 {p50:.2f} s, p99 {p99:.2f} s")
    console.print(f"{applications / summary.seconds:.1f} applications/s over {summary.seconds:.1f} s")
    console.print(f"repeats dropped: {summary.repeats}; parked records: {summary.parked}")
    restarted = {name: count for name, count in summary.restarts.items() if count}
    if restarted:
        console.print(
            f"restarted: {', '.join(f'{name} {count}x' for name, count in restarted.items())}", style="yellow"
        )
    for violation in summary.violations[:20]:
        console.print(f"{violation.invariant} {violation.application or ''} {violation.what}", style="red")
    if summary.ok:
        console.print("every application reached its planned end; invariants I1-I6 hold", style="bold green")
    else:
        console.print(f"{len(summary.violations)} violations", style="bold red")


def _outcomes(summary: Summary) -> Table:
    table = Table("journey", "planned", "reached", title="Applications by outcome", title_justify="left")
    for journey, (planned, reached) in summary.outcomes.items():
        table.add_row(journey, str(planned), str(reached), style=None if planned == reached else "red")
    return table


def _events(summary: Summary) -> Table:
    table = Table("event", "told", title="Events by type", title_justify="left")
    for name, count in sorted(summary.events.items()):
        table.add_row(name, str(count))
    return table
