"""The operator's door: what could not be used is found, mended, sent again or given up, and who did it is on record."""

import base64
import json
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis.tests.toy import RAISES, record, submitted
from chassis.tests.toy_desk import OPERATOR, SUBJECT, problem
from chassis.tests.toy_path import ToyPath
from motcua_chassis import work
from motcua_chassis.codec import write_body


async def test_dead_letters_are_listed_retried_and_discarded_over_http(
    client: httpx.AsyncClient, path: ToyPath
) -> None:
    application = uuid4()
    await path.deliver(
        record(application, 0, event=submitted(RAISES)), record(application, 1), record(offset=2, value=b"{")
    )
    listed = (await client.get("/operations/dead-letters", headers=OPERATOR)).json()
    assert {(each["state"], each["reason"]) for each in listed} == {
        ("parked", "raised-ArithmeticError"), ("parked", "bad-json"), ("held", "behind-parked"),
    }  # fmt: skip
    assert "body" not in listed[0]
    assert len((await client.get("/operations/dead-letters?limit=1", headers=OPERATOR)).json()) == 1
    parked, held = (
        next(e["id"] for e in listed if e["reason"] == r) for r in ("raised-ArithmeticError", "behind-parked")
    )

    async def act(id_: int, action: str) -> httpx.Response:
        return await client.post(f"/operations/dead-letters/{id_}/{action}", headers=OPERATOR)

    assert (await act(held, "retry")).json() == {"verdict": "held"}
    assert (await act(parked, "retry")).json() == {"verdict": "parked"}
    assert (await act(parked, "discard")).json() == {"verdict": "discarded"}
    problem(await act(parked, "discard"), 404, "not-found")
    problem(await act(2**40, "retry"), 404, "not-found")
    problem(await act(2**70, "retry"), 422, "invalid-request")

    assert len(await path.published(application)) == 1
    history = json.loads((await path.dead("discarded"))[0]["history"])
    assert [step["by"] for step in history] == [str(SUBJECT)] * 2


async def test_a_record_is_shown_whole_mended_and_sent_with_those_behind_it(
    client: httpx.AsyncClient, path: ToyPath
) -> None:
    application = uuid4()
    await path.deliver(record(application, 0, value=b'{"personal": 1}'), record(application, 1), record(application, 2))
    [parked, *held] = (await client.get("/operations/dead-letters", headers=OPERATOR)).json()
    place = f"/operations/dead-letters/{parked['id']}"

    whole = (await client.get(place, headers=OPERATOR)).json()
    assert base64.b64decode(whole["body"]) == b'{"personal": 1}'
    assert (whole["reason"], whole["topic"], whole["offset"]) == ("bad-schema", "motcua.intake.events", 0)
    assert whole["behind"] == [each["id"] for each in held]
    assert base64.b64decode(dict(whole["headers"])["ce_subject"]).decode() == str(application)

    worse = await client.post(f"{place}/edit", json={"body": _encoded(b"{")}, headers=OPERATOR)
    assert worse.json()["verdict"] == "edited"
    assert worse.json()["reading"].startswith("bad-json")
    mended = await client.post(f"{place}/edit", json={"body": _encoded(write_body(submitted()))}, headers=OPERATOR)
    assert mended.json() == {"verdict": "edited", "reading": "readable"}
    assert await path.published(application) == []
    assert (await client.post(f"{place}/retry", headers=OPERATOR)).json() == {"verdict": "retried"}

    assert len(await path.published(application)) == 3
    history = (await client.get(place, headers=OPERATOR)).json()["history"]
    assert [step["action"] for step in history] == ["edit", "edit", "retry"]
    assert [base64.b64decode(step["was"]) for step in history[:2]] == [b'{"personal": 1}', b"{"]
    assert all(step["by"] == str(SUBJECT) and step["at"] for step in history)
    problem(await client.post(f"{place}/edit", json={"body": "e30="}, headers=OPERATOR), 404, "not-found")
    problem(await client.get(f"/operations/dead-letters/{2**40}", headers=OPERATOR), 404, "not-found")


def _encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


@pytest.mark.parametrize("body", [{}, {"body": "no base64!"}, {"body": None}, {"body": "e30=", "key": "e30="}])
async def test_what_is_no_new_body_changes_nothing(client: httpx.AsyncClient, path: ToyPath, body: object) -> None:
    await path.deliver(record(value=b"{"))
    [letter] = await path.dead()
    response = await client.post(f"/operations/dead-letters/{letter['id']}/edit", json=body, headers=OPERATOR)
    problem(response, 422, "invalid-request")
    assert [bytes(each["body"]) for each in await path.dead()] == [b"{"]


async def test_dead_letters_are_filtered_and_turned_page_by_page(client: httpx.AsyncClient, path: ToyPath) -> None:
    application = uuid4()
    await path.deliver(*(record(offset=n, value=b"{") for n in range(5)))
    await path.deliver(record(application, 5, event=submitted(RAISES)), record(application, 6))

    async def found(query: str) -> list[int]:
        return [each["id"] for each in (await client.get(f"/operations/dead-letters?{query}", headers=OPERATOR)).json()]

    everything = await found("")
    pages = [
        await found("limit=3"),
        await found(f"limit=3&after={everything[2]}"),
        await found("limit=3&after=2147483648"),
    ]
    assert pages == [everything[:3], everything[3:6], []]
    assert await found("reason=bad-json") == everything[:5]
    assert await found(f"application={application}") == everything[5:]
    assert await found("state=held") == everything[6:]
    assert await found("state=discarded") == await found("source=/motcua/payment") == []
    problem(await client.get("/operations/dead-letters?state=lost", headers=OPERATOR), 422, "invalid-request")


async def test_paused_work_is_released_once_and_that_is_on_record(
    client: httpx.AsyncClient, path: ToyPath, app: FastAPI
) -> None:
    woken: list[bool] = []
    app.state.wake = lambda: woken.append(True)
    await path.deliver(record(offset=0), record(offset=1))
    async with path.pool.acquire() as connection:
        await work.pause(
            connection, [(row[0], row[1]) for row in await connection.fetch("SELECT aggregate, key FROM work")]
        )

    answers = [(await client.post("/operations/work/release", headers=OPERATOR)).json() for _ in range(2)]

    assert answers == [{"released": 2}, {"released": 0}]
    assert await path.pool.fetchval("SELECT bool_or(paused) FROM work") is False
    assert woken
    actions = await path.pool.fetch("SELECT by, action, count FROM operator_actions ORDER BY id")
    assert [tuple(row) for row in actions] == [(str(SUBJECT), "release-work", n) for n in (2, 0)]


async def test_a_halt_is_ended_by_an_operator(client: httpx.AsyncClient, app: FastAPI) -> None:
    resumed: list[bool] = []
    app.state.resume = lambda: resumed.append(True)

    assert (await client.post("/operations/resume", headers=OPERATOR)).json() == {"resumed": True}
    assert resumed == [True]


async def test_probes_say_what_is_wrong_and_need_no_token(client: httpx.AsyncClient, app: FastAPI) -> None:
    assert (await client.get("/health/ready")).json() == {"ready": True, "faults": []}
    assert (await client.get("/health/live")).status_code == 200
    app.state.health.faults = ("halted",)

    assert (await client.get("/health/ready")).json() == {"ready": False, "faults": ["halted"]}
    assert (await client.get("/health/live")).status_code == 503
    assert b"motcua_outbox_pending" in (await client.get("/metrics")).content
