"""The dashboards on paper: as the code says, and with nothing in them that no service shows."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest

from tests.observability.figures import shown
from tests.observability.rules import ALERTS, ROOT

BOARDS = sorted((ALERTS.parent / "dashboards").glob("*.json"))


def test_the_files_hold_what_the_code_says() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ALERTS.parent)}
    checked = subprocess.run(
        [sys.executable, "-m", "motcua_dashboards", "--check"], env=environment, cwd=ROOT, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_panels_ask_for_figures_that_the_services_have_and_lie_side_by_side(board: Any) -> None:
    panels = json.loads(board.read_text("utf-8"))["panels"]

    for panel in panels:
        for target in panel.get("targets", ()):
            assert not set(re.findall(r"\bmotcua_\w+", target["expr"])) - shown(), panel["title"]
    ids = [panel["id"] for panel in panels]
    places = [(panel["gridPos"]["y"], panel["gridPos"]["x"]) for panel in panels]
    assert len(set(ids)) == len(ids)
    assert all(before < after for before, after in pairwise(places))
