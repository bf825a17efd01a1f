"""A version ends only when nobody reads it and nothing holds it; else one learns who, and what to do."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from motcua_contracts import CATALOGUE
from motcua_contracts.tools.__main__ import main
from motcua_contracts.tools.published import load_published

CONTRACTS = Path(__file__).parents[1]
OLD, NEW, SETTLED = (f"vn.motcua.payment.{name}" for name in ("received-late.v1", "received-late.v2", "settled.v1"))
TODAY = datetime.now(UTC).date()
PINNED = "readers:\n  - name: integrator.treasury\n    reads: [received-late.v1]\n    why: To book what is returned.\n"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    copy = tmp_path / "contracts"
    for folder in ("topics", "published"):
        shutil.copytree(CONTRACTS / folder, copy / folder)
    return copy


def _edit(contracts: Path, old: str, new: str) -> None:
    file = contracts / "topics/payment.events.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def _for_days(contracts: Path, days: int) -> None:
    _edit(contracts, "retention.ms: -1", f"retention.ms: {days * 86_400_000}")


def _retire(contracts: Path, name: str, *more: str) -> int:
    return main(["retire", name, "--contracts", str(contracts), *more])


def _ago(days: int) -> tuple[str, str]:
    return "--last-written", (TODAY - timedelta(days=days)).isoformat()


def test_a_topic_kept_forever_holds_every_version(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _retire(contracts, OLD, *_ago(4000)) == 1
    said = capsys.readouterr().out
    assert f"{OLD} has to stay" in said
    assert "motcua.payment.events keeps its records forever" in said
    assert "Keep its class and upcaster" in said
    assert load_published(contracts)[OLD].retired is None


def test_the_newest_version_is_refused_with_everybody_who_reads_it(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _retire(contracts, SETTLED) == 1
    said = capsys.readouterr().out
    assert "payment publishes it: it is the newest version" in said
    assert "intake reads settled.v1" in said
    assert "notification reads settled.v1" in said


def test_a_registered_reader_of_an_old_version_is_named_with_what_it_has_to_do(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(contracts, "readers:\n", PINNED)
    _for_days(contracts, 30)
    assert _retire(contracts, OLD, *_ago(31)) == 1
    said = capsys.readouterr().out
    assert "integrator.treasury reads received-late.v1 from motcua.payment.events (To book what is returned.)" in said
    assert "Wait until it reads received-late.v2, then change its entry in topics/payment.events.yaml" in said
    assert "forever" not in said


def test_who_follows_the_newest_version_does_not_hold_an_old_one(contracts: Path) -> None:
    _edit(contracts, "readers:\n", PINNED.replace(".v1", ""))
    _for_days(contracts, 30)
    assert _retire(contracts, OLD, *_ago(31)) == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "say it with --last-written"),
        (_ago(30), "come back after that day"),
        (_ago(0), "holds records of it until"),
    ],
)
def test_retention_has_to_run_out_first(
    contracts: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], why: str
) -> None:
    _for_days(contracts, 30)
    assert _retire(contracts, OLD, *more) == 1
    assert why in capsys.readouterr().out


def test_what_is_retired_may_lose_its_class_and_what_is_not_may_not(
    contracts: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _for_days(contracts, 30)
    assert _retire(contracts, OLD, *_ago(31)) == 0
    assert "Now delete its class" in capsys.readouterr().out
    monkeypatch.delitem(CATALOGUE, OLD)
    assert main(["compatibility", "--contracts", str(contracts)]) == 0
    _edit(contracts, f"retention.ms: {30 * 86_400_000}", "retention.ms: -1")
    assert main(["compatibility", "--contracts", str(contracts)]) == 1
    assert f"{OLD}: refused: retired too early: motcua.payment.events keeps its records" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("vn.motcua.payment.received-late.v9", "is no event type. Known: vn.motcua.payment.received-late.v1"),
        ("settled", "is no event type. Known: vn.motcua.identity"),
        (NEW, "was never published"),
    ],
)
def test_what_was_never_published_cannot_be_retired(
    contracts: Path, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    (contracts / f"published/{NEW}.json").unlink(missing_ok=True)
    assert _retire(contracts, name) == 2
    assert why in capsys.readouterr().err
