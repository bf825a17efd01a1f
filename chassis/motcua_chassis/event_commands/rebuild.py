"""`rebuild` and `state-hash`: a service's database from its topic, and one hash of all it says."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer

from motcua_chassis.codec import Incoming, Poison, Reader
from motcua_chassis.contradictions import ContradictionError
from motcua_chassis.event_commands import target
from motcua_chassis.event_commands.excerpt import excerpts
from motcua_chassis.event_commands.options import AsJson, Database, Service, With, decider_of, installed
from motcua_chassis.message import Decider
from motcua_chassis.rebuild import Progress, Rebuild, SequenceGapError, state_hash
from motcua_chassis.replayable import Replayable
from motcua_events.cluster import Cluster
from motcua_events.failure import ToolError
from motcua_events.log import Log, Stretch
from motcua_events.options import FromRecording, cluster_of
from motcua_events.progress import Meter, meter
from motcua_events.recording import Recording
from motcua_events.records import Record
from motcua_events.running import run
from motcua_events.telling import place

BATCH = 2_000
"""Events in one transaction; every one is short, and one that fails leaves those before it whole."""

rebuild_app = typer.Typer(add_completion=False)
hash_app = typer.Typer(add_completion=False)


@rebuild_app.command()
def rebuild(
    context: typer.Context,
    service: Service,
    database: Database,
    recording: FromRecording = None,
    given: With = None,
    *,
    catch_up: Annotated[bool, typer.Option("--catch-up", help="add what a database that holds rows lacks")] = False,
    as_json: AsJson = False,
) -> None:
    """Fold a service's own events, from its topic or a recording, into an empty database. Nothing outside is called.

    Due work comes back paused: POST /operations/work/release lets it go.
    """
    cluster = None if recording else cluster_of(context)
    run(_rebuild(service, database, cluster, recording, given or (), catch_up=catch_up, as_json=as_json))


@hash_app.command()
def state_hash_(service: Service, database: Database, *, as_json: AsJson = False) -> None:
    """One hash over the id, version and state of every application in a service's database."""
    run(_state_hash(service, database, as_json=as_json))


async def _state_hash(service: str, dsn: str, *, as_json: bool) -> int:
    stream = installed(service).stream
    async with target.opened(dsn) as pool:
        await target.check_owner(pool, stream, may_be_new=False)
        digest, applications = await state_hash(pool)
    found = {"service": stream.value, "state_hash": digest, "applications": applications}
    typer.echo(json.dumps(found) if as_json else f"{digest}  {stream.value}, {applications:,} applications")
    return 0


async def _rebuild(
    service: str,
    dsn: str,
    cluster: Cluster | None,
    directory: Path | None,
    given: Sequence[str],
    *,
    catch_up: bool,
    as_json: bool,
) -> int:
    replayable = installed(service)
    decider = decider_of(replayable, given)
    recording = _opened(directory, replayable) if directory else None  # before the database is touched
    async with target.opened(dsn) as pool, target.held(pool, replayable.stream, may_hold_rows=catch_up):
        with meter(f"rebuilding {service}") as progress:
            records = (
                _recorded(recording, replayable, progress) if recording else _published(cluster, replayable, progress)
            )
            done = await _fold(pool, replayable, decider, records, progress)
        digest, applications = await state_hash(pool)
        paused = await pool.fetchval("SELECT count(*) FROM work WHERE paused")
    found = {
        "service": service, "state_hash": digest, "applications": applications, "folded": done.folded,
        "repeated": done.repeated, "paused_work": paused, "seconds": round(progress.seconds, 2),
        "events_per_second": round(progress.rate),
    }  # fmt: skip
    typer.echo(json.dumps(found) if as_json else _told(found, progress))
    return 0


def _told(found: dict[str, Any], progress: Meter) -> str:
    return (
        f"{found['state_hash']}  {found['service']}, {found['applications']:,} applications\n"
        f"folded {found['folded']:,}, repeats {found['repeated']:,}, paused work {found['paused_work']:,}: {progress}"
    )


async def _fold(
    pool: asyncpg.Pool,
    replayable: Replayable[Any],
    decider: Decider[Any],
    records: AsyncIterator[Sequence[Record]],
    progress: Meter,
) -> Progress:
    reader, rebuilding = replayable.own_events(), Rebuild(pool, decider, replayable.project)
    folded = repeated = 0
    async for several in records:
        for batch in _batches(several):
            try:
                done = await rebuilding.take([_read(reader, record) for record in batch])
            except SequenceGapError as gap:
                raise ToolError(
                    f"{gap}: the topic or recording lacks what lies between; up to {place(batch[0])} all is folded in"
                ) from None
            except ContradictionError as error:
                raise ToolError(str(error)) from None
            folded, repeated = folded + done.folded, repeated + done.repeated
            progress.advance(len(batch))
    progress.finish()
    return Progress(folded, repeated)


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    return (records[start : start + BATCH] for start in range(0, len(records), BATCH))


def _read(reader: Reader, record: Record) -> Incoming:
    """Nothing on a service's own topic may be passed over: the state would be another."""
    reading = reader.read(record)
    if reading is None:
        raise ToolError(f"{place(record)}: of a type that this code does not know: upgrade")
    if isinstance(reading, Poison):
        raise ToolError(f"{place(record)}: {reading.reason}: {reading.detail}")
    return reading


async def _published(
    cluster: Cluster | None, replayable: Replayable[Any], progress: Meter
) -> AsyncIterator[Sequence[Record]]:
    topic = replayable.stream.topic
    assert cluster is not None  # noqa: S101  # without a recording there is one
    layout = await cluster.layout([topic])
    log, gathered = Log(cluster, Stretch({topic: layout.partitions[topic]})), list[Record]()
    async for records in log.batches():
        progress.expect(log.expected)
        gathered += records
        if len(gathered) >= BATCH:
            yield gathered
            gathered = []
    yield gathered


def _opened(directory: Path, replayable: Replayable[Any]) -> Recording:
    """An undamaged recording of the service's topic. Raises `ToolError`."""
    recording, topic = Recording(directory), replayable.stream.topic
    if topic not in recording.manifest.topics:
        raise ToolError(
            f"{directory} holds nothing of {topic}; it holds {', '.join(sorted(recording.manifest.topics))}"
        )
    recording.verify()
    return recording


async def _recorded(
    recording: Recording, replayable: Replayable[Any], progress: Meter
) -> AsyncIterator[Sequence[Record]]:
    topic, gathered = replayable.stream.topic, list[Record]()
    progress.expect(sum(each.records for each in recording.manifest.topics[topic].offsets.values()))
    for excerpt in excerpts(recording, {topic}):
        gathered += [record for _, record in excerpt.lines]
        if len(gathered) >= BATCH:
            yield gathered
            gathered = []
    yield gathered
