"""`stage`: topics of their own on the session's broker, and `motcua-events` beside them."""

from collections.abc import Callable

import pytest
import pytest_asyncio

from contracts.tests.stage import Stage
from tests.support.broker import TestBroker


@pytest.fixture(autouse=True)
def wide_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command prints does not depend on who runs the tests."""
    for name in ("MOTCUA_KAFKA", "MOTCUA_KAFKA_SECURITY", "MOTCUA_KAFKA_CLUSTER_ID", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest_asyncio.fixture
async def stage(broker: TestBroker, fresh_name: Callable[[str], str]) -> Stage:
    """Empty topics."""
    stage = Stage(broker.address, f"{fresh_name('stage')}.")
    await stage.create()
    return stage
