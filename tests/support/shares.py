"""Shares the tests out over processes (`pytest -n`): a room stays together, for its tests stand on the same parts.

What takes longest begins first, so that no process sits idle at the end.
"""

from pathlib import PurePath

import pytest

_ON_ONE_STACK = frozenset({"journeys", "replay", "http", "failures"})
"""Rooms of `tests` that use the one stack of the session."""
_LONGEST_FIRST = ("stack", "tests", "chassis", "contracts", "services", "deploy")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(room(item)))
    items.sort(key=lambda item: _LONGEST_FIRST.index(room(item).partition("/")[0]))  # stable: else as collected


def room(item: pytest.Item) -> str:
    """What the test's process is chosen by, e.g. `services/intake`."""
    first, second, *_ = PurePath(item.nodeid.partition("::")[0]).parts
    if first == "tests" and second in _ON_ONE_STACK:
        return "stack"
    return first if first in {"chassis", "contracts"} else f"{first}/{second}"
