"""`motcua-events dead-letters` through a real door: list, show, edit, retry, discard."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from chassis.tests.toy import record, submitted
from chassis.tests.toy_desk import CITIZEN, OPERATOR
from chassis.tests.toy_path import ToyPath
from motcua_chassis.codec import write_body
from motcua_events.cli import app as cli
from motcua_local.ports import free_ports

DeadLetters = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture
async def dead_letters(app: FastAPI) -> AsyncIterator[DeadLetters]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())

    async def call(*arguments: object, by: dict[str, str] = OPERATOR, url: str = f"http://127.0.0.1:{port}") -> Result:
        door = {"MOTCUA_URL": url, "MOTCUA_TOKEN": by["Authorization"].removeprefix("Bearer ")}
        return await asyncio.to_thread(CliRunner(env=door).invoke, cli, ["dead-letters", *map(str, arguments)])

    while not server.started:
        await asyncio.sleep(0.01)
    yield call
    server.should_exit = True
    await serving


async def test_a_record_is_found_mended_and_sent(dead_letters: DeadLetters, path: ToyPath, tmp_path: Path) -> None:
    application = uuid4()
    await path.deliver(record(application, 0, value=b"{"), record(application, 1))
    listed = await dead_letters("list", "--json", "--state", "parked")
    [letter] = [json.loads(line) for line in listed.stdout.splitlines()]
    assert letter["reason"] == "bad-json"
    assert "behind-parked" in (await dead_letters("list")).stdout

    shown = await dead_letters("show", letter["id"])
    assert shown.exit_code == 0
    assert "motcua.intake.events" in shown.stdout
    assert json.loads((await dead_letters("show", letter["id"], "--json")).stdout)["behind"] == [letter["id"] + 1]
    assert (await dead_letters("retry", letter["id"])).exit_code == 1, "it is parked again"
    assert (await dead_letters("retry", letter["id"] + 1)).exit_code == 1, "one before it is open"

    body = tmp_path / "body.json"
    body.write_bytes(write_body(submitted()))
    assert json.loads((await dead_letters("edit", letter["id"], body)).stdout)["reading"] == "readable"
    assert (await dead_letters("retry", letter["id"])).exit_code == 0
    assert len(await path.published(application)) == 2
    again = await dead_letters("retry", letter["id"])
    assert (again.exit_code, "404" in again.stderr) == (2, True)
    assert len(await path.published(application)) == 2


async def test_a_record_is_given_up(dead_letters: DeadLetters, path: ToyPath) -> None:
    await path.deliver(record(value=b"{"))
    [letter] = await path.dead()
    assert (await dead_letters("discard", letter["id"])).exit_code == 0
    assert (await dead_letters("list")).stderr == "none\n"


async def test_a_door_that_stays_shut_is_one_message(dead_letters: DeadLetters) -> None:
    refused = await dead_letters("list", by=CITIZEN)
    assert (refused.exit_code, "403" in refused.stderr) == (2, True)
    away = await dead_letters("list", url="http://127.0.0.1:9")
    assert (away.exit_code, "does not answer" in away.stderr) == (2, True)
    assert "Traceback" not in refused.output + away.output
