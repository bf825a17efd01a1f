import asyncio
import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT

import jwt
import pytest

from motcua_local.access import Access
from motcua_local.processes import Death, ProgramFailedError
from motcua_local.stack import Stack, StackOptions
from motcua_local.waiting import comes_true
from motcua_local.wiring import SERVICES, SIMULATORS, Places, service
from tests.support.processes import all_gone, offspring, read_until

MOTCUA = str(Path(sys.executable).parent / "motcua")


def options(stand_ins: Path, deadline: float = 30.0) -> StackOptions:
    return StackOptions(environment={"PYTHONPATH": str(stand_ins)}, deadline=deadline)


async def test_a_dead_service_comes_back_and_a_dead_broker_ends_the_run(stand_in_services: Path) -> None:
    deaths: list[Death] = []
    async with Stack(options(stand_in_services), deaths.append) as stack:
        assert set(stack.restarts()) == {*SERVICES, *SIMULATORS, "postgres", "broker"}

        stack.kill("payment")

        async def returned() -> bool:
            return stack.restarts()["payment"] == 1

        assert await comes_true(returned, 5)
        await stack.wait_ready("payment")
        stack.kill("broker")
        await asyncio.wait_for(stack.lost.wait(), 5)
        directory = stack.directory
    assert [death.name for death in deaths] == ["payment", "broker"]
    assert not directory.exists()


async def test_a_service_that_is_late_is_named_with_its_last_words(stand_ins: Path) -> None:
    (stand_ins / "motcua_identity.py").write_text("import time; print('waiting for godot'); time.sleep(60)")
    stack = Stack(options(stand_ins, deadline=3))
    with pytest.raises(ProgramFailedError, match=r"3 s: .*identity\n\n(.*\n)*waiting for godot"):
        await stack.__aenter__()
    assert not stack.directory.exists()


async def test_a_service_that_only_dies_is_not_waited_for(stand_ins: Path) -> None:
    (stand_ins / "motcua_intake.py").write_text("raise SystemExit('no vault key')")
    with pytest.raises(ProgramFailedError, match=r"intake does not come up(.*\n)*no vault key"):
        await asyncio.wait_for(Stack(options(stand_ins)).__aenter__(), 20)


def test_ctrl_c_of_up_leaves_no_process_and_no_directory(
    launch: Callable[..., "subprocess.Popen[str]"], stand_ins: Path, room: Path
) -> None:
    up = launch(MOTCUA, "up", PYTHONPATH=str(stand_ins))
    printed = read_until(up, "Ctrl-C ends it")
    assert "CITIZEN='Authorization: Bearer ey" in printed
    children = offspring(up.pid)
    assert len(children) > len(SERVICES) + len(SIMULATORS)

    up.send_signal(SIGINT)

    assert up.wait(20) == 0
    assert all_gone(children, deadline=0)
    assert [path.name for path in room.iterdir()] == [".lock"]


def test_ctrl_c_while_it_starts_leaves_nothing_either(
    launch: Callable[..., "subprocess.Popen[str]"], stand_ins: Path, room: Path
) -> None:
    up = launch(MOTCUA, "up", PYTHONPATH=str(stand_ins))
    read_until(up, "starting")
    children = offspring(up.pid)
    up.send_signal(SIGINT)
    assert up.wait(20) == 0
    assert all_gone(children, deadline=0)
    assert [path.name for path in room.iterdir()] == [".lock"]


async def test_its_tokens_carry_role_and_agency(stand_ins: Path) -> None:
    places = Places(dsn=str, kafka=lambda _: Access("broker:9092"), ledgers=stand_ins)
    stack = Stack()
    stack.places = places
    claims = jwt.decode(
        stack.token("officer", "3f1c", "H29.25.12"), places.secrets.token, algorithms=["HS256"], audience="motcua"
    )
    assert (claims["iss"], claims["sub"], claims["role"], claims["agency"]) == (
        "motcua-dev",
        "3f1c",
        "officer",
        "H29.25.12",
    )
    with pytest.raises(ValueError, match="agency"):
        stack.token("citizen", agency="H29.25.12")


def test_each_service_is_told_where_the_others_are(stand_ins: Path) -> None:
    places = Places(dsn="db/{}".format, kafka=lambda _: Access("broker:9092"), ledgers=stand_ins)
    told = {name: service(name, places, {}).environment for name in SERVICES}
    assert {environment["MOTCUA_KAFKA"] for environment in told.values()} == {"broker:9092"}
    assert told["payment"]["MOTCUA_DATABASE"] == "db/payment"
    assert told["identity"]["MOTCUA_INTAKE_URL"].endswith(told["intake"]["MOTCUA_HTTP_PORT"])
    assert len(base64.b64decode(told["intake"]["MOTCUA_VAULT_KEY"])) == 32
    assert service("intake", places, {"MOTCUA_CRASH_AT": "x"}).environment["MOTCUA_CRASH_AT"] == "x"
