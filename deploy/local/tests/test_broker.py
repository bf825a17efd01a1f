import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from motcua_contracts.tools.topics import load_topics
from motcua_local.broker import EmbeddedBroker, ExternalBroker
from motcua_local.ports import free_ports
from motcua_local.processes import ProgramFailedError, Supervisor
from motcua_local.topics import TOPICS, create_missing, create_topics

HEADERS = [("ce_id", b"1"), ("ce_subject", "Đơn".encode()), ("empty", b"")]


async def partitions(address: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def produce(address: str, topic: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all")
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"application", headers=HEADERS)
    finally:
        await producer.stop()


def consumer(address: str, topic: str, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=1_500,  # the embedded broker waits for it although the reader left
        fetch_max_wait_ms=20,
    )


async def test_records_return_with_key_order_and_headers_and_the_group_remembers(
    supervisor: Supervisor, fresh_name: Callable[[str], str]
) -> None:
    address, topic, group = (await EmbeddedBroker.start(supervisor)).address, fresh_name("events"), fresh_name("group")
    await create_topics(address, [NewTopic(topic, 3, 1)])
    await produce(address, topic, b"first", b"second")

    async with consumer(address, topic, group) as reader:
        record = await asyncio.wait_for(reader.getone(), 15)
        assert (record.key, record.value, list(record.headers)) == (b"application", b"first", HEADERS)
        await reader.commit()
    async with consumer(address, topic, group) as successor:
        assert (await asyncio.wait_for(successor.getone(), 15)).value == b"second"


async def test_the_topics_of_the_contracts_are_created_and_an_existing_one_is_left_alone(
    supervisor: Supervisor,
) -> None:
    address = (await EmbeddedBroker.start(supervisor)).address
    described = load_topics(TOPICS)
    kept = described[0].topic
    await create_topics(address, [NewTopic(kept, 1, 1)])

    await create_missing(address, described)

    found = await partitions(address)
    assert found == {each.topic: each.partitions for each in described} | {kept: 1}


async def test_the_session_broker_takes_a_fresh_topic(
    broker: ExternalBroker, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic("orders", partitions=4)
    assert (await partitions(broker.address))[topic] == 4


async def test_an_absent_broker_is_named() -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(ProgramFailedError, match=address):
        await ExternalBroker(address).wait_ready(deadline=0.3)
