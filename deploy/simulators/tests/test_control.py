"""What the three share: behaviour, ledger file, a quiet end."""

import signal
from pathlib import Path
from typing import Any

import pytest

from motcua_simulators.behaviour import Behaviour, Setting
from motcua_simulators.ledger import Ledger


def test_an_unknown_mode_is_refused_with_the_modes_there_are(any_simulator: Any) -> None:
    refused = any_simulator.client.put("/control/behaviour", json={"mode": "dance"})
    assert refused.status_code == 422
    assert "slow" in refused.json()["detail"]


def test_the_modes_describe_themselves(any_simulator: Any) -> None:
    modes = any_simulator.client.get("/control/behaviour").json()["modes"]
    assert {"normal", "slow", "fail"} <= modes.keys()
    assert all(modes.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_zero_and_in_silence(any_simulator: Any, number: signal.Signals) -> None:
    assert any_simulator.stop(number) == (0, "")
    any_simulator.start()


def test_the_same_seed_chooses_the_same_requests() -> None:
    def chosen(seed: int) -> list[str]:
        behaviour = Behaviour({"fail": "fails"})
        behaviour.set(Setting(mode="fail", share=0.3, seed=seed))
        return [behaviour.take("fail") for _ in range(200)]

    assert chosen(7) == chosen(7) != chosen(8)
    assert 30 < chosen(7).count("fail") < 90


def test_a_mode_is_over_after_its_times() -> None:
    behaviour = Behaviour({"fail": "fails"})
    behaviour.set(Setting(mode="fail", times=2))
    assert [behaviour.take("fail") for _ in range(4)] == ["fail", "fail", "normal", "normal"]


def test_a_half_written_line_is_forgotten_and_the_rest_survives(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, "seen")
    ledger.add("seen", {"n": 1})
    with path.open("a") as file:
        file.write('["seen", {"n": 2')
    reopened = Ledger(path, "seen")
    reopened.add("seen", {"n": 3})
    assert Ledger(path, "seen").entries("seen") == [{"n": 1}, {"n": 3}]


def test_a_limit_keeps_the_newest() -> None:
    ledger = Ledger(None, "seen")
    for n in range(3):
        ledger.add("seen", {"n": n})
    assert [len(ledger.entries("seen", limit)) for limit in (0, 2, 9)] == [0, 2, 3]
    assert ledger.entries("seen", 2) == [{"n": 1}, {"n": 2}]
