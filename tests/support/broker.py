"""`broker`: one for the session, Apache Kafka from a container where one can be had, else the embedded one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from testcontainers.community.kafka import KafkaContainer

from motcua_local.broker import EmbeddedBroker, ExternalBroker
from motcua_local.processes import Supervisor
from motcua_local.topics import create_topics
from tests.support.engine import why_not

IMAGE = "confluentinc/cp-kafka:7.6.0"


@dataclass(frozen=True)
class TestBroker:
    """Where the session's broker listens, and what it can do."""

    __test__ = False

    address: str
    durable: bool
    """Whether it keeps its records and supports idempotent producers: Apache Kafka does, the embedded one does not."""


@pytest_asyncio.fixture(scope="session")
async def broker(
    session_parts: tuple[Path, Supervisor], report_part: Callable[[str], None]
) -> AsyncIterator[TestBroker]:
    """A real broker. Its topics outlive a test: use `make_topic` and `fresh_name`."""
    reason = await asyncio.to_thread(why_not, IMAGE)
    if reason is None:
        try:
            async with _container() as address:
                report_part(f"broker: container {IMAGE}")
                yield TestBroker(address, durable=True)
                return
        except _NotStartedError as error:
            reason = str(error)
    _, supervisor = session_parts
    report_part(f"broker: embedded ({reason})")
    yield TestBroker((await EmbeddedBroker.start(supervisor)).address, durable=False)


@pytest.fixture
def durable_broker(broker: TestBroker) -> TestBroker:
    """The broker, for a test that needs one which keeps its records; skips it elsewhere."""
    if not broker.durable:
        pytest.skip("the embedded broker keeps nothing: needs Apache Kafka (a container engine)")
    return broker


@pytest.fixture
def make_topic(broker: TestBroker, fresh_name: Callable[[str], str]) -> Callable[..., Awaitable[str]]:
    """`await make_topic("events", partitions=3)` creates a topic of a fresh name and returns the name."""

    async def make(stem: str = "topic", partitions: int = 1) -> str:
        name = fresh_name(stem)
        await create_topics(broker.address, [NewTopic(name, partitions, 1)])
        return name

    return make


class _NotStartedError(Exception):
    """The container was there to be had and yet did not start."""


@asynccontextmanager
async def _container() -> AsyncIterator[str]:
    container = KafkaContainer(IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    try:
        await asyncio.to_thread(container.start)
        await ExternalBroker(address := container.get_bootstrap_server()).wait_ready()
    except Exception as error:
        await asyncio.to_thread(container.stop)
        raise _NotStartedError(f"its container did not start: {str(error)[:120]}") from error
    try:
        yield address
    finally:
        await asyncio.to_thread(container.stop)
