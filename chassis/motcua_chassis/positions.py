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
_ADVANCE = """
WITH known AS (
    SELECT topic, partition, next_offset FROM positions
    WHERE cluster = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::int[]))
    ORDER BY topic, partition FOR UPDATE)
UPDATE positions AS p SET next_offset = greatest(known.next_offset, ahead.next_offset)
FROM known JOIN unnest($2::text[], $3::int[], $4::bigint[]) AS ahead (topic, partition, next_offset)
    USING (topic, partition)
WHERE p.cluster = $1 AND p.topic = known.topic AND p.partition = known.partition
RETURNING p.topic, p.partition, known.next_offset"""
_READ = """
SELECT topic, partition, next_offset FROM positions
WHERE cluster = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::int[]))"""


async def advance(
    connection: Connection, cluster: str, covered: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Lock the rows of these partitions in order and move them to the first offset not covered, never back.

    Returns where they stood: 0 where nothing was known.
    """
    known = await _advance(connection, cluster, covered)
    unknown = {place: offset for place, offset in covered.items() if place not in known}
    if unknown:
        await connection.execute(_PLACE, cluster, *_columns(sorted(unknown)))
        known |= await _advance(connection, cluster, unknown)
    return known


async def _advance(
    connection: Connection, cluster: str, covered: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    rows = await connection.fetch(_ADVANCE, cluster, *_columns(list(covered)), list(covered.values()))
    return {(row[0], row[1]): row[2] for row in rows}


async def read(connection: Connection, cluster: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The covered positions of these partitions, without a lock; unknown ones are left out."""
    topics, numbers = _columns(sorted(partitions))
    rows = await connection.fetch(_READ, cluster, topics, numbers)
    return {(row[0], row[1]): row[2] for row in rows}


def _columns(partitions: Sequence[TopicPartition]) -> tuple[list[str], list[int]]:
    return [topic for topic, _ in partitions], [number for _, number in partitions]
