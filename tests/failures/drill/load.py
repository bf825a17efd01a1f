"""A steady stream of applications through the real door for as long as a fault lasts, then everything to its end."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

import httpx
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from rich.console import Console

from motcua_contracts import EnvelopeError
from motcua_local.apache.rights import OBSERVER
from motcua_local.demo.history import History
from motcua_local.demo.people.everybody import Everybody
from motcua_local.demo.plan import Planned, plan
from motcua_local.demo.run import Run
from motcua_local.demo.scripts import Journey
from motcua_local.stack import Stack

PATIENCE = 170.0
"""Seconds without any event after which what has not ended never will."""
_FILERS = 6
_MOST = 600
_LEAST = 20

MIX: Sequence[Journey] = (
    *([Journey.PAID] * 7),
    *([Journey.FREE] * 3),
    Journey.REJECTED,
    Journey.REVIEWED,
    Journey.FOUR_EYES,
    Journey.SUPPLEMENTED,
    Journey.PAID_TWICE,
    Journey.WRONG_AMOUNT,
    Journey.WITHDRAWN_PAID,
    Journey.WITHDRAWN_UNPAID,
    Journey.DECLINED,
    Journey.REFUSED,
    Journey.UNREACHABLE,
    Journey.ASSISTED,
)
"""Journeys whose end does not hang on a short wait: a fault may cost any of them a minute.

Nor on many notices at once: a bank that spends its tries in seconds while we are away is asked when the order expires.
"""


class Load(Run):
    """`play()` files applications until `enough` is set and sees all of them through."""

    def __init__(self, stack: Stack, seed: int, pace: float) -> None:
        super().__init__(stack, _planned(seed), Console(quiet=True), PATIENCE)
        self.history = Witness(stack.broker.access(OBSERVER), self._heard)
        self.stream = self.everybody = Stream(stack, self._client, pace)

    @property
    def enough(self) -> asyncio.Event:
        return self.stream.enough

    async def flows(self) -> None:
        """Wait until some applications are on their way: a fault that strikes before them strikes nobody."""
        while sum(1 for each in self.everybody.submitted if len(self.history.by_application.get(each, ())) > 2) < 3:
            await asyncio.sleep(0.1)


class Stream(Everybody):
    """Files one application after the other, `pace` seconds apart."""

    def __init__(self, stack: Stack, client: httpx.AsyncClient, pace: float) -> None:
        super().__init__(stack, client)
        self.enough = asyncio.Event()
        self._pace = pace

    async def submit_all(self, planned: list[Planned]) -> None:
        waiting = iter(planned)
        file = super().submit_all

        async def filer(late: float) -> None:
            await asyncio.sleep(late)
            for each in waiting:
                if self.enough.is_set() and len(self.submitted) >= _LEAST:
                    return
                await file([each])
                await self._rest()

        await asyncio.gather(*(filer(number * self._pace) for number in range(_FILERS)))

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.enough.wait(), self._pace * _FILERS)


class Witness(History):
    """Reads on when the broker it read from died, and passes over what is no event."""

    async def follow(self) -> None:
        while True:
            with suppress(KafkaError, OSError):
                await super().follow()
            await asyncio.sleep(0.5)

    def _take(self, place: TopicPartition, record: ConsumerRecord) -> None:
        with suppress(EnvelopeError, KeyError, ValueError):
            super()._take(place, record)


def _planned(seed: int) -> list[Planned]:
    """The same people for the same seed; no two drills share an idempotency key."""
    random = Random(seed)
    journeys = [*MIX, *(random.choice(MIX) for _ in range(_MOST - len(MIX)))]
    random.shuffle(journeys)
    by_journey = {each: iter(plan(journeys.count(each), seed * 100 + at, each)) for at, each in enumerate(Journey)}
    return [replace(next(by_journey[journey]), key=f"drill-{seed}-{at:05d}") for at, journey in enumerate(journeys)]
