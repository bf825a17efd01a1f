"""The outside world at its worst: takes a mail and says nothing, answers late, fails, repeats itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from tests.failures.drill.fault import Scene

TROUBLES: tuple[Mapping[str, Mapping[str, Any]], ...] = (
    {"smtp": {"mode": "hang", "share": 0.4, "seed": 3}, "vnpay": {"mode": "repeat"}},
    {"registry": {"mode": "error", "share": 0.7, "seed": 4}, "sms-one": {"mode": "slow", "delay_seconds": 3.0}},
    {"registry": {"mode": "cut", "share": 0.5, "seed": 5}, "smtp": {"mode": "cut", "share": 0.4, "seed": 6}},
    {"vnpay": {"mode": "late", "delay_seconds": 3.0}, "zalo": {"mode": "error", "share": 0.4, "seed": 7}},
)
_EACH = 5.0


async def misbehave(scene: Scene) -> int:
    """Mail taken and not answered for, a registry that fails or breaks off, late and repeated notices, slow SMS."""
    told: set[str] = set()
    async with httpx.AsyncClient(trust_env=False) as client:
        for trouble in TROUBLES:
            for outsider, setting in trouble.items():
                told.add(outsider)
                await _tell(client, scene, outsider, setting)
            await asyncio.sleep(_EACH)
        for outsider in told:
            await _tell(client, scene, outsider, {"mode": "normal"})
    return sum(map(len, TROUBLES))


async def _tell(client: httpx.AsyncClient, scene: Scene, outsider: str, setting: Mapping[str, Any]) -> None:
    url = f"{scene.stack.url(outsider)}/control/behaviour"
    (await client.put(url, json=dict(setting))).raise_for_status()
