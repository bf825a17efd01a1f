"""Which partition a key belongs to, as Kafka's Java client places it."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=8_192)
def partition_of(key: bytes, count: int) -> int:
    """The partition of this key among `count`; the events of one application share it, hence the cache."""
    placed: int = (murmur2(key) & 0x7FFFFFFF) % count
    return placed
