"""`validate`: topics, or a recording, against the contracts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from motcua_events.cluster import Cluster
from motcua_events.failure import ToolError
from motcua_events.inspector import NOTES, Finding, Inspector
from motcua_events.lines import read_line
from motcua_events.log import Log, Stretch
from motcua_events.manifest import Segment
from motcua_events.options import EVENT_TOPICS, AsJson, Since, Topics, Until, cluster_of
from motcua_events.progress import Meter, meter
from motcua_events.recording import Recording
from motcua_events.records import Record
from motcua_events.running import FAULTS, run
from motcua_events.sequences import Sequences
from motcua_events.telling import place


def validate(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Argument(help="a recording; without it, the cluster's topics")] = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, typer.Option(min=1, help="say so many findings; all are counted")] = 1_000,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="repeats are faults too, though the contracts permit them")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check every event: headers, type, version, body, place, and the sequence of each application. Exit 1: faults."""
    report = Report(most, strict=strict, as_json=as_json)
    if directory is not None:
        run(_recording(directory, report))
    stretch = Stretch(dict.fromkeys(topic or EVENT_TOPICS, 0), since, until)
    run(_cluster(cluster_of(context), stretch, report))


class Report:
    """Says findings as they come, and counts them."""

    def __init__(self, most: int, *, strict: bool, as_json: bool) -> None:
        self._most, self._strict, self._as_json = most, strict, as_json
        self._kinds: dict[str, int] = {}
        self._said = 0

    def say(self, where: str, finding: Finding, record: Record | None = None) -> None:
        """One line: where, kind, what."""
        self._kinds[finding.kind] = self._kinds.get(finding.kind, 0) + 1
        self._said += 1
        if self._said > self._most:
            return
        origin = place(record) if record is not None else None
        if self._as_json:
            typer.echo(json.dumps({"where": where, "record": origin, "kind": finding.kind, "text": finding.text}))
        else:
            at = where if origin is None or origin == where else f"{where} ({origin})"
            typer.echo(f"{at}: {finding.kind}: {finding.text}")

    def end(self, progress: Meter) -> int:
        """The sum, on stderr; the exit code."""
        if self._said > self._most:
            typer.echo(f"... and {self._said - self._most:,} more", err=True)
        for kind, count in sorted(self._kinds.items()):
            typer.echo(f"{count:>9,}  {kind}{'  (permitted)' if self._permitted(kind) else ''}", err=True)
        faults = sum(count for kind, count in self._kinds.items() if not self._permitted(kind))
        typer.echo(f"validated {progress}: {f'{faults:,} faults' if faults else 'no faults'}", err=True)
        return FAULTS if faults else 0

    def _permitted(self, kind: str) -> bool:
        return kind in NOTES and not self._strict


async def _cluster(cluster: Cluster, stretch: Stretch, report: Report) -> int:
    layout = await cluster.layout(stretch.topics)
    partitions = {name: layout.partitions[name] for name in stretch.topics}
    log = Log(cluster, Stretch(partitions, stretch.since, stretch.until))
    with meter("validating") as progress, Sequences() as sequences:
        inspector: Inspector | None = None
        async for records in log.batches():
            if inspector is None:
                whole = {(each.topic, each.partition) for each, start in log.starts.items() if start == 0}
                inspector = Inspector(partitions, set() if stretch.since else whole, sequences)
                progress.expect(log.expected)
            for record in records:
                for finding in inspector.inspect(record):
                    report.say(place(record), finding)
            progress.advance(len(records))
    return report.end(progress)


async def _recording(directory: Path, report: Report) -> int:
    recording = Recording(directory)
    manifest = recording.manifest
    whole = {
        (name, number)
        for name, topic in manifest.topics.items()
        for number, at in topic.offsets.items()
        if not at.first
    }
    partitions = {name: topic.partitions for name, topic in manifest.topics.items()}
    with meter("validating") as progress, Sequences() as sequences:
        progress.expect(manifest.records)
        inspector = Inspector(partitions, set() if manifest.since else whole, sequences)
        if not manifest.complete:
            report.say(str(directory), Finding("incomplete", "recording was interrupted"))
        for damage in recording.damages():
            where, _, text = damage.partition(": ")
            report.say(where, Finding("damaged", text))
        for segment in manifest.segments:
            for where, record, finding in _faults(recording, segment, inspector, progress):
                report.say(where, finding, record)
    return report.end(progress)


def _faults(
    recording: Recording, segment: Segment, inspector: Inspector, progress: Meter
) -> Iterator[tuple[str, Record | None, Finding]]:
    try:
        for chunk in recording.chunks(segment):
            for number, line in enumerate(chunk.lines, chunk.first_line):
                try:
                    record = read_line(line)
                except ValueError as fault:
                    yield f"{chunk.file}:{number}", None, Finding("bad-line", str(fault))
                    continue
                for finding in inspector.inspect(record):
                    yield f"{chunk.file}:{number}", record, finding
            progress.advance(len(chunk.lines))
    except ToolError as damage:
        where, _, text = str(damage).partition(": ")
        yield where, None, Finding("damaged", text)
