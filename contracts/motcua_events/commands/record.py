"""`record`: topics into a directory."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from aiokafka import TopicPartition
from rich.console import Console

from motcua_events.cluster import Cluster
from motcua_events.log import Log, Stretch
from motcua_events.options import EVENT_TOPICS, Since, Topics, Until, cluster_of
from motcua_events.progress import Meter, meter
from motcua_events.recorder import SEGMENT_RECORDS, Recorder, entry_of, fresh_manifest, start_or_resume
from motcua_events.running import run


def record(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="made if it is not there; an earlier recording there goes on")],
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    segment_records: Annotated[int, typer.Option(min=1, help="begin a new file after so many")] = SEGMENT_RECORDS,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until Ctrl-C, which then is the end")] = False,
) -> None:
    """Record topics up to now, or a range of publishing times. Run it again to go on where it stopped."""
    topics = tuple(topic or EVENT_TOPICS)
    run(record_topics(cluster_of(context), directory, topics, (since, until), segment_records, follow=follow))


async def record_topics(
    cluster: Cluster,
    directory: Path,
    topics: tuple[str, ...],
    times: tuple[datetime | None, datetime | None] = (None, None),
    segment_records: int = SEGMENT_RECORDS,
    *,
    follow: bool = False,
) -> int:
    """Record, and say on stderr how it goes. Raises `ToolError`; cancelled, it keeps what was read."""
    layout = await cluster.layout(topics)
    partitions = {name: layout.partitions[name] for name in topics}
    manifest = start_or_resume(directory, fresh_manifest(layout.id, partitions, *times))
    recorder = Recorder(directory, manifest, segment_records)
    log = Log(cluster, Stretch(partitions, *times, follow=follow, starts=recorder.starts))
    earlier, complete = manifest.records, False
    with meter("recording") as progress:
        try:
            await _copy(log, recorder, progress)
            complete = True
        finally:
            # Ctrl-C arrives here as a cancellation: what was read is kept, and the manifest says so.
            done = recorder.close(complete=complete or follow, reached=_reached(log) if complete else None)
            again = "" if done.complete else "; interrupted: run the same command to go on"
            Console(stderr=True, highlight=False, soft_wrap=True).print(
                f"recorded {progress}; {directory} holds {done.records:,} "
                f"in {len(done.segments)} file(s){f', {earlier:,} from before' if earlier else ''}{again}"
            )
    return 0


async def _copy(log: Log, recorder: Recorder, progress: Meter) -> None:
    expected = False
    async for entries in log.items(entry_of):
        if not expected:
            progress.expect(log.expected)
            expected = True
        recorder.append(entries)
        progress.advance(len(entries))


def _reached(log: Log) -> dict[TopicPartition, int]:
    """Where partitions that gave nothing begin: also they go on from there."""
    return log.starts
