"""`rehearse`: what would a service's present rules say to what a recording holds? Exit 0: the same, 1: otherwise."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from motcua_chassis.codec import Incoming, Poison, Reader
from motcua_chassis.event_commands.excerpt import excerpts
from motcua_chassis.event_commands.findings import Findings, Found
from motcua_chassis.event_commands.groups import Groups
from motcua_chassis.event_commands.options import AsJson, Service, With, decider_of, draw, installed, moment
from motcua_chassis.event_commands.page import write_page
from motcua_chassis.event_commands.words import summary, table
from motcua_chassis.message import Decider
from motcua_chassis.rehearsal import Range, Rehearsal
from motcua_chassis.replayable import Replayable
from motcua_contracts import Stream
from motcua_events.failure import ToolError
from motcua_events.progress import Meter, meter
from motcua_events.recording import Recording
from motcua_events.records import StoredRecord, header
from motcua_events.running import FAULTS, run
from motcua_events.telling import place

app = typer.Typer(add_completion=False)


@app.command()
def rehearse(
    service: Service,
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="a directory that `record` wrote")],
    given: With = None,
    since: Annotated[
        datetime | None, typer.Option("--from", parser=moment, metavar="TIME", help="judge decisions from then on")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", parser=moment, metavar="TIME", help="before then")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="write a page for people")] = None,
    most: Annotated[int, typer.Option(min=1, help="show so many differences; all are counted")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """Ask a service's real rules again what they were asked, and show what they would say otherwise.

    Each decision is matched by application, type and occurrence, then field by field. Nothing outside is called.
    Commands that were refused and answers that changed nothing left no event: they cannot be rehearsed.
    """
    run(_rehearse(service, recording, given or (), (since, until), report, most, as_json=as_json))


async def _rehearse(
    service: str,
    directory: Path,
    given: Sequence[str],
    times: tuple[datetime | None, datetime | None],
    report: Path | None,
    most: int,
    *,
    as_json: bool,
) -> int:
    replayable = installed(service)
    decider, recording = decider_of(replayable, given), Recording(directory)
    _require(recording, replayable)
    recording.verify()
    findings = Findings(service)
    with meter("rehearsing") as progress, Groups(recording.manifest.records) as groups:
        heard_until = _deal_out(recording, replayable, groups, progress)
        within = Range(times[0], times[1], heard_until)
        for found in _found(replayable, decider, groups, within, findings):
            if as_json:
                typer.echo(json.dumps(found.document(), ensure_ascii=False))
    if as_json:
        typer.echo(json.dumps(findings.summary(), ensure_ascii=False))
    else:
        _show(findings, most)
    if report is not None:
        _write(report, write_page(findings, recording.manifest, given))
    if findings.own_unread:
        raise ToolError(
            f"{findings.own_unread:,} of {service}'s own events cannot be read: what was judged is not all; "
            "`motcua-events validate` says which they are"
        )
    return FAULTS if findings.differs else 0


def _require(recording: Recording, replayable: Replayable[Any]) -> None:
    needed = {replayable.stream.topic, *Reader(replayable.reads).topics}
    if missing := sorted(needed - set(recording.manifest.topics)):
        raise ToolError(f"{recording.directory} lacks {', '.join(missing)}, which {replayable.stream.value} reads")


def _deal_out(recording: Recording, replayable: Replayable[Any], groups: Groups, progress: Meter) -> datetime | None:
    """Also gives the time of the service's last event: its last sign of life in the recording."""
    own = replayable.stream.topic
    last: datetime | None = None
    progress.expect(recording.manifest.records)
    for excerpt in excerpts(recording, {own, *Reader(replayable.reads).topics}):
        for line, record in excerpt.lines:
            groups.add(record.key, line)
            if record.topic == own and (at := _time(record)) is not None:
                last = at if last is None else max(last, at)
        progress.advance(excerpt.passed)
    return last


def _time(record: StoredRecord) -> datetime | None:
    try:
        at = datetime.fromisoformat((header(record, "ce_time") or b"").decode())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _found(
    replayable: Replayable[Any], decider: Decider[Any], groups: Groups, within: Range, findings: Findings
) -> Iterator[Found]:
    rehearsal = Rehearsal(decider, replayable.recall, replayable.reads, within)
    findings.tally = rehearsal.tally
    own, upstream = replayable.own_events(), Reader(replayable.reads)
    for group in groups:
        for records in group.values():
            ours = _read(own, records, replayable.stream, findings)
            theirs = _read(upstream, records, None, findings, but=replayable.stream)
            if not ours and not theirs:
                continue
            application = UUID(str((ours or theirs)[0].envelope.subject))
            yield from findings.add(rehearsal.application(application, ours, theirs), _dossier([*ours, *theirs]))


def _read(
    reader: Reader,
    records: Sequence[StoredRecord],
    stream: Stream | None,
    findings: Findings,
    but: Stream | None = None,
) -> list[Incoming]:
    """Those of one stream, or of all but one; what cannot be read is noted."""
    read: list[Incoming] = []
    for record in records:
        if (stream and record.topic != stream.topic) or (but and record.topic == but.topic):
            continue
        reading = reader.read(record)
        if isinstance(reading, Incoming):
            read.append(reading)
        elif isinstance(reading, Poison):
            findings.pass_over(place(record), reading.reason, own=stream is not None)
        elif stream is not None:
            findings.pass_over(place(record), "unknown-type", own=True)
    return read


def _dossier(events: Sequence[Incoming]) -> str | None:
    found = (getattr(getattr(each.event, "dossier", None), "code", None) for each in events)
    return next((code for code in found if code is not None), None)


def _show(findings: Findings, most: int) -> None:
    shown = findings.kept[:most]
    if shown:
        draw(table(shown))
    if len(shown) < findings.total:
        typer.echo(f"... and {findings.total - len(shown):,} more")
    typer.echo(summary(findings))


def _write(report: Path, page: str) -> None:
    report.write_text(page, encoding="utf-8")
    typer.echo(f"report: {report}", err=True)
