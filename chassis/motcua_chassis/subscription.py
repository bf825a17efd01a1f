"""FastStream's subscriber as the consumer needs it: records in batches, as soon as they are there, and untouched.

Invariant: nothing here commits, and neither parser nor decoder can throw.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from motcua_chassis.kafka_access import broker_security
from motcua_chassis.settings import ChassisSettings

_WAIT_MS = 200
"""For records, before the loop looks whether it should end."""

Records = tuple[ConsumerRecord, ...]


def subscribe(
    settings: ChassisSettings,
    group: str,
    topics: Sequence[str],
    listener: ConsumerRebalanceListener,
    handle: Callable[[Records], Awaitable[None]],
) -> tuple[KafkaBroker, Any]:
    """A broker to start and stop, and the subscriber that holds its client once it is started."""
    broker = KafkaBroker(
        settings.kafka, apply_types=False, logger=_library_logger, graceful_timeout=settings.drain_seconds,
        client_id=f"motcua-{group}", allow_auto_create_topics=False, security=broker_security(settings),
    )  # fmt: skip
    subscriber: Any = broker.subscriber(
        *topics,
        batch=True,
        group_id=group,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=max(500, settings.kafka_session_timeout_ms // 10),
        partition_assignment_strategy=[StickyPartitionAssignor],
        max_poll_interval_ms=300_000,
        listener=listener,
        parser=_hand_over,
        decoder=_leave_encoded,
    )

    async def get_msg(consumer: AIOKafkaConsumer) -> Records:
        taken = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=settings.batch_size)
        return tuple(chain.from_iterable(taken.values()))

    subscriber.get_msg = get_msg  # its own, having waited in vain, sleeps as long again, whatever comes meanwhile
    subscriber(handle)
    return broker, subscriber


async def _hand_over(message: Any) -> KafkaMessage:
    """Touch nothing: headers, keys and bodies are read by our own codec, which cannot throw."""
    return KafkaMessage(message, b"", headers={}, message_id="batch", correlation_id="batch", consumer=FAKE_CONSUMER)


async def _leave_encoded(message: KafkaMessage) -> Any:
    return message.raw_message


_library_logger = logging.getLogger("motcua.faststream")
"""Its own logger prints a line per batch, and bodies with its errors; ours passes on warnings without their text."""
_library_logger.setLevel(logging.WARNING)
