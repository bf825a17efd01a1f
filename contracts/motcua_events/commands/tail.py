"""`tail`: events as they come, or as they came last."""

from collections import deque
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from motcua_contracts import EnvelopeError, Stream
from motcua_events.cluster import Cluster
from motcua_events.lines import write_line
from motcua_events.log import Log, Stretch
from motcua_events.options import EVENT_TOPICS, Application, AsJson, Since, Topics, Until, cluster_of
from motcua_events.records import Record
from motcua_events.running import run
from motcua_events.selection import Selection
from motcua_events.telling import Heard, heard, line, place

Shown = Callable[[Record, Heard | EnvelopeError], None]


def tail(
    context: typer.Context,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="payment.settled, settled, 'payment.*', or the whole type")
    ] = None,
    application: Application = None,
    service: Annotated[list[Stream] | None, typer.Option(help="repeat for several")] = None,
    since: Since = None,
    until: Until = None,
    topic: Topics = None,
    last: Annotated[
        int | None, typer.Option("--last", "-n", min=0, help="so many; else 10, or all that --since or a filter names")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="and those to come, until Ctrl-C")] = False,
    as_json: AsJson = False,
) -> None:
    """Show events, oldest first: the last ten, or those that fit. Times are those of the events."""
    selection = Selection(tuple(kind or ()), tuple(service or ()), application, since, until)
    topics = topic or [each.topic for each in service or ()] or EVENT_TOPICS
    most = last if last is not None else 10 if selection.takes_all else None
    run(_tail(cluster_of(context), tuple(topics), selection, most, _json if as_json else _pretty(), follow=follow))


async def _tail(
    cluster: Cluster, topics: tuple[str, ...], selection: Selection, most: int | None, show: Shown, *, follow: bool
) -> int:
    layout = await cluster.layout(topics)
    stretch = Stretch(
        {name: layout.partitions[name] for name in topics},
        since=selection.since,  # an event is published after it happened
        follow=follow,
        key=None if selection.application is None else str(selection.application).encode(),
        last=most if selection.takes_all else None,
    )
    log = Log(cluster, stretch)
    earlier: deque[tuple[Record, Heard | EnvelopeError]] = deque(maxlen=most)
    live = False
    async for records in log.batches():
        fitting = [found for record in records if _fits(selection, (found := (record, heard(record)))[1])]
        if follow and not live and log.caught_up:
            live = True
            _flush(earlier, show)
        if live or most is None:
            for found in fitting:
                show(*found)
        else:
            earlier.extend(fitting)
    _flush(earlier, show)
    return 0


def _fits(selection: Selection, found: Heard | EnvelopeError) -> bool:
    """What cannot be read fits only where everything does."""
    return selection.takes_all if isinstance(found, EnvelopeError) else selection.takes(found.envelope)


def _flush(earlier: deque[tuple[Record, Heard | EnvelopeError]], show: Shown) -> None:
    while earlier:
        show(*earlier.popleft())


def _json(record: Record, _: Heard | EnvelopeError) -> None:
    typer.echo(write_line(record))


def _pretty() -> Shown:
    console = Console(soft_wrap=True, highlight=False)

    def show(record: Record, found: Heard | EnvelopeError) -> None:
        if isinstance(found, EnvelopeError):
            console.print(Text(f"{place(record)}: {found.code}: {found}", style="red"))
        else:
            console.print(line(found))

    return show
