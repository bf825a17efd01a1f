import os
from pathlib import Path

import pytest

from motcua_local.scratch import ScratchDirectory, sweep


@pytest.fixture(autouse=True)
def _here(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(room))


def test_a_run_in_progress_is_not_swept(room: Path) -> None:
    with ScratchDirectory() as running, ScratchDirectory() as other:
        assert sweep(room) == []
        assert running.path.exists()
        assert other.path.exists()
    assert not running.path.exists()


def test_what_a_killed_run_left_is_swept(room: Path) -> None:
    killed = ScratchDirectory()
    killed.folder("postgres")
    os.close(killed._lock)  # as the kernel does
    with ScratchDirectory():
        assert not killed.path.exists()


def test_what_is_not_a_directory_of_ours_is_left_alone(room: Path) -> None:
    (room / "elsewhere").mkdir()
    (room / "motcua-run-link").symlink_to(room / "elsewhere")
    assert sweep(room) == []
    assert (room / "elsewhere").exists()


def test_it_can_be_passed_but_not_listed_by_others() -> None:
    with ScratchDirectory() as scratch:
        assert scratch.path.stat().st_mode & 0o777 == 0o711
        assert scratch.folder("logs").stat().st_mode & 0o777 == 0o700
