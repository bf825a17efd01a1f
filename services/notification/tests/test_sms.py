"""SMS through two providers that misbehave: each message once, by whoever may send it."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from motcua_chassis.claim_check import ErasedError
from motcua_chassis.message import Exhausted
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationSent, Topic
from motcua_notification.aggregator import Aggregator
from motcua_notification.attempts import attempts_of
from motcua_notification.domain import (
    DECIDER,
    Accepted,
    ApplicantGone,
    NoAddress,
    Notices,
    NotReachable,
    OptedOut,
    Refused,
)
from motcua_notification.phone_number import as_providers_write_it
from motcua_notification.preferences import opt_out
from motcua_notification.recipients import Recipients
from motcua_notification.settings import SmsProvider
from motcua_notification.sms import REMEMBERED, Sms, StillOpenError
from motcua_notification.standing import Standing
from motcua_notification.texts import Texts
from motcua_notification.wordings import Wordings
from services.notification.tests.cases import OFFICER, request_about
from services.notification.tests.people import AN, People
from services.notification.tests.providers import Provider, running

ABOUT = (Topic.ACCEPTED, 1, Medium.SMS)
TEXTS = Texts(Wordings("https://dvc.example.vn"))
NUMBERS = itertools.count(10_000_000)
SLOW_SECONDS, PATIENCE_SECONDS = 0.15, 0.6


@pytest.fixture(scope="module")
def providers() -> Iterator[tuple[Provider, Provider]]:
    with running("sms", "sms-one", "--name", "sms-one") as one, running("sms", "sms-two", "--name", "sms-two") as two:
        yield one, two


@pytest.fixture
def one(providers: tuple[Provider, Provider]) -> Provider:
    providers[0].behave("normal")
    return providers[0]


@pytest.fixture
def two(providers: tuple[Provider, Provider]) -> Provider:
    providers[1].behave("normal")
    return providers[1]


def settings_of(code: str, url: str, **changes: Any) -> SmsProvider:
    usual = {"code": code, "url": url, "api_key": SecretStr("k"), "secret": SecretStr("s"), "brand": "MOTCUA"}
    return SmsProvider(**usual | changes)


class Desk:
    """Sends to one number after the other, each about an application of its own."""

    def __init__(self, pool: asyncpg.Pool, providers: list[SmsProvider], rest: float = 60.0) -> None:
        self.pool = pool
        self.people = People(AN)
        standing = partial(Standing, SLOW_SECONDS, rest)
        self.aggregators = [Aggregator(each, standing, PATIENCE_SECONDS) for each in providers]
        self.sms = Sms(Recipients(self.people, pool), TEXTS, pool, self.aggregators)

    def to(self, phone: str | None) -> None:
        self.people.answer = AN | {"phone": phone}

    def new_number(self) -> str:
        number = f"849{next(NUMBERS)}"
        self.to(f"+{number}")
        return number

    async def call(self, application: UUID, request: Any = None, attempt: int = 1) -> Any:
        asked = request or request_about(Topic.ACCEPTED, reach_by=(Medium.SMS,))
        state = DECIDER.evolve(Notices(), asked)
        task = Task(application, "sms:accepted:1", state, attempt, attempt > 1)
        return await asyncio.wait_for(self.sms.call(task), self.sms.timeout)

    async def results(self, application: UUID) -> list[tuple[str | None, str | None]]:
        return [(attempt.provider, attempt.result) for attempt in await attempts_of(self.pool, application)]


@pytest.fixture
async def desk(shared_pool: asyncpg.Pool, one: Provider, two: Provider) -> Any:
    made = Desk(shared_pool, [settings_of("sms-one", one.url), settings_of("sms-two", two.url)])
    yield made
    await made.sms.close()


def test_a_repetition_is_safe_because_providers_know_our_request() -> None:
    assert Sms.repeatable is Repeatable.IDEMPOTENT
    assert timedelta(hours=1) < REMEMBERED < timedelta(hours=24)


async def test_a_message_goes_out_once_by_the_first(desk: Desk, one: Provider, two: Provider) -> None:
    application, number = uuid4(), desk.new_number()
    answer = await desk.call(application)
    [entry] = one.messages(number)
    assert answer == Accepted(*ABOUT, entry["sms_id"], "sms-one")
    NotificationSent(topic=answer.topic, medium=answer.medium, reference=answer.reference, provider=answer.provider)
    assert entry["content"].startswith(
        "Ho so H29.25.12-261012-0004 da duoc tiep nhan. Hen tra ket qua: 17:00 25/11/2026."
    )
    assert AN["full_name"] not in entry["content"]
    assert len(entry["request_id"]) <= 50
    assert not two.messages(number)
    assert await desk.results(application) == [("sms-one", "accepted")]


async def test_a_slow_first_is_replaced_for_new_messages_and_nothing_is_sent_twice(
    desk: Desk, one: Provider, two: Provider
) -> None:
    one.behave("slow", delay_seconds=SLOW_SECONDS * 2)
    sent = [(desk.new_number(), await desk.call(uuid4())) for _ in range(8)]
    by = [answer.provider for _, answer in sent]
    assert by[0] == "sms-one"
    assert by[-3:] == ["sms-two"] * 3
    assert all(len(one.messages(number)) + len(two.messages(number)) == 1 for number, _ in sent)


async def test_a_first_that_hangs_is_left_while_calls_still_hang(desk: Desk, one: Provider, two: Provider) -> None:
    one.behave("hang")
    desk.new_number()
    hanging = [asyncio.create_task(desk.call(uuid4())) for _ in range(3)]
    async with asyncio.timeout(5):
        while not desk.aggregators[0].standing.demoted:
            await asyncio.sleep(0.01)
    assert not any(task.done() for task in hanging)
    number = desk.new_number()
    assert (await desk.call(uuid4())).provider == "sms-two"
    assert not one.messages(number)
    assert len(two.messages(number)) == 1
    await asyncio.gather(*hanging, return_exceptions=True)


@pytest.mark.parametrize("mode", ["hang", "cut"])
async def test_what_the_first_may_have_taken_is_asked_there_again_and_delivered_once(
    desk: Desk, one: Provider, two: Provider, mode: str
) -> None:
    one.behave(mode, times=1)
    application, number = uuid4(), desk.new_number()
    with pytest.raises(Exception) as raised:  # noqa: PT011  # any but the one that lets another provider send
        await desk.call(application)
    assert not isinstance(raised.value, NotDoneError)
    assert await desk.results(application) == [("sms-one", "uncertain")]
    answer = await desk.call(application, attempt=2)
    assert isinstance(answer, Accepted)
    assert answer.provider == "sms-one"
    assert len(one.messages(number)) == 1
    assert [entry["code"] for entry in one.requests(number)] == ["100", "124"]
    assert not two.requests(number)
    assert await desk.results(application) == [("sms-one", "accepted")] * 2


async def test_a_provider_that_may_hold_a_message_and_is_down_leaves_it_open(
    desk: Desk, one: Provider, two: Provider
) -> None:
    application, number = uuid4(), desk.new_number()
    one.behave("error", times=1)
    with pytest.raises(RuntimeError):
        await desk.call(application)
    one.behave("fail")
    with pytest.raises(StillOpenError):
        await desk.call(application, attempt=2)
    one.behave("normal")
    assert (await desk.call(application, attempt=3)).provider == "sms-one"
    assert len(one.messages(number)) == 1
    assert not two.requests(number)


async def test_after_a_crash_during_a_call_only_that_provider_is_asked(
    desk: Desk, one: Provider, two: Provider
) -> None:
    application, number = uuid4(), desk.new_number()
    one.behave("hang", times=1)
    crashing = asyncio.create_task(desk.call(application))
    async with asyncio.timeout(5):
        while not one.messages(number):
            await asyncio.sleep(0.01)
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)
    assert await desk.results(application) == [("sms-one", None)]
    another = Desk(desk.pool, [settings_of("sms-two", two.url), settings_of("sms-one", one.url)])
    another.to(f"+{number}")
    assert (await another.call(application, attempt=2)).provider == "sms-one"
    await another.sms.close()
    assert len(one.messages(number)) == 1
    assert not two.requests(number)


@pytest.mark.parametrize("mode", ["fail", "balance"])
async def test_a_first_that_certainly_did_not_take_it_is_passed_over(
    desk: Desk, one: Provider, two: Provider, mode: str
) -> None:
    one.behave(mode)
    application, number = uuid4(), desk.new_number()
    assert (await desk.call(application)).provider == "sms-two"
    assert not one.messages(number)
    assert len(two.messages(number)) == 1
    assert await desk.results(application) == [("sms-one", "unavailable"), ("sms-two", "accepted")]


async def test_with_both_down_it_is_certainly_not_sent(desk: Desk, one: Provider, two: Provider) -> None:
    one.behave("fail")
    two.behave("fail")
    application, number = uuid4(), desk.new_number()
    for attempt in range(1, 6):
        with pytest.raises(NotDoneError):
            await desk.call(application, attempt=attempt)
    assert all(aggregator.standing.demoted for aggregator in desk.aggregators)
    one.behave("normal")
    two.behave("normal")
    assert isinstance(await desk.call(application, attempt=6), Accepted)
    assert len(one.messages(number) + two.messages(number)) == 1


async def test_with_nobody_listening_it_is_certainly_not_sent(shared_pool: asyncpg.Pool) -> None:
    desk = Desk(
        shared_pool, [settings_of("sms-one", "http://127.0.0.1:9"), settings_of("sms-two", "http://127.0.0.1:9")]
    )
    desk.new_number()
    with pytest.raises(NotDoneError):
        await desk.call(uuid4())
    await desk.sms.close()


async def test_a_demoted_provider_comes_back_after_a_quick_trial(
    shared_pool: asyncpg.Pool, one: Provider, two: Provider
) -> None:
    desk = Desk(shared_pool, [settings_of("sms-one", one.url), settings_of("sms-two", two.url)], rest=0.2)
    one.behave("fail")
    for _ in range(3):
        desk.new_number()
        assert (await desk.call(uuid4())).provider == "sms-two"
    one.behave("normal")
    async with asyncio.timeout(5):
        while (await desk.call(uuid4())).provider != "sms-one":
            desk.new_number()
            await asyncio.sleep(0.02)
    assert not desk.aggregators[0].standing.demoted
    await desk.sms.close()


async def test_a_blocked_number_is_not_reached_by_another_way(desk: Desk, one: Provider, two: Provider) -> None:
    number = desk.new_number()
    one.client.put(f"/control/phones/{number}", json={"mode": "refuse"}).raise_for_status()
    application = uuid4()
    assert await desk.call(application) == NotReachable(*ABOUT)
    assert not two.requests(number)
    assert await desk.results(application) == [("sms-one", "not-reachable")]


async def test_a_text_the_first_refuses_may_be_taken_by_the_second_and_an_order_is_a_new_request(
    desk: Desk, one: Provider, two: Provider
) -> None:
    desk.sms._texts = Accented()  # type: ignore[assignment]
    application, number = uuid4(), desk.new_number()
    assert await desk.call(application) == Refused(*ABOUT)
    assert await desk.results(application) == [("sms-one", "refused"), ("sms-two", "refused")]
    desk.sms._texts = TEXTS
    ordered = request_about(Topic.ACCEPTED, reach_by=(Medium.SMS,)).model_copy(
        update={"attempt": 2, "requested_by": OFFICER}
    )
    assert isinstance(await desk.call(application, ordered), Accepted)
    assert len(one.messages(number)) == 1
    assert len({entry["request_id"] for entry in one.requests(number)}) == 2


class Accented:
    def sms(self, *_: Any) -> str:
        return "Hồ sơ"


async def test_what_a_provider_no_longer_remembers_is_not_repeated_but_by_an_order(
    desk: Desk, one: Provider, two: Provider
) -> None:
    one.behave("error", times=1)
    application, number = uuid4(), desk.new_number()
    with pytest.raises(RuntimeError):
        await desk.call(application)
    await desk.pool.execute("UPDATE attempts SET at = at - interval '21 hours' WHERE application_id = $1", application)
    assert await desk.call(application, attempt=2) == Exhausted("sms:accepted:1", "sms", uncertain=True)
    assert not one.messages(number)
    ordered = request_about(Topic.ACCEPTED, reach_by=(Medium.SMS,)).model_copy(
        update={"attempt": 2, "requested_by": OFFICER}
    )
    assert (await desk.call(application, ordered)).provider == "sms-one"
    assert not two.requests(number)


async def test_an_open_message_stays_unknown_whatever_the_person_changed_meanwhile(desk: Desk, one: Provider) -> None:
    one.behave("hang", times=1)
    application = uuid4()
    desk.new_number()
    with pytest.raises(Exception):  # noqa: B017, PT011
        await desk.call(application)
    desk.to(None)
    assert await desk.call(application, attempt=2) == Exhausted("sms:accepted:1", "sms", uncertain=True)


@pytest.mark.parametrize(
    ("phone", "answer"),
    [(None, NoAddress), ("", NoAddress), ("+842438123456", NotReachable), ("+33612345678", NotReachable)],
)
async def test_a_number_that_leads_nowhere_is_an_answer(desk: Desk, phone: str | None, answer: type[Any]) -> None:
    desk.to(phone)
    assert await desk.call(uuid4()) == answer(*ABOUT)


async def test_who_is_gone_or_does_not_want_sms_gets_none(desk: Desk, one: Provider) -> None:
    desk.people.answer = ErasedError()
    assert await desk.call(uuid4()) == ApplicantGone(*ABOUT)
    number, person = desk.new_number(), uuid4()
    await opt_out(desk.pool, person, [Medium.SMS])
    asked = request_about(Topic.ACCEPTED, reach_by=(Medium.SMS,))
    asked = asked.model_copy(update={"dossier": asked.dossier.model_copy(update={"applicant_id": person})})
    assert await desk.call(uuid4(), asked) == OptedOut(*ABOUT)
    assert not one.requests(number)


async def test_without_our_own_database_nothing_is_sent(shared_pool: asyncpg.Pool, one: Provider) -> None:
    closed = await asyncpg.create_pool(shared_pool._connect_args[0], min_size=0)
    await closed.close()
    desk = Desk(closed, [settings_of("sms-one", one.url)])
    number = desk.new_number()
    with pytest.raises(NotDoneError):
        await desk.call(uuid4())
    await desk.sms.close()
    assert not one.requests(number)


async def test_wrong_keys_are_our_fault_and_not_the_number_s(shared_pool: asyncpg.Pool, one: Provider) -> None:
    desk = Desk(shared_pool, [settings_of("sms-one", one.url, api_key=SecretStr("wrong"))])
    desk.new_number()
    with pytest.raises(NotDoneError):
        await desk.call(uuid4())
    await desk.sms.close()


@pytest.mark.parametrize(
    ("phone", "written"),
    [("+84901234567", "84901234567"), ("0901234567", None), ("+849012345678", None), ("+84901234567\n", None)],
)
def test_numbers_are_written_as_providers_want_them(phone: str, written: str | None) -> None:
    assert as_providers_write_it(phone) == written
