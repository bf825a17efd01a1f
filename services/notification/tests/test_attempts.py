"""The calls beside the fold: who may hold a message, and what happens to a medium this installation does not offer."""

import asyncio

import asyncpg
import pytest

from motcua_chassis.message import Exhausted
from motcua_chassis.worker import Task
from motcua_contracts import Medium, Topic
from motcua_local.waiting import comes_true
from motcua_notification import attempts
from motcua_notification.attempts import LazyPool, Result
from motcua_notification.domain import Notices
from motcua_notification.settings import Settings
from motcua_notification.unoffered import Unoffered, complete
from services.notification.tests.cases import APPLICATION, event_about
from services.notification.tests.conftest import SECRET
from services.notification.tests.post_office import open_post_office

MESSAGE = (APPLICATION, Topic.DECIDED, 1, Medium.SMS)


def settings_of(database: str) -> Settings:
    return Settings(
        database=database,
        kafka="127.0.0.1:9",
        token_secret=SECRET,
        intake_url="http://127.0.0.1:9",
        smtp_host="127.0.0.1",
        portal_url="http://portal.example",
    )


async def test_a_call_is_open_until_its_end_is_certain(pool: asyncpg.Pool) -> None:
    running = await attempts.started(pool, *MESSAGE, "sms-one")
    uncertain = await attempts.started(pool, *MESSAGE, "sms-one")
    await attempts.ended(pool, uncertain, Result.UNCERTAIN)
    for result in set(Result) - {Result.UNCERTAIN}:
        await attempts.noted(pool, *MESSAGE, result, "sms-two")
    await attempts.started(pool, APPLICATION, Topic.DECIDED, 2, Medium.SMS, "sms-two")
    assert [(call.id, call.provider) for call in await attempts.open_attempts(pool, *MESSAGE)] == [
        (running, "sms-one"),
        (uncertain, "sms-one"),
    ]
    await attempts.ended(pool, running, Result.UNAVAILABLE)
    await attempts.ended(pool, uncertain, Result.ACCEPTED)
    assert await attempts.open_attempts(pool, *MESSAGE) == []


@pytest.mark.parametrize("may_hold", [True, False])
async def test_a_medium_that_is_no_longer_offered_gives_up_what_nobody_can_hold(
    pool: asyncpg.Pool, *, may_hold: bool
) -> None:
    if may_hold:
        await attempts.started(pool, *MESSAGE, "sms-one")
    task = Task(APPLICATION, "sms:decided:1", Notices(), 1, uncertain=not may_hold)
    assert await Unoffered(Medium.SMS, pool).call(task) == Exhausted("sms:decided:1", "sms", uncertain=may_hold)
    results = [call.result for call in await attempts.attempts_of(pool, APPLICATION)]
    assert results == ([None] if may_hold else ["not-offered"])


async def test_what_waits_for_a_medium_nobody_offers_goes_on_by_e_mail(pool: asyncpg.Pool) -> None:
    async with open_post_office(pool) as office:
        await office.hear(event_about(Topic.DECIDED, (Medium.ZNS, Medium.SMS)))
        adapters = [Unoffered(medium, pool) for medium in (Medium.ZNS, Medium.SMS)]
        workers = [office.worker(adapter) for adapter in adapters]
        running = [asyncio.create_task(worker.run()) for worker in workers]
        assert await comes_true(office.waits_for("email:decided:1"), 10)
        for worker in workers:
            await worker.stop(1)
        await asyncio.gather(*running)
        [zns, sms, email] = (await office.told())["decided", 1]["messages"]
    assert [message["attempts"][0]["result"] for message in (zns, sms)] == ["not-offered"] * 2
    assert (sms["instead_of"], email["instead_of"], email["state"]) == ("zns", "sms", "waiting")


def test_every_medium_has_one_adapter(pool: asyncpg.Pool) -> None:
    offered = Unoffered(Medium.EMAIL, pool)  # any adapter of this kind
    everyone = complete([offered], pool)
    assert sorted(adapter.kind for adapter in everyone) == sorted(Medium)
    assert everyone[0] is offered


async def test_the_channels_own_pool_opens_at_first_use_and_may_be_closed_twice(
    database: str, pool: asyncpg.Pool
) -> None:
    lazy = LazyPool(settings_of(database))
    await lazy.close()
    ids = await asyncio.gather(*(attempts.started(lazy, *MESSAGE, "sms-one") for _ in range(8)))
    assert len(await attempts.attempts_of(lazy, APPLICATION)) == len(set(ids)) == 8
    for _ in range(2):
        await lazy.close()
