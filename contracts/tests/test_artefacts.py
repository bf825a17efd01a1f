"""What is committed is what the models say; any difference fails the check and nothing is written by it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from motcua_contracts.tools.__main__ import main

CONTRACTS = Path(__file__).parents[1]
MEND = "To mend: python -m motcua_contracts.tools generate"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    copy = tmp_path / "contracts"
    for folder in ("topics", "schemas", "examples", "published", "asyncapi"):
        shutil.copytree(CONTRACTS / folder, copy / folder)
    for file in ("asyncapi.yaml", "pyproject.toml", "COMPATIBILITY.md"):
        shutil.copy(CONTRACTS / file, copy / file)
    return copy


def _content(directory: Path) -> dict[str, bytes]:
    return {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def _check(contracts: Path) -> int:
    before = _content(contracts)
    code = main(["generate", "--check", "--contracts", str(contracts)])
    assert _content(contracts) == before, "--check wrote something"
    return code


def test_the_committed_files_are_those_of_the_models() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "motcua_contracts.tools", "generate", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("schemas/vn.motcua.payment.settled.v1.json", "10000000000", "10"),
        ("examples/vn.motcua.payment.settled.v1.json", "NCB", "VCB"),
        ("asyncapi.yaml", "partitions: 12", "partitions: 6"),
        ("asyncapi/payment.yaml", "partitions: 12", "partitions: 6"),
        ("topics/payment.events.yaml", "partitions: 12", "partitions: 6"),
        ("pyproject.toml", 'version = "', 'version = "9'),
    ],
)
def test_an_edit_is_drift_shown_with_its_lines(
    contracts: Path, capsys: pytest.CaptureFixture[str], path: str, old: str, new: str
) -> None:
    file = contracts / path
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert _check(contracts) == 1
    report = capsys.readouterr().out
    assert "differs from the models" in report
    assert "\n-" in report
    assert "\n+" in report
    assert MEND in report


def test_every_missing_and_orphaned_file_is_listed(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (contracts / "schemas/vn.motcua.payment.settled.v1.json").unlink()
    (contracts / "examples/vn.motcua.intake.result-returned.v1.json").unlink()
    (contracts / "schemas/vn.motcua.payment.forgotten.v1.json").write_text("{}")
    assert _check(contracts) == 1
    report = capsys.readouterr().out
    assert "schemas/vn.motcua.payment.settled.v1.json is missing" in report
    assert "examples/vn.motcua.intake.result-returned.v1.json is missing" in report
    assert "schemas/vn.motcua.payment.forgotten.v1.json has no event" in report
    assert MEND in report


def test_the_example_of_a_superseded_version_is_never_invented(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (contracts / "examples/vn.motcua.payment.received-late.v1.json").unlink()
    assert main(["generate", "--contracts", str(contracts)]) == 2
    assert "received-late.v1.json is missing" in capsys.readouterr().err


def test_generate_mends_what_drifted_but_deletes_no_orphan(contracts: Path) -> None:
    shutil.rmtree(contracts / "schemas")
    assert main(["generate", "--contracts", str(contracts)]) == 0
    assert _check(contracts) == 0
    orphan = contracts / "schemas/vn.motcua.payment.forgotten.v1.json"
    orphan.write_text("{}")
    assert main(["generate", "--contracts", str(contracts)]) == 1
    assert orphan.exists()


def test_topics_that_cannot_be_read_are_said_and_nothing_is_written(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (contracts / "topics/payment.events.yaml").write_text("[]")
    before = _content(contracts)
    assert main(["generate", "--contracts", str(contracts)]) == 2
    assert "payment.events.yaml" in capsys.readouterr().err
    assert _content(contracts) == before
