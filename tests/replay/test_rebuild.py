"""Promise 5 with the command: every service's database comes back from its topic alone, state for state."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from motcua_chassis import database, work
from motcua_chassis.aggregates import Aggregates
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Incoming, Reader, unpack_headers
from motcua_chassis.fuse import Fuse
from motcua_chassis.inputs import Command
from motcua_chassis.metrics import Metrics
from motcua_chassis.path import Path as ServicePath
from motcua_chassis.rebuild import state_hash
from motcua_chassis.relay import RELAY_LOCK
from motcua_chassis.replayable import Given, find
from motcua_chassis.settings import ChassisSettings
from motcua_contracts import CATALOGUE, Stream, read_headers
from motcua_contracts.tools.examples import story
from motcua_events.cli import app
from services.payment.tests.story import refund_of
from tests.support.recordings import record_of, write_recording

EVERY_SERVICE = pytest.mark.parametrize("service", list(Stream))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


async def command(*arguments: object) -> Result:
    """In a thread: it has a loop of its own."""
    return await asyncio.to_thread(run, *arguments)


def told() -> list[Incoming]:
    """The example story in the order of time."""
    return sorted((Incoming(*each) for each in story()), key=lambda each: each.envelope.time)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("rebuild") / "story", told())


async def _pool(dsn: str) -> asyncpg.Pool:
    settings = ChassisSettings.model_construct(database=SecretStr(dsn), database_pool=4, database_timeout=30.0)
    return await database.open_pool(settings)


@EVERY_SERVICE
async def test_a_rebuilt_database_is_the_fold_of_the_recording(service: Stream, recording: Path, database: str) -> None:
    said = await command("rebuild", service.value, "--recording", recording, "--database", database, "--json")
    assert said.exit_code == 0, said.output
    done = json.loads(said.stdout)
    own = [each for each in told() if each.event.stream is service]
    assert (done["folded"], done["repeated"]) == (len(own), 0)

    decider = find(service.value).decider(Given())
    states: dict[UUID, Any] = {}
    for each in own:
        before = states.get(each.envelope.subject, decider.initial)
        states[each.envelope.subject] = decider.evolve(before, each.event)
    pool = await _pool(database)
    async with pool.acquire() as connection:
        stored = await Aggregates(decider.initial).load(connection, list(states))
    assert {id_: aggregate.state for id_, aggregate in stored.items()} == states
    due = sum(len(decider.due(state)) for state in states.values())
    assert done["paused_work"] == due == await pool.fetchval("SELECT count(*) FROM work WHERE paused")
    await pool.close()
    hashed = await command("state-hash", service.value, "--database", database)
    assert hashed.stdout.split()[0] == done["state_hash"]


@pytest.mark.parametrize("service", [Stream.IDENTITY, Stream.PAYMENT, Stream.NOTIFICATION])
async def test_what_was_still_to_be_done_comes_back_paused(service: Stream, tmp_path: Path, database: str) -> None:
    begun = [each for each in told() if each.event.stream is service and each.envelope.sequence == 1]
    recording = write_recording(tmp_path / "begun", begun)
    said = await command("rebuild", service.value, "--recording", recording, "--database", database, "--json")

    decider = find(service.value).decider(Given())
    due = sum(len(decider.due(decider.evolve(decider.initial, each.event))) for each in begun)
    pool = await _pool(database)
    assert json.loads(said.stdout)["paused_work"] == due > 0
    assert await pool.fetchval("SELECT count(*) FROM work") == due
    await pool.close()


@EVERY_SERVICE
async def test_a_live_database_and_its_rebuilt_twin_have_one_hash(
    service: Stream, tmp_path: Path, another_database: Callable[[], Any]
) -> None:
    live, rebuilt = await another_database(), await another_database()
    published = await _live(service, live)
    recording = write_recording(tmp_path / "live", published)

    said = await command("rebuild", service.value, "--recording", recording, "--database", rebuilt, "--json")

    assert said.exit_code == 0, said.output
    [pool, twin] = [await _pool(dsn) for dsn in (live, rebuilt)]
    assert json.loads(said.stdout)["folded"] == len(published) > 0
    assert await state_hash(pool) == await state_hash(twin)
    for table in (
        "SELECT name, value FROM counters ORDER BY name",
        "SELECT aggregate, key, kind FROM work ORDER BY 1, 2",
    ):
        assert await pool.fetch(table) == await twin.fetch(table)
    heard = "SELECT count(*) FROM inbox"
    assert await twin.fetchval(heard) >= await pool.fetchval(heard) > 0
    async with twin.acquire() as connection:
        await work.release_paused(connection)
    await asyncio.gather(pool.close(), twin.close())


async def _live(service: Stream, dsn: str) -> list[Incoming]:
    """Take the story through the service's real path, decision by decision; gives what stands in the outbox."""
    pool, found = await _pool(dsn), find(service.value)
    async with pool.acquire() as connection:
        await database.migrate(connection, database.migrations_of(f"motcua_{service.value}"))
    decider = found.decider(Given())
    now = story()[0].envelope.time
    writer = BatchWriter(service, decider, project=found.project, clock=lambda: now)
    path = ServicePath(pool, Reader(found.reads), writer, Metrics(), Fuse(1_000))
    states: dict[UUID, Any] = {}
    for offset, decision in enumerate(_decisions(service)):
        envelope, now = decision[0].envelope, decision[0].envelope.time
        state = states.get(envelope.subject, decider.initial)
        events = [each.event for each in decision]
        cause = _BY_ID.get(envelope.causation_id)
        if cause is not None:
            await path.deliver("a-cluster", [record_of(cause, offset)])
        else:
            body = _named_by_the_service(found.recall(state, events), state, envelope.subject)
            order = Command(envelope.subject, body, envelope.causation_id)
            await path.decide([order])
            assert order.outcome is not None
            assert len(order.outcome.events) == len(events), order.outcome
        for event in events:
            state = decider.evolve(state, event)
        states[envelope.subject] = state
    rows = await pool.fetch("SELECT headers, body FROM outbox ORDER BY seq")
    await pool.close()
    envelopes = [read_headers(unpack_headers(row["headers"])) for row in rows]
    return [
        Incoming(envelope, CATALOGUE[envelope.type].model_validate_json(row["body"]))
        for envelope, row in zip(envelopes, rows, strict=True)
    ]


