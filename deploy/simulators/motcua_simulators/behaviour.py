"""How a simulator misbehaves at the moment; the same seed and the same order of requests give the same faults."""

import asyncio
import random
from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict, Field

NORMAL = "normal"


class Setting(BaseModel):
    """What the control API may ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: str = NORMAL
    delay_seconds: float = Field(default=1.0, ge=0)
    share: float = Field(default=1.0, ge=0, le=1, description="Part of the requests that meet the mode.")
    seed: int = Field(default=0, description="Decides which requests those are.")
    times: int | None = Field(default=None, ge=1, description="Requests that meet the mode before all is normal again.")


class Behaviour:
    """The setting in force and how much of it is left."""

    def __init__(self, modes: Mapping[str, str]) -> None:
        """`modes` maps each name to what it does."""
        self.modes = {NORMAL: "Everything is answered at once and correctly.", **modes}
        self.on_change: Callable[[], None] = lambda: None
        self.set(Setting())

    def set(self, setting: Setting) -> None:
        self.setting = setting
        self.remaining = setting.times
        self._random = random.Random(setting.seed)  # noqa: S311 - repeatable, not secret
        self.on_change()

    def take(self, *modes: str) -> str:
        """The mode that this request meets, of those that can happen here; `normal` otherwise."""
        if self.setting.mode not in modes or self.remaining == 0 or self._random.random() >= self.setting.share:
            return NORMAL
        if self.remaining is not None:
            self.remaining -= 1
        return self.setting.mode

    async def delay(self) -> None:
        await asyncio.sleep(self.setting.delay_seconds)
