"""Asks a Kafka whether it is there, without making its client log an error for every refusal."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from motcua_local.access import Access
from motcua_local.waiting import comes_true


async def answers_within(access: Access, deadline: float, brokers: int = 1) -> bool:
    """Whether so many brokers are in within `deadline` seconds."""
    return await comes_true(lambda: _answers(access, brokers), deadline, pause=0.1)


async def _answers(access: Access, brokers: int) -> bool:
    if not all([await _listens(each) for each in access.addresses[:brokers]]):
        return False
    admin = AIOKafkaAdminClient(**access.options, request_timeout_ms=2_000)
    try:
        await admin.start()
        found = await admin.describe_cluster()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return len(found["brokers"]) >= brokers


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True
