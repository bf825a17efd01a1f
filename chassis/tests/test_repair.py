import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from aiokafka import ConsumerRecord

from chassis.tests.toy import RAISES, Settle, Toy, decide, dossier, due, envelope, evolve, record, submitted
from chassis.tests.toy_path import ToyPath, command, waiting_for_locks
from motcua_chassis import dead_letters
from motcua_chassis.message import Decider
from motcua_contracts import ApplicationSubmitted, FeeBasis, Stream

MakePath = Callable[..., ToyPath]
OPERATOR = "operator-1"


def page(number: int, code: str = "H29.25.12-261122-0001") -> ApplicationSubmitted:
    """A submission that can be told from others by its number of pages."""
    return ApplicationSubmitted(
        dossier=dossier(code), fee_basis=FeeBasis(submitted_on=date(2026, 11, 22), pages=number)
    )


async def pages(path: ToyPath, application: UUID) -> list[int]:
    """In which order the submissions of an application were answered."""
    rows = await path.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 AND topic = 'motcua.identity.events' ORDER BY seq", application
    )
    return [msgspec.json.decode(row["body"])["fee_basis"]["pages"] for row in rows]


async def states(path: ToyPath) -> list[str]:
    return [letter["state"] for letter in await path.dead()]


def mended() -> dict[str, Any]:
    """Parts of a path that no longer raises at the dossier RAISES."""

    def without_defect(state: Toy, message: Any) -> Any:
        body = message.body
        if isinstance(body, ApplicationSubmitted) and body.dossier.code == RAISES:
            body = page(body.fee_basis.pages)
        return decide(state, msgspec.structs.replace(message, body=body))

    return {"decider": Decider(Toy(), without_defect, evolve, due)}


async def one_parked_three_held(path: ToyPath) -> tuple[UUID, list[int]]:
    """An application with a parked record; of those behind it, two came in its own batch and one later."""
    application = uuid4()
    await path.deliver(
        record(application, 0, event=page(1, RAISES)),
        record(application, 1, event=page(2)),
        record(application, 2, event=page(3)),
    )
    await path.deliver(record(application, 3, event=page(4)))
    assert await states(path) == ["parked", "held", "held", "held"]
    return application, [letter["id"] for letter in await path.dead()]


async def test_a_retry_releases_those_behind_in_order(path: ToyPath, make_path: MakePath) -> None:
    application, ids = await one_parked_three_held(path)

    verdict = await make_path(**mended()).repair.retry(ids[0], OPERATOR)

    assert verdict == "retried"
    assert await pages(path, application) == [1, 2, 3, 4]
    assert [e.sequence for e in await path.published(application)] == [1, 2, 3, 4]
    assert await states(path) == ["retried"] * 4
    await path.deliver(record(application, 4, event=page(5)))
    assert await pages(path, application) == [1, 2, 3, 4, 5]


async def test_a_discard_releases_those_behind_in_order(path: ToyPath) -> None:
    application, ids = await one_parked_three_held(path)

    assert await path.repair.discard(ids[0], OPERATOR) == "discarded"

    assert await pages(path, application) == [2, 3, 4]
    assert await states(path) == ["discarded", "retried", "retried", "retried"]


async def test_a_retry_that_fails_again_keeps_its_place_and_tells_the_story(path: ToyPath, make_path: MakePath) -> None:
    _, ids = await one_parked_three_held(path)

    async def refuses(connection: Any, _changes: Any) -> None:
        await connection.fetchval("SELECT 1 / 0")

    assert await path.repair.retry(ids[0], OPERATOR) == "parked"
    assert await make_path(**mended(), project=refuses).repair.retry(ids[0], "operator-2") == "parked"

    [parked] = await path.dead("parked")
    assert parked["reason"] == "database-22012"
    history = msgspec.json.decode(parked["history"])
    assert [(step["by"], step["action"]) for step in history] == [(OPERATOR, "retry"), ("operator-2", "retry")]
    assert await states(path) == ["parked", "held", "held", "held"]
    assert (await path.counts())["aggregates"] == 0
    assert await make_path(**mended()).repair.retry(ids[0], OPERATOR) == "retried"
    assert await states(path) == ["retried"] * 4


