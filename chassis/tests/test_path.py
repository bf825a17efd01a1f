import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import motcua_chassis.path
from chassis.tests.toy import RAISES, TOY, Settle, Toy, envelope, evolve, record, submitted
from chassis.tests.toy_path import TABLES, ToyPath, command, twin
from motcua_chassis import counters, inbox, outbox, positions, work
from motcua_chassis.aggregates import Aggregates
from motcua_chassis.database import transaction
from motcua_chassis.failures import Failure, classify
from motcua_chassis.message import Decider

NOTHING = dict.fromkeys(TABLES, 0)
MakePath = Callable[..., ToyPath]


async def test_an_event_becomes_state_work_and_outbox_row_together(path: ToyPath) -> None:
    application = uuid4()

    covered = await path.deliver(record(application, 41))

    state = await path.state(application)
    assert covered == {("motcua.intake.events", 0): 42}
    assert state is not None
    assert state.submissions == 1
    assert [e.type for e in await path.published()] == ["vn.motcua.identity.check-requested.v1"]
    assert await path.counts() == NOTHING | dict.fromkeys(("aggregates", "positions", "inbox", "outbox", "work"), 1)


async def test_an_offset_that_was_covered_is_dropped(path: ToyPath) -> None:
    application = uuid4()
    await path.deliver(record(application, 3), record(application, 4))

    # other ids at offsets seen before: only the position can tell
    covered = await path.deliver(record(application, 3), record(application, 4))

    assert covered == {("motcua.intake.events", 0): 5}
    assert len(await path.published()) == 2


async def test_a_late_batch_of_a_lost_partition_does_not_move_the_position_back(path: ToyPath) -> None:
    await path.deliver(record(offset=9))

    await path.deliver(record(offset=2))

    assert await path.pool.fetchval("SELECT next_offset FROM positions") == 10


