"""The small form of `tests.load.million`: the crowd it tells of is without fault, and its bound on memory is asked."""

from pathlib import Path

import pytest

from tests.load.million import MOST_MEMORY, make_recording, run

EVENTS = 10_000


@pytest.mark.timeout(300)
def test_a_crowd_s_recording_is_valid_and_read_within_the_bound(tmp_path: Path) -> None:
    said, _, memory = run("validate", make_recording(tmp_path / "crowd", EVENTS))
    assert f"validated {EVENTS:,}" in said
    assert "no faults" in said
    assert 0 < memory < MOST_MEMORY
