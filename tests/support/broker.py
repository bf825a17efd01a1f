"""`broker`: one for the session, as good a one as can be had here, or the one that MOTCUA_TEST_BROKER names.

`auto` takes Apache Kafka from a container, else on this machine's Java, else the embedded one, and says why. A broker
that is named and cannot be had is an error: whoever names it wants to know. Whole stacks, and tests that stop and start
their broker, have one each (`stack_broker`, `own_broker`): Apache Kafka on this machine's Java, else the embedded one.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from testcontainers.community.kafka import KafkaContainer

from motcua_local.apache.artefacts import why_not
from motcua_local.apache.kafka import ApacheKafka, ApacheOptions
from motcua_local.broker import EmbeddedBroker, ExternalBroker
from motcua_local.processes import Supervisor
from motcua_local.stack import APACHE, EMBEDDED
from motcua_local.topics import create_topics
from tests.support.engine import why_not as why_no_container

IMAGE = "confluentinc/cp-kafka:7.6.0"
AUTO, CONTAINER = "auto", "container"
OwnBroker = EmbeddedBroker | ApacheKafka
"""One that a test may stop, start again and send signals to."""
JOIN_DELAY_MS = 1_000
"""Of a test's own broker: as long as the embedded one takes, so that tests meet a service while it joins."""


@dataclass(frozen=True)
class TestBroker:
    """Where the session's broker listens, and what it can do."""

    __test__ = False

    address: str
    durable: bool
    """Whether it keeps its records and supports idempotent producers: Apache Kafka does, the embedded one does not."""


def chosen() -> str:
    """What MOTCUA_TEST_BROKER names."""
    named = os.environ.get("MOTCUA_TEST_BROKER", AUTO)
    if named not in (known := (AUTO, APACHE, CONTAINER, EMBEDDED)):
        raise pytest.UsageError(f"MOTCUA_TEST_BROKER={named}: it is one of {', '.join(known)}")
    return named


@cache
def why_no_apache() -> str | None:
    """Why Apache Kafka cannot be had on this machine's Java; asked once, for the answer may take a download."""
    return why_not()


def own_broker_kind() -> str:
    """What `own_broker` and the stacks start; a container is no choice here, for many are started and killed."""
    if chosen() == AUTO:
        return EMBEDDED if why_no_apache() else APACHE
    return APACHE if chosen() == APACHE else EMBEDDED


async def own_broker(supervisor: Supervisor, folder: Path) -> OwnBroker:
    """A broker of a test's own, empty, open to everybody."""
    if await asyncio.to_thread(own_broker_kind) == APACHE:
        return await ApacheKafka.start(supervisor, folder, ApacheOptions(join_delay_ms=JOIN_DELAY_MS))
    return await EmbeddedBroker.start(supervisor)


@pytest_asyncio.fixture(scope="session")
async def stack_broker(report_part: Callable[[str], None]) -> str:
    """The kind of broker for whole stacks, `StackOptions(stack_broker, ...)`: Apache's with TLS, passwords, rights."""
    kind, named = await asyncio.to_thread(own_broker_kind), chosen()
    reason = f"no {APACHE}: {why_no_apache()}" if named == AUTO else f"MOTCUA_TEST_BROKER={named}"
    report_part(f"broker of every stack: {kind}{'' if named == AUTO and kind == APACHE else f'; {reason}'}")
    return kind


@pytest_asyncio.fixture(scope="session")
async def broker(
    session_parts: tuple[Path, Supervisor], report_part: Callable[[str], None]
) -> AsyncIterator[TestBroker]:
    """A real broker. Its topics outlive a test: use `make_topic` and `fresh_name`."""
    named, reasons = chosen(), list[str]()
    for kind, opened in _KINDS.items():
        if named not in {AUTO, kind}:
            continue
        try:
            async with opened(*session_parts) as found:
                report_part(f"broker: {kind}{''.join(f'; {reason}' for reason in reasons)}")
                yield found
                return
        except _NotToBeHadError as reason:
            reasons.append(f"no {kind}: {reason}")
    pytest.fail("; ".join(reasons))


@pytest.fixture
def durable_broker(broker: TestBroker) -> TestBroker:
    """The broker, for a test that needs one which keeps its records; skips it elsewhere."""
    if not broker.durable:
        pytest.skip("the embedded broker keeps nothing: needs Apache Kafka (a container engine, or Java and Maven)")
    return broker


@pytest.fixture
def make_topic(broker: TestBroker, fresh_name: Callable[[str], str]) -> Callable[..., Awaitable[str]]:
    """`await make_topic("events", partitions=3)` creates a topic of a fresh name and returns the name."""

    async def make(stem: str = "topic", partitions: int = 1) -> str:
        name = fresh_name(stem)
        await create_topics(broker.address, [NewTopic(name, partitions, 1)])
        return name

    return make


class _NotToBeHadError(Exception):
    """This kind of broker cannot be had here; the text is the reason."""


@asynccontextmanager
async def _container(_: Path, __: Supervisor) -> AsyncIterator[TestBroker]:
    if reason := await asyncio.to_thread(why_no_container, IMAGE):
        raise _NotToBeHadError(reason)
    container = KafkaContainer(IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    try:
        await asyncio.to_thread(container.start)
        await ExternalBroker(address := container.get_bootstrap_server()).wait_ready()
    except Exception as error:
        await asyncio.to_thread(container.stop)
        raise _NotToBeHadError(f"its container did not start: {str(error)[:120]}") from error
    try:
        yield TestBroker(address, durable=True)
    finally:
        await asyncio.to_thread(container.stop)


@asynccontextmanager
async def _apache(folder: Path, supervisor: Supervisor) -> AsyncIterator[TestBroker]:
    if reason := await asyncio.to_thread(why_no_apache):
        raise _NotToBeHadError(reason)
    try:
        kafka = await ApacheKafka.start(supervisor, folder / "kafka", ApacheOptions())
    except Exception as error:
        raise _NotToBeHadError(f"it did not start: {str(error)[:120]}") from error
    yield TestBroker(kafka.address, durable=True)
    await kafka.stop()


@asynccontextmanager
async def _embedded(_: Path, supervisor: Supervisor) -> AsyncIterator[TestBroker]:
    yield TestBroker((await EmbeddedBroker.start(supervisor)).address, durable=False)


_KINDS: dict[str, Callable[[Path, Supervisor], AbstractAsyncContextManager[TestBroker]]] = {
    CONTAINER: _container,
    APACHE: _apache,
    EMBEDDED: _embedded,
}
"""The best first."""
