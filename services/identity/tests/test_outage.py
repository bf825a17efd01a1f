"""A registry that is down for a while: everybody waits, nobody is sent to an officer, and it is over soon after.

`MOTCUA_OUTAGE_SECONDS=120` makes it two minutes, `MOTCUA_OUTAGE_CHECKS` changes how many wait; `-s` shows the figures.
"""

import asyncio
import os
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from motcua_contracts import IdentityVerified

PATIENCE = "PT15M"
OUTAGE = float(os.environ.get("MOTCUA_OUTAGE_SECONDS", "8"))
SOON = 15.0
"""Seconds: a trial of the breaker every five, and everybody with it."""


@pytest.mark.timeout(OUTAGE + 120)
async def test_an_outage_of_the_registry_only_delays_and_is_over_soon_after(
    identity: Any, vault: Any, registry: Any, people: list[dict[str, str]]
) -> None:
    await registry.knows(*people)
    await registry.behave("error")
    waiting: dict[UUID, float] = {}
    for person in people:
        application = uuid4()
        vault.people[application] = person
        await identity.submit(application)
        waiting[application] = 0.0
    await asyncio.sleep(OUTAGE)
    asked = [each for each in await registry.requests() if each["behaviour"] == "error"]
    assert all(len(identity.said[application]) == 1 for application in waiting)

    await registry.behave("normal")
    back = time.monotonic()
    for application in waiting:
        _, verified = await identity.events(application, 2)
        assert isinstance(verified, IdentityVerified)
    took = time.monotonic() - back
    print(f"down {OUTAGE:.0f} s, {len(waiting)} waiting, asked {len(asked)} times; all verified {took:.1f} s after")  # noqa: T201
    assert took < SOON
    assert len(asked) < len(waiting) + OUTAGE
