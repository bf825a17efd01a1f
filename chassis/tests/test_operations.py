import json
from uuid import uuid4

import httpx
from fastapi import FastAPI

from chassis.tests.toy import RAISES, record, submitted
from chassis.tests.toy_desk import OPERATOR, SUBJECT, problem
from chassis.tests.toy_path import ToyPath


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
