import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import SIGHUP, SIGTERM, Signals

import pytest

from tests.support.processes import all_gone, offspring

LaunchParts = Callable[[], "subprocess.Popen[str]"]


def test_a_killed_parent_leaves_no_process_and_its_directory_goes_with_the_next_start(
    launch_parts: LaunchParts, room: Path
) -> None:
    parent = launch_parts()
    children = offspring(parent.pid)
    assert {"postgres", "tansu"} <= {child.name() for child in children}
    left = list(room.glob("motcua-run-*"))

    parent.kill()
    parent.wait()

    assert all_gone(children)
    assert len(left) == 1
    assert left[0].exists()
    successor = launch_parts()
    assert not left[0].exists()
    successor.terminate()
    assert successor.wait(15) == 128 + SIGTERM


@pytest.mark.parametrize("number", [SIGTERM, SIGHUP])
def test_told_to_stop_it_leaves_no_process_and_no_directory(
    launch_parts: LaunchParts, room: Path, number: Signals
) -> None:
    parent = launch_parts()
    children = offspring(parent.pid)
    parent.send_signal(number)
    assert parent.wait(15) == 128 + number
    assert all_gone(children, deadline=0)
    assert [path.name for path in room.iterdir()] == [".lock"]
