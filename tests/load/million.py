"""`python -m tests.load.million`: validate and rebuild a recording of a million events, in bounded memory.

The recording is made here: applications that are paid for, two thousand under way at a time. Each command runs as
people run it, as a process of its own; memory is the most that it was seen to have, twenty looks a second. A recording
of a tenth shows if it grows.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from motcua_contracts import Stream
from motcua_events.recorder import SEGMENT_RECORDS, Recorder, fresh_manifest
from motcua_local.postgres import EmbeddedPostgres
from tests.load.crowd import PARTITIONS, Crowd
from tests.support.parts import embedded_parts

AT_ONCE = 5_000
MOST_MEMORY = 400
"""MB; what a command may need, however many events there are."""
console = Console()


class Ran(NamedTuple):
    """One command over one recording; `seconds` with the start of Python, `memory` in MB."""

    command: str
    recorded: int
    events: int
    seconds: float
    memory: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def make_recording(directory: Path, events: int) -> Path:
    """As `motcua-events record` would have written it."""
    directory.mkdir()
    topics = {stream.topic: PARTITIONS for stream in Stream}
    recorder = Recorder(directory, fresh_manifest("made", topics, None, None), SEGMENT_RECORDS)
    records = Crowd().records(events)
    while several := list(islice(records, AT_ONCE)):
        recorder.write(several)
    recorder.close(complete=True)
    return directory


def run(*arguments: object) -> tuple[str, float, float]:
    """What `motcua-events` says, its seconds, and the most memory it had in MB. Raises `SystemExit` if it fails."""
    began = time.perf_counter()
    with TemporaryDirectory() as scratch:
        said, complained = Path(scratch) / "out", Path(scratch) / "err"
        with said.open("wb") as out, complained.open("wb") as err:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "motcua_events", *map(str, arguments)], stdout=out, stderr=err
            )
            memory = _most_memory(process)
        if process.returncode:
            raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {complained.read_text()[-2_000:]}")
        return said.read_text() + complained.read_text(), time.perf_counter() - began, memory


def _most_memory(process: "subprocess.Popen[bytes]") -> float:
    """In MB, once it has ended. What `wait4` tells would count in the process that started it."""
    most = 0.0
    while process.poll() is None:
        with suppress(psutil.Error):
            most = max(most, psutil.Process(process.pid).memory_info().rss / 1e6)
        time.sleep(0.05)
    return most


async def measure(postgres: EmbeddedPostgres, recording: Path, events: int) -> list[Ran]:
    """Validate, then rebuild each service."""
    _, seconds, memory = await asyncio.to_thread(run, "validate", recording)
    found = [Ran("validate", events, events, seconds, memory)]
    for stream in Stream:
        dsn = await postgres.create_database(f"{stream}_{events}")
        said, seconds, memory = await asyncio.to_thread(
            run, "rebuild", stream, "--recording", recording, "--database", dsn, "--json"
        )
        found.append(Ran(f"rebuild {stream}", events, json.loads(said.splitlines()[0])["folded"], seconds, memory))
    return found


async def main(events: int) -> int:
    found: list[Ran] = []
    async with embedded_parts() as (scratch, supervisor):
        postgres = await EmbeddedPostgres.start(scratch / "postgres", supervisor)
        for count in (events // 10, events):
            recording = await asyncio.to_thread(make_recording, scratch / f"recording-{count}", count)
            size = sum(file.stat().st_size for file in recording.iterdir())
            console.print(f"{count:,} events recorded in {size / 1e6:,.0f} MB", highlight=False)
            found += await measure(postgres, recording, count)
    console.print(_table(found))
    large = [ran for ran in found if ran.memory > MOST_MEMORY]
    for ran in large:
        console.print(f"{ran.command}: {ran.memory:,.0f} MB for {ran.recorded:,} events", style="red")
    return 1 if large else 0


def _table(found: list[Ran]) -> Table:
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
    table = Table(title=f"From a recording, on {machine}", title_justify="left")
    for column in ("", "recorded", "its own", "seconds", "events/s", "memory, MB"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for ran in found:
        numbers: Iterator[float] = iter((ran.recorded, ran.events, ran.seconds, ran.rate, ran.memory))
        table.add_row(ran.command, *(f"{number:,.{1 if number == ran.seconds else 0}f}" for number in numbers))
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    sys.exit(asyncio.run(main(parser.parse_args().events)))