async def test_a_record_that_fails_on_its_release_is_parked_and_the_rest_waits_behind_it(path: ToyPath) -> None:
    application = uuid4()
    await path.deliver(
        record(application, 0, value=b"{"),
        record(application, 1, event=page(2)),
        record(application, 2, event=page(3, RAISES)),
        record(application, 3, event=page(4)),
    )
    [first, _, third, _] = await path.dead()

    await path.repair.discard(first["id"], OPERATOR)

    assert await states(path) == ["discarded", "retried", "parked", "held"]
    assert [letter["reason"] for letter in await path.dead("parked")] == ["raised-ArithmeticError"]
    await path.repair.discard(third["id"], OPERATOR)
    assert await pages(path, application) == [2, 4]


@pytest.mark.parametrize("action", ["retry", "discard"])
async def test_a_held_record_cannot_overtake_those_before_it(path: ToyPath, action: str) -> None:
    application, ids = await one_parked_three_held(path)

    assert await getattr(path.repair, action)(ids[2], OPERATOR) == "held"

    assert await pages(path, application) == []
    assert await states(path) == ["parked", "held", "held", "held"]


async def test_a_dead_letter_is_dealt_with_once(path: ToyPath, make_path: MakePath) -> None:
    application, ids = await one_parked_three_held(path)
    repair = make_path(**mended()).repair

    verdicts = await asyncio.gather(*(repair.retry(ids[0], OPERATOR) for _ in range(5)))

    assert sorted(verdicts) == ["retried"] + ["unknown"] * 4
    assert await repair.retry(ids[0], OPERATOR) == "unknown"
    assert await repair.discard(ids[0], OPERATOR) == "unknown"
    assert await repair.retry(-1, OPERATOR) == "unknown"
    assert await pages(path, application) == [1, 2, 3, 4]


async def test_a_discarded_record_leaves_no_trace_of_its_application(path: ToyPath) -> None:
    await path.deliver(record(offset=0, event=submitted(RAISES)))
    [letter] = await path.dead()

    await path.repair.retry(letter["id"], OPERATOR)
    await path.repair.discard(letter["id"], OPERATOR)
    await path.repair.discard(letter["id"], OPERATOR)

    assert (await path.counts())["aggregates"] == 0


def upgraded(path: ToyPath) -> ToyPath:
    """The path after an upgrade that brought version 2 of the submission."""
    path.reader._models = {**path.reader._models, "vn.motcua.intake.application-submitted.v2": ApplicationSubmitted}
    return path


def of_version_2(application: UUID, offset: int) -> ConsumerRecord:
    stamp = envelope(application)._replace(type="vn.motcua.intake.application-submitted.v2")
    return record(application, offset, stamp=stamp, event=page(offset + 1))


async def test_an_unknown_version_is_parked_until_the_upgrade(path: ToyPath, make_path: MakePath) -> None:
    application = uuid4()
    await path.deliver(of_version_2(application, 0), record(application, 1, event=page(2)))
    [parked, _] = await path.dead()

    assert parked["reason"] == "unknown-version"
    assert await upgraded(make_path()).repair.retry(parked["id"], OPERATOR) == "retried"
    assert await pages(path, application) == [1, 2]


async def test_what_a_relay_published_twice_is_taken_in_once_though_it_was_parked(
    path: ToyPath, make_path: MakePath
) -> None:
    application = uuid4()
    first = of_version_2(application, 0)
    twin = record(application, 1, event=page(1), headers=first.headers)
    await path.deliver(first)
    await path.deliver(twin, record(application, 2, event=page(3)))
    later = upgraded(make_path())

    await later.repair.retry((await path.dead())[0]["id"], OPERATOR)
    await later.deliver(record(application, 3, event=page(1), headers=first.headers))

    assert await pages(path, application) == [1, 3]
    assert await states(path) == ["retried"] * 3


async def test_the_twin_of_a_discarded_record_is_dropped(path: ToyPath, make_path: MakePath) -> None:
    application = uuid4()
    raising = record(application, 0, event=page(1, RAISES))
    await path.deliver(raising)
    await path.deliver(record(application, 1, value=raising.value, headers=raising.headers))

    await make_path(**mended()).repair.discard((await path.dead())[0]["id"], OPERATOR)

    assert await pages(path, application) == []
    assert await path.dead("parked", "held") == []


async def test_a_release_cut_off_in_the_middle_can_be_taken_up_again(path: ToyPath, make_path: MakePath) -> None:
    application, ids = await one_parked_three_held(path)

    async def fails_at_page_2(_connection: Any, changes: Any) -> None:
        if changes[0].body.fee_basis.pages == 2:
            raise asyncpg.AdminShutdownError("terminating connection")

    with pytest.raises(asyncpg.AdminShutdownError):
        await make_path(**mended(), project=fails_at_page_2).repair.retry(ids[0], OPERATOR)
    assert await states(path) == ["retried", "held", "held", "held"]

    assert await path.repair.retry(ids[1], OPERATOR) == "retried"
    assert await pages(path, application) == [1, 2, 3, 4]


