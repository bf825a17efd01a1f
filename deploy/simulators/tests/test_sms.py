"""The aggregator of brand-name SMS seen by its customer."""

import itertools
import signal
import time
from typing import Any

import httpx
import pytest

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
NUMBERS = itertools.count(1)


def request(**changes: Any) -> dict[str, Any]:
    number = next(NUMBERS)
    usual = {
        "ApiKey": "a-key",
        "SecretKey": "a-secret",
        "Brandname": "MOTCUA",
        "SmsType": "2",
        "IsUnicode": "0",
        "Phone": f"849{number:08d}",
        "Content": "Ho so da duoc tiep nhan.",
        "RequestId": f"r{number}",
    }
    return usual | changes


def send(sms: Any, asked: dict[str, Any], timeout: float = 5) -> dict[str, Any]:
    answer = sms.client.post(PATH, json=asked, timeout=timeout)
    answer.raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def kept(sms: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in sms.ledger("messages") if entry["request_id"] == asked["RequestId"]]


def test_a_message_is_kept_with_all_that_matters(sms: Any) -> None:
    asked = request()
    said = send(sms, asked)
    [entry] = kept(sms, asked)
    assert said == {"CodeResult": "100", "CountRegenerate": 0, "SMSID": entry["sms_id"]}
    assert entry["phone"] == asked["Phone"]
    assert entry["content"] == "Ho so da duoc tiep nhan."
    assert entry["behaviour"] == "normal"
    assert sms.client.get("/control/health").json()["simulator"] == "sms-one"


def test_a_request_id_is_taken_once(sms: Any) -> None:
    asked = request()
    assert send(sms, asked)["CodeResult"] == "100"
    assert send(sms, asked)["CodeResult"] == "124"
    assert len(kept(sms, asked)) == 1


def test_texts_one_number_got_twice_are_counted(sms: Any) -> None:
    once, twice = request(), request(Content="Hai lan")
    for asked in (once, twice, twice | {"RequestId": f"{twice['RequestId']}-2"}):
        send(sms, asked)
    repeated = sms.client.get("/control/counts").json()["repeated"]
    assert {"phone": twice["Phone"], "content": "Hai lan", "count": 2} in repeated
    assert once["Phone"] not in {entry["phone"] for entry in repeated}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ApiKey": "wrong"}, "101"),
        ({"SecretKey": "wrong"}, "101"),
        ({"Brandname": "OTHER"}, "104"),
        ({"SmsType": "1"}, "118"),
        ({"Phone": "+84901234567"}, "108"),
        ({"Phone": "842438123456"}, "108"),
        ({"Content": "Hồ sơ"}, "146"),
        ({"Content": "a" * 460}, "146"),
        ({"Content": ""}, "146"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(sms: Any, changes: dict[str, Any], code: str) -> None:
    asked = request(**changes)
    assert send(sms, asked)["CodeResult"] == code
    assert not kept(sms, asked)
    assert sms.ledger("requests")[-1]["code"] == code


def test_what_is_no_json_is_refused(sms: Any) -> None:
    assert sms.client.post(PATH, content=b"\xff").status_code == 400


@pytest.mark.parametrize(("mode", "status"), [("fail", 503), ("error", 500)])
def test_failing_keeps_nothing(sms: Any, mode: str, status: int) -> None:
    sms.behave(mode, times=1)
    asked = request()
    assert sms.client.post(PATH, json=asked).status_code == status
    assert not kept(sms, asked)
    assert send(sms, asked)["CodeResult"] == "100"


@pytest.mark.parametrize(("mode", "code"), [("refuse", "99"), ("balance", "103")])
def test_refusing_keeps_nothing(sms: Any, mode: str, code: str) -> None:
    sms.behave(mode, times=1)
    asked = request()
    assert send(sms, asked)["CodeResult"] == code
    assert not kept(sms, asked)


def test_slow_keeps_at_once_and_answers_late(sms: Any) -> None:
    sms.behave("slow", times=1, delay_seconds=0.3)
    started, asked = time.monotonic(), request()
    assert send(sms, asked)["CodeResult"] == "100"
    assert time.monotonic() - started >= 0.3


def test_hanging_keeps_the_message_and_a_repetition_is_known(sms: Any) -> None:
    sms.behave("hang", times=1)
    asked = request()
    with pytest.raises(httpx.ReadTimeout):
        send(sms, asked, timeout=0.3)
    assert len(kept(sms, asked)) == 1
    assert send(sms, asked)["CodeResult"] == "124"


def test_cutting_keeps_the_message(sms: Any) -> None:
    sms.behave("cut", times=1)
    asked = request()
    with pytest.raises(httpx.RemoteProtocolError):
        send(sms, asked)
    assert len(kept(sms, asked)) == 1


def test_one_number_can_be_treated_apart(sms: Any) -> None:
    blocked, free = request(), request()
    shown = sms.client.put(f"/control/phones/+{blocked['Phone']}", json={"mode": "refuse"}).json()
    assert shown[blocked["Phone"]]["mode"] == "refuse"
    assert send(sms, blocked)["CodeResult"] == "99"
    assert send(sms, free)["CodeResult"] == "100"
    sms.client.put(f"/control/phones/{blocked['Phone']}", json={"mode": "normal"}).raise_for_status()
    assert send(sms, blocked)["CodeResult"] == "100"
    assert sms.client.get("/control/phones").json() == {}
    assert sms.client.put("/control/phones/84901234567", json={"mode": "dance"}).status_code == 422


def test_what_was_kept_survives_a_kill(sms: Any) -> None:
    asked = request()
    send(sms, asked)
    sms.stop(signal.SIGKILL)
    sms.start()
    assert send(sms, asked)["CodeResult"] == "124"
    assert len(kept(sms, asked)) == 1