def _named_by_the_service(body: Any, state: Any, application: UUID) -> Any:
    """The story calls a refund otherwise than payment, which derives its name."""
    if not hasattr(body, "refund"):
        return body
    transaction = next(r.request.transaction for r in state.refunds if r.request.refund == body.refund)
    return replace(body, refund=refund_of(transaction, application))


_BY_ID = {each.envelope.id: Incoming(*each) for each in story()}


def _decisions(service: Stream) -> list[Sequence[Incoming]]:
    found: dict[tuple[UUID, UUID], list[Incoming]] = {}
    for each in told():
        if each.event.stream is service:
            found.setdefault((each.envelope.subject, each.envelope.causation_id), []).append(each)
    return list(found.values())


async def test_a_database_that_holds_rows_is_left_alone_unless_told(recording: Path, database: str) -> None:
    first = await command("rebuild", "payment", "--recording", recording, "--database", database, "--json")
    again = await command("rebuild", "payment", "--recording", recording, "--database", database)
    assert again.exit_code == 2
    assert "not empty" in again.stderr
    assert "--catch-up" in again.stderr
    caught_up = await command(
        "rebuild", "payment", "--recording", recording, "--database", database, "--catch-up", "--json"
    )
    assert caught_up.exit_code == 0
    before, after = json.loads(first.stdout), json.loads(caught_up.stdout)
    assert (after["folded"], after["repeated"]) == (0, before["folded"])
    assert after["state_hash"] == before["state_hash"]


async def test_another_service_s_database_and_a_running_one_are_refused(recording: Path, database: str) -> None:
    await command("rebuild", "payment", "--recording", recording, "--database", database)
    wrong = await command("rebuild", "identity", "--recording", recording, "--database", database, "--catch-up")
    assert (wrong.exit_code, "wrong database" in wrong.stderr) == (2, True)
    hashed = await command("state-hash", "intake", "--database", database)
    assert (hashed.exit_code, "wrong database" in hashed.stderr) == (2, True)

    relay = await asyncpg.connect(database)
    await relay.fetchval("SELECT pg_advisory_lock($1)", RELAY_LOCK)
    running = await command("rebuild", "payment", "--recording", recording, "--database", database, "--catch-up")
    await relay.close()
    assert (running.exit_code, "stop it first" in running.stderr) == (2, True)


async def test_a_recording_with_a_gap_or_of_something_else_is_refused(tmp_path: Path, database: str) -> None:
    own = [each for each in told() if each.event.stream is Stream.PAYMENT]
    longest = max(own, key=lambda each: each.envelope.sequence).envelope.subject
    first, _, *rest = (each for each in own if each.envelope.subject == longest)
    gap = write_recording(tmp_path / "gap", [first, *rest])
    said = await command("rebuild", "payment", "--recording", gap, "--database", database)
    assert said.exit_code == 2
    assert "expected event 2" in said.stderr
    nowhere = await command("rebuild", "payment", "--recording", tmp_path, "--database", database)
    assert (nowhere.exit_code, "is no recording" in nowhere.stderr) == (2, True)
    [segment] = (damaged := write_recording(tmp_path / "damaged", own)).glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-7])
    cut = await command("rebuild", "payment", "--recording", damaged, "--database", "postgresql://127.0.0.1:9/nothing")
    assert (cut.exit_code, "cut or changed" in cut.stderr) == (2, True)  # before the database was asked for
    away = await command("rebuild", "payment", "--recording", gap, "--database", "postgresql://127.0.0.1:9/nothing")
    assert (away.exit_code, "no database" in away.stderr) == (2, True)
