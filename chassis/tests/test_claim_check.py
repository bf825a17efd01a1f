import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import web

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import NotDoneError

ERASED = uuid4()


class Intake:
    """Intake's look-up over real HTTP; `answer` may be replaced."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, Any], str]] = []
        self.answer: Callable[[list[str]], Awaitable[web.StreamResponse]] = self.people
        self.url = ""

    async def look_up(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append((body, request.headers["Authorization"]))
        return await self.answer(body["applications"])

    async def people(self, ids: list[str]) -> web.StreamResponse:
        return web.json_response({"applicants": {i: {"full_name": f"Công dân {i}"} for i in ids if i != str(ERASED)}})


@pytest_asyncio.fixture
async def intake() -> AsyncIterator[Intake]:
    intake, app = Intake(), web.Application()
    app.router.add_post("/internal/applicants:batch", intake.look_up)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    intake.url = f"http://{host}:{port}"
    yield intake
    await runner.cleanup()


@pytest_asyncio.fixture
async def applicants(intake: Intake) -> AsyncIterator[Applicants]:
    applicants = Applicants(intake.url, "identity-check", lambda: "a-token", limit=0.3)
    yield applicants
    await applicants.close()


async def look_up(applicants: Applicants, *ids: UUID) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*map(applicants.of, ids), return_exceptions=True), 5)


async def test_look_ups_of_a_moment_share_one_request_with_purpose_and_token(
    intake: Intake, applicants: Applicants
) -> None:
    ids = [uuid4() for _ in range(20)]

    found = await look_up(applicants, *ids, ids[0])

    assert [each["full_name"] for each in found] == [f"Công dân {i}" for i in [*ids, ids[0]]]
    [(body, authorization)] = intake.requests
    assert (body["purpose"], authorization) == ("identity-check", "Bearer a-token")
    assert sorted(body["applications"]) == sorted(map(str, ids))


async def test_no_request_asks_for_more_than_five_hundred(intake: Intake, applicants: Applicants) -> None:
    found = await look_up(applicants, *(uuid4() for _ in range(1_001)))

    assert len(found) == 1_001
    assert sorted(len(body["applications"]) for body, _ in intake.requests) == [1, 500, 500]


async def test_an_erased_citizen_is_a_normal_answer_and_the_others_get_theirs(applicants: Applicants) -> None:
    erased, found = await look_up(applicants, ERASED, uuid4())

    assert isinstance(erased, ErasedError)
    assert "full_name" in found


async def test_notes_are_asked_for_by_name_and_only_where_somebody_wants_them(
    intake: Intake, applicants: Applicants
) -> None:
    application, note, another = uuid4(), uuid4(), uuid4()
    await look_up(applicants, application)
    await asyncio.gather(*(applicants.of(application, notes) for notes in ((), [note], [note, another])))

    [(plain, _), (quoting, _)] = intake.requests
    assert "notes" not in plain
    assert sorted(quoting["notes"]) == sorted([str(note), str(another)])


async def test_nothing_is_kept(intake: Intake, applicants: Applicants) -> None:
    application = uuid4()
    await look_up(applicants, application)
    await look_up(applicants, application)

    assert len(intake.requests) == 2
    assert applicants._waiting == {}


async def refuses(_ids: list[str]) -> web.StreamResponse:
    return web.Response(status=503)


async def forbids(_ids: list[str]) -> web.StreamResponse:
    return web.json_response({"applicants": {}}, status=403)


async def hangs(_ids: list[str]) -> web.StreamResponse:
    await asyncio.sleep(1)
    return web.Response()


async def babbles(_ids: list[str]) -> web.StreamResponse:
    return web.Response(text="<html>")


async def lists(_ids: list[str]) -> web.StreamResponse:
    return web.json_response({"applicants": []})


async def forgets(_ids: list[str]) -> web.StreamResponse:
    return web.json_response({})


async def says_nothing(_ids: list[str]) -> web.StreamResponse:
    return web.json_response({"applicants": None})


@pytest.mark.parametrize("answer", [refuses, forbids, hangs, babbles, lists, forgets, says_nothing])
async def test_whatever_intake_answers_instead_the_look_up_was_not_done(
    intake: Intake, applicants: Applicants, answer: Any
) -> None:
    intake.answer = answer

    found = await look_up(applicants, uuid4(), uuid4())

    assert [type(each) for each in found] == [NotDoneError, NotDoneError]
    intake.answer = intake.people
    assert "full_name" in (await look_up(applicants, uuid4()))[0]


async def test_an_intake_that_is_not_there_is_a_look_up_not_done() -> None:
    applicants = Applicants("http://127.0.0.1:9", "identity-check", lambda: "a-token")

    assert [type(each) for each in await look_up(applicants, uuid4())] == [NotDoneError]
    await applicants.close()


async def test_one_asker_that_gives_up_does_not_take_the_answer_from_the_others(applicants: Applicants) -> None:
    application = uuid4()
    gives_up, waits = (asyncio.create_task(applicants.of(application)) for _ in range(2))
    await asyncio.sleep(0)
    gives_up.cancel()

    assert "full_name" in await asyncio.wait_for(waits, 5)
