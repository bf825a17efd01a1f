"""The grounds of the drill: whole systems that stand while several faults are struck on them, one after the other."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from motcua_contracts.tools.topics import load_topics
from motcua_local import processes
from motcua_local.apache.administration import grant
from motcua_local.apache.kafka import ApacheKafka
from motcua_local.apache.rights import OBSERVER, Operation, Resource, Right, rights
from motcua_local.kept import KeptDirectory
from motcua_local.scratch import ScratchDirectory
from motcua_local.stack import APACHE, EMBEDDED, Stack, StackOptions
from motcua_local.topics import TOPICS
from motcua_local.wiring import SERVICES
from tests.failures.drill.clock import build_clock
from tests.failures.drill.deaths import Deaths
from tests.failures.drill.ground import Ground
from tests.failures.drill.lined_stack import LinedStack, Lines
from tests.failures.drill.small_disk import SmallDisk, small_disk

RESTARTS_AFTER = 0.4
"""Seconds: a drill kills on purpose, so its supervisor does not wait longer and longer."""
SESSION_SECONDS = 1.5
"""After so long a silent member of a group is given up: a life that follows another need not wait for it."""
_SESSION = {"MOTCUA_KAFKA_SESSION_TIMEOUT_MS": str(int(SESSION_SECONDS * 1_000))}
WAITS: Mapping[str, Mapping[str, str]] = {
    "intake": _SESSION,
    "identity": _SESSION,
    "payment": {**_SESSION, "MOTCUA_PAYMENT_WINDOW": "150", "MOTCUA_NOTICE_GRACE": "2", "MOTCUA_VNPAY_TIMEOUT": "4"},
    "notification": _SESSION,
}
"""An order can be paid longer than any fault lasts, so that a fault makes nobody late."""


@asynccontextmanager
async def _standing(build: Callable[[Deaths], Stack], **besides: object) -> AsyncIterator[Ground]:
    deaths, usual = Deaths(), processes._LONGEST_PAUSE
    processes._LONGEST_PAUSE = RESTARTS_AFTER
    try:
        async with build(deaths) as stack:
            deaths.stack = stack
            yield Ground(stack, deaths, **besides)  # type: ignore[arg-type]
    finally:
        processes._LONGEST_PAUSE = usual


def _plain(kind: str, brokers: int) -> AbstractAsyncContextManager[Ground]:
    """One broker or three."""
    options = StackOptions(kind, brokers, service_environment=WAITS, deadline=120)
    return _standing(lambda deaths: Stack(options, deaths))


def poisonable(kind: str) -> AbstractAsyncContextManager[Ground]:
    """One broker, on whose every topic a stranger can write."""
    options = StackOptions(kind, service_environment=WAITS, deadline=120)
    return _standing(lambda deaths: _Poisonable(options, deaths))


@asynccontextmanager
async def _lined() -> AsyncIterator[Ground]:
    """Every connection of the services runs through lines that can be cut, slowed and blocked."""
    with TemporaryDirectory(prefix="motcua-lines-") as folder:
        async with Lines.opened(Path(folder)) as lines:
            options = StackOptions(EMBEDDED, service_environment=lines.told_to(WAITS), deadline=120)
            async with _standing(lambda deaths: LinedStack(lines, options, deaths), lines=lines) as ground:
                yield ground


@asynccontextmanager
async def _cramped() -> AsyncIterator[Ground]:
    """PostgreSQL on a small disk."""
    with small_disk() as disk:
        options = StackOptions(EMBEDDED, service_environment=WAITS, deadline=120)
        async with _standing(lambda deaths: _Cramped(disk, options, deaths), disk=disk) as ground:
            yield ground


@asynccontextmanager
async def _timeless() -> AsyncIterator[Ground]:
    """The services' clocks can be set."""
    with TemporaryDirectory(prefix="motcua-clock-") as folder:
        clock = build_clock(Path(folder))
        day = {"payment": {**WAITS["payment"], "MOTCUA_PAYMENT_WINDOW": "86400"}}  # an hour must not end it
        told = {name: {**WAITS[name], **day.get(name, {}), **clock.environment} for name in SERVICES}
        options = StackOptions(EMBEDDED, service_environment=told, deadline=120)
        async with _standing(lambda deaths: Stack(options, deaths), clock=clock) as ground:
            yield ground


class _Poisonable(Stack):
    """Rights would keep poison out: who throws it is given all of them."""

    async def _start_broker(self, where: ScratchDirectory | KeptDirectory) -> None:
        await super()._start_broker(where)
        if isinstance(kafka := self.broker, ApacheKafka):
            topics = load_topics(TOPICS)
            all_ = {Right(OBSERVER, may, Resource.TOPIC, each.topic) for each in topics for may in Operation}
            await grant(kafka.administrator, kafka.passwords, {*rights(topics), *all_})


class _Cramped(Stack):
    def __init__(self, disk: SmallDisk, options: StackOptions, deaths: Deaths) -> None:
        super().__init__(options, deaths)
        self._disk = disk

    async def _start_postgres(self, directory: Path, _: Path | None) -> None:
        await super()._start_postgres(directory, self._disk.path / "records")


GROUNDS: Mapping[str, Callable[[str], AbstractAsyncContextManager[Ground]]] = {
    "one broker": lambda kind: _plain(kind, 1),
    "three brokers": lambda _: _plain(APACHE, 3),
    "lines": lambda _: _lined(),
    "small disk": lambda _: _cramped(),
    "clock": lambda _: _timeless(),
    "poison": lambda _: poisonable(EMBEDDED),
}
"""By name; each is given the kind of broker that was asked for."""


def on_ground(name: str, kind: str) -> AbstractAsyncContextManager[Ground]:
    """Let it stand while the block lasts. Raises what tells why it cannot be had here."""
    return GROUNDS[name](kind)
