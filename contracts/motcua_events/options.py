"""What the commands share: where the cluster comes from, which topics and times are meant."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from motcua_contracts import Stream
from motcua_events.cluster import Cluster
from motcua_events.moments import parse_moment

EVENT_TOPICS = tuple(stream.topic for stream in Stream)


def cluster_of(context: typer.Context) -> Cluster:
    """The cluster that the options before the command name; also for commands of other packages."""
    cluster = context.find_object(Cluster)
    if cluster is None:
        raise typer.BadParameter("no cluster: call this through motcua-events")
    return cluster


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text}: not a time; try 2026-12-07T08:00, 2026-12-07 or 15m, 2h, 3d") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text}: not an application id") from None


Topics = Annotated[
    list[str] | None, typer.Option("--topic", help="repeat for several; otherwise the events of every service")
]
Since = Annotated[
    datetime | None, typer.Option(parser=_moment, metavar="TIME", help="2026-12-07T08:00 (Vietnam), or 15m, 2h, 3d ago")
]
Until = Annotated[datetime | None, typer.Option(parser=_moment, metavar="TIME", help="as --since")]
Application = Annotated[UUID | None, typer.Option(parser=_uuid, metavar="ID", help="events of this application")]
FromRecording = Annotated[
    Path | None, typer.Option("--recording", metavar="DIR", help="read a recording instead of a cluster")
]
AsJson = Annotated[bool, typer.Option("--json", help="for programs: one JSON document a line")]
