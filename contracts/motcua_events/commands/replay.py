"""`replay`: a recording into a cluster."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from motcua_events.failure import ToolError
from motcua_events.keyboard import EXPLAINED, keys
from motcua_events.manifest import Manifest
from motcua_events.moments import milliseconds
from motcua_events.options import cluster_of
from motcua_events.pace import Pace, StoppedError
from motcua_events.progress import Meter, meter
from motcua_events.recording import Recording
from motcua_events.records import StoredRecord, type_of
from motcua_events.renewal import Renewal
from motcua_events.replayer import TOLD_EVERY, Replayer
from motcua_events.routes import routes
from motcua_events.running import FAILED, STOPPED, run
from motcua_events.telling import place

_DAY_MS = 86_400_000

_SPEED = re.compile(r"\d{1,9}(\.\d{1,9})?")


def _checked(text: str) -> str:
    if text not in {"original", "max"} and (not _SPEED.fullmatch(text) or not float(text)):
        raise typer.BadParameter(f"{text}: original, max, or how many times faster, as 10")
    return text


def _times_faster(text: str) -> float | None:
    return None if text == "max" else 1.0 if text == "original" else float(text)


def replay(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="the recording")],
    speed: Annotated[str, typer.Option(callback=_checked, help="original, max, or N times faster")] = "max",
    into: Annotated[
        list[str] | None, typer.Option(help="a prefix for all topics, or a=b for one; repeat for several")
    ] = None,
    shift: Annotated[
        int | None, typer.Option(metavar="DAYS", help="move times by so many days; else until the last is just past")
    ] = None,
    salt: Annotated[str | None, typer.Option(help="repeat the new ids of an earlier replay")] = None,
    skip: Annotated[int, typer.Option(min=0, help="leave out the first N: go on after an interruption")] = 0,
    yes_production: Annotated[
        int, typer.Option("--yes-production", count=True, help="say it twice to write into production")
    ] = 0,
    *,
    exact: Annotated[bool, typer.Option("--exact", help="same bytes, ids and times; otherwise a new story")] = False,
    step: Annotated[bool, typer.Option("--step", help=f"begin paused; {EXPLAINED}")] = False,
    incomplete: Annotated[bool, typer.Option("--incomplete", help="also where recording was interrupted")] = False,
) -> None:
    """Play a recording into a cluster, as a new story with new ids, or exactly as it was."""
    recording = _opened(directory, incomplete=incomplete)
    if exact and (shift is not None or salt is not None):
        raise typer.BadParameter("--exact keeps times and ids: it goes with neither --shift nor --salt")
    try:
        targets = routes(recording.manifest.topics, into or [])
    except ToolError as fault:
        raise typer.BadParameter(str(fault)) from None
    renewal = None if exact else Renewal(_days(recording.manifest) if shift is None else shift, salt)
    replayer = Replayer(cluster_of(context), recording, targets, renewal, yes_production, skip)
    run(_replay(replayer, _times_faster(speed), step=step))


def _opened(directory: Path, *, incomplete: bool) -> Recording:
    try:
        recording = Recording(directory)
    except ToolError as failure:
        raise _refused(str(failure)) from None
    if not recording.manifest.complete and not incomplete:
        raise _refused(f"{directory}: recording was interrupted; run record again, or replay with --incomplete")
    return recording


def _refused(reason: str) -> typer.Exit:
    typer.secho(reason, fg="red", err=True)
    return typer.Exit(FAILED)


def _days(manifest: Manifest) -> int:
    """So many whole days that the last record comes to lie just in the past."""
    if manifest.last_time is None:
        return 0
    return (milliseconds(datetime.now(UTC)) - manifest.last_time) // _DAY_MS


async def _replay(replayer: Replayer, speed: float | None, *, step: bool) -> int:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    await replayer.prepare()
    if replayer.created:
        console.print(f"created {', '.join(replayer.created)}")
    steered = step or (console.is_terminal and _stdin_is_terminal())
    ending = "; failed: the last records may not have arrived"
    with meter("replaying") as progress:
        progress.expect(replayer.recording.manifest.records - replayer.skip)
        replayer.on_sent = _told(console, progress, step=step)
        try:
            if steered:
                console.print(EXPLAINED, style="dim")
                with keys() as pressed:
                    await replayer.play(Pace(speed, pressed, paused=step))
            else:
                await replayer.play(Pace(speed))
            ending = ""
        except StoppedError:
            ending = f"; {_to_go_on(replayer)}"
            return STOPPED
        except asyncio.CancelledError:
            ending = f"; {_to_go_on(replayer)}"
            raise
        finally:
            progress.advance(replayer.sent - replayer.skip - progress.done)
            console.print(_summary(replayer, progress) + ending)
    return 0


def _stdin_is_terminal() -> bool:
    return typer.get_text_stream("stdin").isatty()


def _told(console: Console, progress: Meter, *, step: bool) -> Callable[[int, StoredRecord], None]:
    def told(sent: int, record: StoredRecord) -> None:
        if step:
            console.print(f"{sent}  {place(record)}  {type_of(record) or 'unreadable'}")
        if step or not sent % TOLD_EVERY:
            progress.advance(sent - progress.done)

    return told


def _summary(replayer: Replayer, progress: Meter) -> str:
    said = f"replayed {progress} of {replayer.recording.manifest.records:,} recorded"
    new = replayer.renewal
    return said + (f"; new ids by --salt {new.salt}, times moved by --shift {new.days}" if new is not None else "")


def _to_go_on(replayer: Replayer) -> str:
    new = replayer.renewal
    same = "--exact" if new is None else f"--salt {new.salt} --shift {new.days}"
    return f"stopped: go on with --skip {replayer.sent} {same}"
