"""`show`: the whole story of one application."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from motcua_contracts import ApplicationSubmitted, EnvelopeError
from motcua_events.cluster import Cluster
from motcua_events.failure import ToolError
from motcua_events.lines import write_line
from motcua_events.log import Log, Stretch
from motcua_events.options import EVENT_TOPICS, AsJson, FromRecording, Topics, cluster_of
from motcua_events.recording import Recording
from motcua_events.records import Record, header
from motcua_events.running import run
from motcua_events.telling import Heard, heard
from motcua_events.timeline import Step, steps, table


def show(
    context: typer.Context,
    application: Annotated[str, typer.Argument(help="its id, or its dossier code, as H29.25.12-261207-0001")],
    topic: Topics = None,
    recording: FromRecording = None,
    *,
    all_partitions: Annotated[
        bool, typer.Option("--all-partitions", help="also where its key does not belong; slower")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened to an application, over all topics: in the order of time, each event under its cause."""
    source = (
        FromCluster(cluster_of(context), tuple(topic or EVENT_TOPICS), everywhere=all_partitions)
        if recording is None
        else Recorded(recording)
    )
    run(_show(source, application, as_json=as_json))


class FromCluster:
    """Reads an application's partition of each topic; to find its code, all of the topic where it is submitted."""

    def __init__(self, cluster: Cluster, topics: tuple[str, ...], *, everywhere: bool) -> None:
        self._cluster, self._topics, self._everywhere = cluster, topics, everywhere

    async def records(self, key: bytes | None) -> AsyncIterator[list[Record]]:
        """Those that may be of this key, or all in which a code may stand."""
        topics = (
            self._topics
            if key is not None
            else tuple(name for name in self._topics if name.endswith(ApplicationSubmitted.stream.topic))
            or self._topics
        )
        layout = await self._cluster.layout(topics)
        partitions = {name: layout.partitions[name] for name in topics}
        async for records in Log(self._cluster, Stretch(partitions, key=None if self._everywhere else key)).batches():
            yield records


class Recorded:
    """Reads a recording."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def records(self, _: bytes | None) -> AsyncIterator[list[Record]]:
        """All of them."""
        for records in Recording(self._directory).records():
            yield list(records)


async def _show(source: FromCluster | Recorded, application: str, *, as_json: bool) -> int:
    id_ = await _find(source, application)
    key = str(id_).encode()
    events: list[Heard] = []
    async for records in source.records(key):
        for record in records:
            if record.key == key or header(record, "ce_subject") == key:
                found = heard(record)
                if isinstance(found, EnvelopeError):
                    typer.echo(f"{record.topic}/{record.partition}/{record.offset}: {found}", err=True)
                else:
                    events.append(found)
    if not events:
        raise ToolError(f"no event of application {id_}")
    _print(id_, steps(events), as_json=as_json)
    return 0


async def _find(source: FromCluster | Recorded, application: str) -> UUID:
    try:
        return UUID(application)
    except ValueError:
        pass
    wanted, code = ApplicationSubmitted.type.encode(), json.dumps(application).encode()
    found: set[UUID] = set()
    async for records in source.records(None):
        for record in records:
            if record.value and code in record.value and header(record, "ce_type") == wanted:
                event = heard(record)
                if isinstance(event, Heard) and event.data.get("dossier", {}).get("code") == application:
                    found.add(event.envelope.subject)
    if not found:
        raise ToolError(f"{application} is neither an application id nor a dossier code of a submitted application")
    if len(found) > 1:
        raise ToolError(f"{application} is the dossier code of several: {', '.join(sorted(map(str, found)))}")
    return found.pop()


def _print(application: UUID, story: list[Step], *, as_json: bool) -> None:
    if as_json:
        for step in sorted(story, key=lambda step: step.number):
            event = json.loads(write_line(step.event.record))
            typer.echo(json.dumps({"number": step.number, "cause": step.cause, "event": event}, ensure_ascii=False))
        return
    console = Console(soft_wrap=False, highlight=False)
    code = next((code for step in story if (code := step.event.data.get("dossier", {}).get("code"))), "")
    console.print(f"application {application}  {code}  {len(story)} events", style="bold")
    console.print(table(story))
