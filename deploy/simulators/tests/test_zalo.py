"""Zalo's notification service seen by an official account."""

import itertools
import signal
from typing import Any

import httpx
import pytest

PATH = "/message/template"
NUMBERS = itertools.count(1)


def request(**changes: Any) -> dict[str, Any]:
    number = next(NUMBERS)
    usual = {
        "phone": f"849{number:08d}",
        "template_id": "410101",
        "template_data": {"dossier_code": "H29.25.12-261012-0004", "amount": 135000},
        "tracking_id": f"t{number}",
    }
    return usual | changes


def send(zalo: Any, asked: Any, token: str = "a-token", timeout: float = 5) -> dict[str, Any]:  # noqa: S107
    answer = zalo.client.post(PATH, json=asked, headers={"access_token": token}, timeout=timeout)
    answer.raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def kept(zalo: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in zalo.ledger("messages") if entry["request_id"] == asked["tracking_id"]]


def test_a_message_is_kept_with_all_that_matters(zalo: Any) -> None:
    asked = request()
    said = send(zalo, asked)
    [entry] = kept(zalo, asked)
    assert (said["error"], said["message"], said["data"]["msg_id"]) == (0, "Success", entry["msg_id"])
    assert said["data"]["sent_time"].isdigit()
    assert entry["phone"] == asked["phone"]
    assert entry["template_id"] == "410101"
    assert entry["template_data"] == asked["template_data"]


def test_a_repeated_tracking_id_is_a_second_message(zalo: Any) -> None:
    asked = request()
    assert [send(zalo, asked)["error"] for _ in range(2)] == [0, 0]
    assert zalo.client.get("/control/counts").json()["by_request_id"][asked["tracking_id"]] == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "0901234567"}, -108),
        ({"template_id": "x"}, -109),
        ({"template_data": {}}, -111),
        ({"template_data": {"Not A Name": "x"}}, -112),
        ({"template_data": {"name": "a" * 201}}, -132),
        ({"template_data": {"name": None}}, -132),
        ({"tracking_id": ""}, -132),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(zalo: Any, changes: dict[str, Any], code: int) -> None:
    asked = request(**changes)
    assert send(zalo, asked)["error"] == code
    assert zalo.ledger("requests")[-1]["code"] == code
    assert not kept(zalo, asked)


def test_a_wrong_token_and_what_is_no_object_are_refused(zalo: Any) -> None:
    assert send(zalo, request(), token="old")["error"] == -124
    assert send(zalo, [1])["error"] == -122


@pytest.mark.parametrize(("mode", "code"), [("refuse", -118), ("unwanted", -139), ("token", -124)])
def test_refusing_keeps_nothing(zalo: Any, mode: str, code: int) -> None:
    zalo.behave(mode, times=1)
    asked = request()
    assert send(zalo, asked)["error"] == code
    assert not kept(zalo, asked)


@pytest.mark.parametrize(("mode", "status"), [("fail", 503), ("error", 500)])
def test_failing_keeps_nothing(zalo: Any, mode: str, status: int) -> None:
    zalo.behave(mode, times=1)
    asked = request()
    assert zalo.client.post(PATH, json=asked, headers={"access_token": "a-token"}).status_code == status
    assert not kept(zalo, asked)


@pytest.mark.parametrize(("mode", "raised"), [("hang", httpx.ReadTimeout), ("cut", httpx.RemoteProtocolError)])
def test_an_answer_that_is_lost_leaves_a_message(zalo: Any, mode: str, raised: type[Exception]) -> None:
    zalo.behave(mode, times=1)
    asked = request()
    with pytest.raises(raised):
        send(zalo, asked, timeout=0.3)
    assert len(kept(zalo, asked)) == 1


def test_one_number_can_be_treated_apart(zalo: Any) -> None:
    absent = request()
    zalo.client.put(f"/control/phones/{absent['phone']}", json={"mode": "refuse", "times": 1}).raise_for_status()
    assert [send(zalo, asked)["error"] for asked in (absent, request(), absent)] == [-118, 0, 0]
    zalo.client.put(f"/control/phones/{absent['phone']}", json={}).raise_for_status()


def test_what_was_kept_survives_a_kill(zalo: Any) -> None:
    asked = request()
    send(zalo, asked)
    zalo.stop(signal.SIGKILL)
    zalo.start()
    assert len(kept(zalo, asked)) == 1
