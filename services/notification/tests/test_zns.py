"""Zalo: one attempt whose end is seen, or none more by ourselves; what each error code means for the person."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationSent, Topic
from motcua_notification import web_provider
from motcua_notification.attempts import attempts_of
from motcua_notification.call_journal import NOTING_SECONDS
from motcua_notification.domain import DECIDER, Accepted, NoAddress, Notices, NotReachable, OptedOut, Refused
from motcua_notification.recipients import ASKING_SECONDS, Recipients
from motcua_notification.texts import Texts
from motcua_notification.web_provider import WebProvider
from motcua_notification.wordings import Wordings
from motcua_notification.zns import PATH, Zns
from services.notification.tests.cases import request_about
from services.notification.tests.people import AN, People
from services.notification.tests.providers import Provider, running

ABOUT = (Topic.PAYMENT_REQUESTED, 1, Medium.ZNS)
TEXTS = Texts(Wordings("https://dvc.example.vn"))
NUMBERS = itertools.count(20_000_000)


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with running("zalo", "zalo") as provider:
        yield provider


@pytest.fixture
def zalo(process: Provider) -> Provider:
    process.behave("normal")
    return process


class Desk:
    def __init__(self, pool: asyncpg.Pool, url: str, token: str = "t") -> None:  # noqa: S107
        self.pool, self.people = pool, People(AN)
        web = WebProvider(url.rstrip("/") + PATH, {"access_token": token}, answer=0.5)
        self.zns = Zns(Recipients(self.people, pool), TEXTS, pool, web)

    def new_number(self) -> str:
        number = f"849{next(NUMBERS)}"
        self.people.answer = AN | {"phone": f"+{number}"}
        return number

    async def call(self, application: UUID) -> Any:
        state = DECIDER.evolve(Notices(), request_about(Topic.PAYMENT_REQUESTED, reach_by=(Medium.ZNS,)))
        task = Task(application, "zns:payment-requested:1", state, 1, False)  # noqa: FBT003
        try:
            return await asyncio.wait_for(self.zns.call(task), self.zns.timeout)
        finally:
            await self.zns.close()
            self.zns._zalo._session = None

    async def results(self, application: UUID) -> list[str | None]:
        return [attempt.result for attempt in await attempts_of(self.pool, application)]


@pytest.fixture
def desk(shared_pool: asyncpg.Pool, zalo: Provider) -> Desk:
    return Desk(shared_pool, zalo.url)


def test_a_message_whose_end_nobody_saw_is_never_repeated() -> None:
    assert Zns.repeatable is Repeatable.NEITHER
    before = ASKING_SECONDS + NOTING_SECONDS + web_provider.CONNECT_SECONDS
    assert Zns.timeout > before + NOTING_SECONDS, "what comes before the request must end as `NotDoneError`"


async def test_a_message_goes_out_with_its_template_and_its_data(desk: Desk, zalo: Provider) -> None:
    application, number = uuid4(), desk.new_number()
    answer = await desk.call(application)
    [entry] = zalo.messages(number)
    assert answer == Accepted(*ABOUT, entry["msg_id"])
    NotificationSent(topic=answer.topic, medium=answer.medium, reference=answer.reference)
    assert entry["template_id"] == "410104"
    assert entry["template_data"] == {
        "dossier_code": "H29.25.12-261012-0004",
        "amount": 100_000,
        "expires_at": "17:00 23/11/2026",
        "page": f"payments/{application}",
    }
    assert await desk.results(application) == ["accepted"]


@pytest.mark.parametrize(
    ("mode", "answer", "result"),
    [("refuse", NotReachable, "not-reachable"), ("unwanted", OptedOut, "not-reachable")],
)
async def test_a_person_zalo_does_not_reach_is_an_answer(
    desk: Desk, zalo: Provider, mode: str, answer: type[Any], result: str
) -> None:
    application, number = uuid4(), desk.new_number()
    zalo.client.put(f"/control/phones/{number}", json={"mode": mode}).raise_for_status()
    assert await desk.call(application) == answer(*ABOUT)
    assert await desk.results(application) == [result]
    assert not zalo.messages(number)


@pytest.mark.parametrize("mode", ["token", "fail"])
async def test_what_certainly_did_not_happen_may_be_tried_again(desk: Desk, zalo: Provider, mode: str) -> None:
    zalo.behave(mode, times=1)
    application, number = uuid4(), desk.new_number()
    with pytest.raises(NotDoneError):
        await desk.call(application)
    assert isinstance(await desk.call(application), Accepted)
    assert len(zalo.messages(number)) == 1
    assert await desk.results(application) == ["unavailable", "accepted"]


@pytest.mark.parametrize(("mode", "kept"), [("hang", 1), ("cut", 1), ("error", 0)])
async def test_an_end_nobody_saw_leaves_the_outcome_open(desk: Desk, zalo: Provider, mode: str, kept: int) -> None:
    zalo.behave(mode, times=1)
    application, number = uuid4(), desk.new_number()
    with pytest.raises(Exception) as raised:  # noqa: PT011  # any but the one that allows another attempt
        await desk.call(application)
    assert not isinstance(raised.value, NotDoneError)
    assert len(zalo.messages(number)) == kept
    assert await desk.results(application) == ["uncertain"]


async def test_a_refused_connection_may_be_tried_again(shared_pool: asyncpg.Pool) -> None:
    with pytest.raises(NotDoneError):
        await Desk(shared_pool, "http://127.0.0.1:9").call(uuid4())


async def test_an_expired_token_may_be_renewed(shared_pool: asyncpg.Pool, zalo: Provider) -> None:
    with pytest.raises(NotDoneError):
        await Desk(shared_pool, zalo.url, token="old").call(uuid4())


@pytest.mark.parametrize(("phone", "answer"), [(None, NoAddress), ("+842438123456", NotReachable)])
async def test_a_number_that_leads_nowhere_is_an_answer(desk: Desk, phone: str | None, answer: type[Any]) -> None:
    desk.people.answer = AN | {"phone": phone}
    assert await desk.call(uuid4()) == answer(*ABOUT)


async def test_a_message_zalo_does_not_take_is_refused(desk: Desk, zalo: Provider) -> None:
    desk.zns._texts = Nameless()  # type: ignore[assignment]
    desk.new_number()
    assert await desk.call(uuid4()) == Refused(*ABOUT)


class Nameless:
    def zns(self, request: Any, application: UUID) -> Any:
        return TEXTS.zns(request, application)._replace(template="none")