async def test_partitions_and_clusters_are_covered_apart(path: ToyPath) -> None:
    application = uuid4()
    await path.deliver(record(application, 5, partition=1))

    await path.deliver(record(application, 0, partition=0))
    await path.deliver(record(application, 0), cluster="a new cluster")

    assert len(await path.published(application)) == 3
    rows = await path.pool.fetch("SELECT cluster, partition, next_offset FROM positions ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [("a new cluster", 0, 1), ("a-cluster", 0, 1), ("a-cluster", 1, 6)]


async def test_a_repeat_is_dropped_by_its_id_within_a_batch_and_across_batches_and_partitions(path: ToyPath) -> None:
    original = record(uuid4(), 0)

    await path.deliver(original, twin(original, 1), record(offset=2), twin(original, 3))
    await path.deliver(twin(original, 4), twin(original, 0, partition=7))
    await path.deliver(twin(original, 0), cluster="a new cluster")

    assert len(await path.published()) == 2
    assert path.metrics.repeats._value.get() == 5


async def test_a_type_nobody_reads_moves_the_position_and_leaves_nothing_else(path: ToyPath) -> None:
    stamp = envelope(uuid4())._replace(type="vn.motcua.intake.application-decided.v1")

    await path.deliver(record(stamp.subject, 7, stamp=stamp))

    assert await path.counts() == NOTHING | {"positions": 1}
    assert await path.pool.fetchval("SELECT next_offset FROM positions") == 8


async def test_an_empty_batch_is_nothing(path: ToyPath) -> None:
    assert await path.deliver() == {}
    await path.decide([])

    assert await path.counts() == NOTHING


async def test_a_message_that_leads_to_nothing_leaves_no_placeholder(make_path: MakePath) -> None:
    path = make_path(decider=Decider(Toy(), lambda *_: [], evolve, TOY.due))

    await path.deliver(record())
    await path.decide([command(Settle("BL26H29"))])

    assert (await path.counts())["aggregates"] == 0


async def test_refused_failing_parked_and_held_inputs_leave_no_placeholder(path: ToyPath) -> None:
    bad = uuid4()
    raising = record(bad, event=submitted(RAISES))

    await path.deliver(raising, record(bad, 1), record(offset=2, value=b"{"))
    await path.decide([command(Settle("BL26H29", refuse=True))])

    assert len(await path.dead("parked")) == 2
    assert len(await path.dead("held")) == 1
    assert (await path.counts())["aggregates"] == 0


async def test_sequences_have_no_gap_across_batches_commands_and_repeats(path: ToyPath) -> None:
    application = uuid4()
    first = record(application, 0)
    await path.deliver(first, record(application, 1))
    await path.decide([command(Settle("BL26H29"), application), command(Settle("BL26H29", refuse=True), application)])
    await path.deliver(twin(first, 2), record(application, 3), record(application, 4))

    assert [e.sequence for e in await path.published(application)] == [1, 2, 3, 4, 5]


async def test_a_clock_that_runs_back_never_puts_an_event_before_the_last(make_path: MakePath) -> None:
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    times = iter([start, start - timedelta(days=1), start + timedelta(seconds=1)])
    path = make_path(clock=lambda: next(times))
    application = uuid4()

    for offset in range(3):
        await path.deliver(record(application, offset))

    assert [e.time for e in await path.published()] == [start, start, start + timedelta(seconds=1)]
    assert all(a.id != b.id for a, b in pairwise(await path.published()))


async def test_an_event_that_raises_is_parked_and_its_neighbours_go_on(path: ToyPath) -> None:
    bad, good = uuid4(), uuid4()

    await path.deliver(record(good, 0), record(bad, 1, event=submitted(RAISES)), record(good, 2), record(bad, 3))

    assert await path.state(bad) is None
    assert [e.subject for e in await path.published()] == [good, good]
    [parked, held] = await path.dead()
    assert (parked["reason"], parked["offset"], parked["application"]) == ("raised-ArithmeticError", 1, bad)
    assert (held["state"], held["reason"], held["offset"]) == ("held", "behind-parked", 3)
    assert await path.pool.fetchval("SELECT next_offset FROM positions") == 4


async def fails_after(original: Callable[..., Awaitable[Any]], *given: Any) -> Any:
    await original(*given)
    raise asyncpg.SerializationError("could not serialize access")


STAGES: list[tuple[Any, str]] = [
    (positions, "advance"), (inbox, "take"), (Aggregates, "lock"), (counters, "lock"), (Aggregates, "save"),
    (Aggregates, "create"), (work, "plan"), (counters, "save"), (outbox, "add"), (outbox, "tell_relays"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name"), STAGES, ids=[f"{o.__name__.split('.')[-1]}-{n}" for o, n in STAGES])
async def test_a_batch_that_fails_at_any_stage_leaves_nothing_and_succeeds_when_tried_again(
    path: ToyPath, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    known = uuid4()
    await path.deliver(record(known, 0))
    before = await path.counts()
    records = [record(known, 1), record(offset=2, value=b"{"), record(offset=3)]
    original = getattr(owner, name)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, lambda *given: fails_after(original, *given))
        with pytest.raises(asyncpg.SerializationError):
            await path.deliver(*records)

    assert await path.counts() == before
    await path.deliver(*records)
    assert len(await path.published()) == 3
    assert len(await path.dead("parked")) == 1


async def test_read_models_are_written_in_the_same_transaction(make_path: MakePath, pool: asyncpg.Pool) -> None:
    await pool.execute("CREATE TABLE submissions (application uuid, sequence int)")

    async def project(connection: Any, changes: Sequence[Any]) -> None:
        rows = [(c.application, r.sequence) for c in changes for r in c.recorded]
        await connection.executemany("INSERT INTO submissions VALUES ($1, $2)", rows)
        if failing:
            raise asyncpg.SerializationError

    path, failing, application = make_path(project=project), [True], uuid4()
    with pytest.raises(asyncpg.SerializationError):
        await path.deliver(record(application))
    assert await pool.fetchval("SELECT count(*) FROM submissions") == 0
    failing.clear()

    await path.deliver(record(application))

    assert await pool.fetchval("SELECT sequence FROM submissions WHERE application = $1", application) == 1


async def test_a_connection_lost_in_the_middle_is_transient_and_leaves_nothing(make_path: MakePath) -> None:
    async def cut(connection: Any, _changes: Sequence[Any]) -> None:
        if cutting:
            cutting.clear()
            await path.pool.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())

    path, cutting, application = make_path(project=cut), [True], uuid4()

    with pytest.raises(Exception, match=r".") as caught:
        await path.deliver(record(application))

    assert classify(caught.value) is Failure.TRANSIENT
    assert await path.counts() == NOTHING
    await path.deliver(record(application))
    assert len(await path.published(application)) == 1


async def test_work_that_was_planned_is_announced_once_the_worker_can_see_it(make_path: MakePath) -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(await path.pool.fetchval("SELECT count(*) FROM work"))

    def on_work() -> None:
        looking.append(asyncio.create_task(look()))

    async def slow(_connection: Any, _changes: Sequence[Any]) -> None:
        if looking:
            await looking[0]  # a worker woken before this would have looked by now

    looking: list[asyncio.Task[None]] = []
    path = make_path(on_work=on_work, project=slow)

    await path.deliver(record())
    await asyncio.gather(*looking)

    assert seen == [1]


@dataclass
class RelayHere:
    """As the path sees the relay of its own process."""

    active: bool
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.mark.parametrize("active", [True, False])
async def test_relays_elsewhere_are_told_only_where_ours_does_not_publish(
    make_path: MakePath, pool: asyncpg.Pool, *, active: bool
) -> None:
    notices: asyncio.Queue[str] = asyncio.Queue()
    relay = RelayHere(active)
    path = make_path(relay=relay)
    async with pool.acquire() as listening:
        await listening.add_listener(outbox.CHANNEL, hear := lambda *notice: notices.put_nowait(notice[-1]))
        await path.deliver(record(offset=0), record(offset=1, value=b"{"))
        await pool.execute(f"NOTIFY {outbox.CHANNEL}, 'last'")  # notices come in the order of the commits
        heard = [await asyncio.wait_for(notices.get(), 10)]
        while heard[-1] != "last":
            heard.append(await asyncio.wait_for(notices.get(), 10))
        await listening.remove_listener(outbox.CHANNEL, hear)
    assert heard == (["last"] if active else ["", "last"])
    assert relay.woken == 1
    assert len(await path.published()) == 1


async def test_a_batch_takes_the_same_few_statements_whatever_its_size(
    path: ToyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    @asynccontextmanager
    async def counting(pool: asyncpg.Pool) -> AsyncIterator[Any]:
        statements: list[str] = []

        def note(query: Any) -> None:
            statements.append(query.query)

        async with transaction(pool) as connection:
            connection.add_query_logger(note)
            yield connection
            connection.remove_query_logger(note)
        counted.append(len(statements))

    await path.deliver(record(offset=0))  # a new connection also asks for types
    await path.decide([command(Settle("BL26H29"), key="0")])
    monkeypatch.setattr(motcua_chassis.path, "transaction", counting)

    await path.deliver(record(offset=1))
    await path.deliver(*(record(offset=n) for n in range(2, 300)))
    await path.decide([command(Settle("BL26H29"), key="1")])
    await path.decide([command(Settle("BL26H29"), key=str(n)) for n in range(2, 300)])

    assert counted == [7, 7, 8, 8]  # besides BEGIN, COPY and COMMIT
