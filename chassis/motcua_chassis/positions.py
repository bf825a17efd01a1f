"""Which offsets the database has covered; advanced in the same transaction as their effects.

Invariant: an offset below the position is never processed again, which also fences a consumer that lost its partition.
"""

from collections.abc import Mapping, Sequence

from motcua_chassis.database import Connection

TopicPartition = tuple[str, int]

_PLACE = """
INSERT INTO positions (cluster, topic, partition, next_offset)
SELECT $1, topic, partition, 0 FROM unnest($2::text[], $3::int[]) AS t (topic, partition) ORDER BY topic, partition
ON CONFLICT DO NOTHING"""
_LOCK = """
SELECT topic, partition, next_offset FROM positions
WHERE cluster = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::int[]))
ORDER BY topic, partition FOR UPDATE"""
_ADVANCE = """
UPDATE positions AS p SET next_offset = n.next_offset
FROM unnest($2::text[], $3::int[], $4::bigint[]) AS n (topic, partition, next_offset)
WHERE p.cluster = $1 AND p.topic = n.topic AND p.partition = n.partition"""


async def lock(connection: Connection, cluster: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Lock the rows of these partitions in order; returns the first offset not covered, 0 where nothing is known."""
    topics, numbers = _columns(sorted(partitions))
    rows = await connection.fetch(_LOCK, cluster, topics, numbers)
    if len(rows) < len(partitions):
        await connection.execute(_PLACE, cluster, topics, numbers)
        rows = await connection.fetch(_LOCK, cluster, topics, numbers)
    return {(row[0], row[1]): row[2] for row in rows}


async def advance(connection: Connection, cluster: str, covered: Mapping[TopicPartition, int]) -> None:
    """Remember the first offset not covered per partition."""
    topics, numbers = _columns(list(covered))
    await connection.execute(_ADVANCE, cluster, topics, numbers, list(covered.values()))


async def read(connection: Connection, cluster: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The covered positions of these partitions, without a lock; unknown ones are left out."""
    topics, numbers = _columns(sorted(partitions))
    rows = await connection.fetch(_LOCK.replace("FOR UPDATE", ""), cluster, topics, numbers)
    return {(row[0], row[1]): row[2] for row in rows}


def _columns(partitions: Sequence[TopicPartition]) -> tuple[list[str], list[int]]:
    return [topic for topic, _ in partitions], [number for _, number in partitions]
