"""The whole way round: a run is recorded, replayed onto a fresh broker, folded into empty databases and asked again."""

import asyncio
import json
import re
import shlex
from collections.abc import Awaitable, Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from motcua_contracts import PaymentRequested, Stream
from motcua_events.cli import app
from motcua_events.recording import Recording
from motcua_events.records import type_of
from motcua_local.cli import app as motcua
from motcua_local.demo.checker import at_rest
from motcua_local.demo.run import short_waits
from motcua_local.demo.scribe import Scribe
from motcua_local.waiting import comes_true
from tests.replay.conftest import COPY_RULE
from tests.support.broker import own_broker
from tests.support.journey import APPLICATIONS, Travelled
from tests.support.parts import embedded_parts

DEADLINE = 90.0
TOLD = re.compile(r"(\w+): .* state hash (\w+); ask its rules again: motcua-events (.*)")


async def command(*arguments: object) -> Result:
    """In a thread: it has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, [str(each) for each in arguments])


@pytest.mark.timeout(400)
async def test_a_recorded_run_comes_back_state_for_state_and_every_rule_says_the_same_again(
    mix: Travelled, tmp_path: Path, another_database: Callable[[], Awaitable[str]], decree: Path
) -> None:
    run = tmp_path / "run"
    states, rehearsals = await _record(mix, run)
    valid = await command("validate", run)
    assert valid.exit_code == 0, valid.output

    async with embedded_parts() as (folder, supervisor):
        fresh = (await own_broker(supervisor, folder)).address
        replayed = await command("--brokers", fresh, "replay", run, "--exact")
        assert replayed.exit_code == 0, replayed.output
        for service, state in states.items():
            given = ("--database", await another_database(), "--json")
            rebuilt = await command("--brokers", fresh, "rebuild", service, *given)
            assert rebuilt.exit_code == 0, rebuilt.output
            assert json.loads(rebuilt.stdout)["state_hash"] == state, service

    for service, rehearsal in rehearsals.items():
        same = await command(*rehearsal, "--json")
        assert same.exit_code == 0, (service, same.output[-2_000:])
    changed = await command(*rehearsals[Stream.PAYMENT], "--with", f"fees={decree}", "--json")
    assert changed.exit_code == 1, changed.output
    *differences, _ = map(json.loads, changed.stdout.splitlines())
    assert {each["application"] for each in differences} == _owe_for_copies(run)


async def _record(mix: Travelled, run: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What `motcua demo --record` says of each service: the hash of its database, and how to ask its rules again."""

    async def nothing_moves() -> bool:
        rests = [await at_rest(stream.value, mix.stack.dsn(stream.value)) for stream in Stream]
        return not any(rest.outbox or rest.work for rest in rests)

    assert await comes_true(nothing_moves, DEADLINE, pause=0.2)
    said = StringIO()
    scribe = Scribe(run, short_waits(APPLICATIONS))
    await scribe.keep(mix.stack)
    scribe.show(Console(file=said))
    found = TOLD.findall(said.getvalue())
    assert {service for service, _, _ in found} == set(Stream)
    return {service: state for service, state, _ in found}, {service: shlex.split(rest) for service, _, rest in found}


def _owe_for_copies(run: Path) -> set[str]:
    """The applications that were asked for the fee which the decree changes."""
    asked = [r for several in Recording(run).records() for r in several if type_of(r) == PaymentRequested.type]
    owing = {
        (record.key or b"").decode()
        for record in asked
        if any(line["rule"] == COPY_RULE for line in json.loads(record.value or b"")["lines"])
    }
    assert 0 < len(owing) < len(asked)
    return owing


def test_a_directory_that_holds_something_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    said = CliRunner().invoke(motcua, ["demo", "--record", str(tmp_path)])
    assert (said.exit_code, "new or empty" in " ".join(said.output.split())) == (1, True), said.output
    assert "starting" not in said.output
