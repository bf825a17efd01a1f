"""When a demo run is over."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from motcua_local.access import Access
from motcua_local.demo.run import Run
from motcua_local.system import System


async def test_a_run_is_not_over_before_it_has_listened() -> None:
    nowhere: Any = SimpleNamespace(access=lambda _principal: Access("127.0.0.1:1"))
    stack = cast("System", SimpleNamespace(broker=nowhere, url=lambda name: f"http://{name}"))
    run = Run(stack, [], Console(quiet=True), patience=0.1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run._settled(), 0.5)
    run.history.quiet_since = asyncio.get_running_loop().time()
    await asyncio.wait_for(run._settled(), 5)