async def test_what_arrives_during_a_release_is_neither_stuck_nor_early(path: ToyPath, make_path: MakePath) -> None:
    mended_path = make_path(**mended())
    applications = [uuid4() for _ in range(4)]
    for number, application in enumerate(applications):
        records = [
            record(application, n, partition=number, event=page(n + 1, RAISES if n == 0 else "H29.25.12-261122-0001"))
            for n in range(5)
        ]
        await path.deliver(*records)

    async def consumer(number: int) -> None:
        for n in range(5, 25):
            await mended_path.deliver(record(applications[number], n, partition=number, event=page(n + 1)))

    async def operator() -> None:
        for letter in await path.dead("parked"):
            await mended_path.repair.retry(letter["id"], OPERATOR)

    await asyncio.wait_for(asyncio.gather(operator(), *(consumer(n) for n in range(4))), 30)

    assert await path.dead("parked", "held") == []
    for application in applications:
        assert await pages(path, application) == list(range(1, 26))


async def test_a_record_that_is_being_held_while_its_predecessor_is_discarded_is_not_forgotten(
    path: ToyPath, make_path: MakePath
) -> None:
    application, held, go_on = uuid4(), asyncio.Event(), asyncio.Event()
    await path.deliver(record(application, 0, event=page(1, RAISES)))

    async def slow(_connection: Any, _changes: Any) -> None:
        held.set()
        await go_on.wait()

    consumer = asyncio.create_task(
        make_path(project=slow).deliver(record(application, 1, event=page(2)), record(offset=2))
    )
    await held.wait()
    operator = asyncio.create_task(path.repair.discard((await path.dead())[0]["id"], OPERATOR))
    await asyncio.wait([operator], timeout=0.1)
    go_on.set()
    await asyncio.gather(consumer, operator)

    assert await states(path) == ["discarded", "retried"]
    assert await pages(path, application) == [2]


async def test_what_follows_a_record_repaired_at_that_moment_is_decided_on_what_the_repair_made(
    path: ToyPath, make_path: MakePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    application, repaired = uuid4(), asyncio.Event()
    await path.deliver(record(application, 0, event=page(1, RAISES)))
    [letter] = await path.dead("parked")
    parts = mended()

    def second_page_only_after_the_first(state: Toy, message: Any) -> Any:
        return (
            []
            if message.body.fee_basis.pages == 2 and not state.submissions
            else parts["decider"].decide(state, message)
        )

    mended_path = make_path(decider=Decider(Toy(), second_page_only_after_the_first, evolve, due))
    ask = dead_letters.open_pairs

    async def ask_after_the_repair(*given: Any) -> Any:
        if not repaired.is_set():
            repaired.set()
            assert await mended_path.repair.retry(letter["id"], OPERATOR) == "retried"
        return await ask(*given)

    monkeypatch.setattr(dead_letters, "open_pairs", ask_after_the_repair)
    await mended_path.deliver(record(application, 1, event=page(2)))

    assert await pages(path, application) == [1, 2]


async def test_a_repair_is_begun_again_when_its_application_is_made_known_meanwhile(
    path: ToyPath, make_path: MakePath
) -> None:
    application, reached, go_on = uuid4(), asyncio.Event(), asyncio.Event()
    await path.deliver(record(application, 0, event=page(1, RAISES)))
    [letter] = await path.dead("parked")

    async def slow(_connection: Any, _changes: Any) -> None:
        reached.set()
        await go_on.wait()

    at_the_door = asyncio.create_task(make_path(project=slow).decide([command(Settle("BL26H29"), application)]))
    await reached.wait()
    operator = asyncio.create_task(make_path(**mended()).repair.retry(letter["id"], OPERATOR))
    await waiting_for_locks(path.pool, 1)
    go_on.set()
    await at_the_door

    assert await operator == "retried"
    assert [e.sequence for e in await path.published(application)] == [1, 2]


async def test_held_records_and_failed_retries_are_not_announced(path: ToyPath) -> None:
    _, ids = await one_parked_three_held(path)
    await path.repair.retry(ids[0], OPERATOR)

    assert (await path.counts())["outbox"] == 1
    assert Stream.IDENTITY.topic != await path.pool.fetchval("SELECT topic FROM outbox")
