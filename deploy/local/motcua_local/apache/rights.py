"""Who may do what: `contracts/topics` read as rights. Pure; `grant` in `administration` hands them out.

Each owner writes its own topics and reads its events again (a database is compared with them and rebuilt from them),
each reader reads what names it, each has its one group; nothing else is allowed.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from motcua_contracts.tools.topics import TopicSpec

OBSERVER = "observer"
"""Whoever checks a run from outside; reads the events of every topic, which no service may."""


class Resource(IntEnum):
    """Kafka's numbers."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """Kafka's numbers. Reading and writing include asking for a topic's partitions."""

    READ = 3
    WRITE = 4


class Right(NamedTuple):
    """One principal may do one thing with what has exactly this name."""

    principal: str
    operation: Operation
    resource: Resource
    name: str


def principals(topics: Iterable[TopicSpec]) -> list[str]:
    """Everybody the topics name as owner or reader, and the observer."""
    named = {str(name) for topic in topics for name in (topic.owner, *(reader.name for reader in topic.readers))}
    return sorted(named | {OBSERVER})


def rights(topics: Iterable[TopicSpec]) -> list[Right]:
    """All there are."""
    topics = list(topics)
    writes = [Right(str(each.owner), Operation.WRITE, Resource.TOPIC, each.topic) for each in topics]
    reads = [
        Right(str(reader.name), Operation.READ, Resource.TOPIC, each.topic)
        for each in topics
        for reader in each.readers
    ]
    own = [Right(str(each.owner), Operation.READ, Resource.TOPIC, each.topic) for each in topics if each.holds_events]
    groups = [Right(each, Operation.READ, Resource.GROUP, group_of(each)) for each in principals(topics)]
    watches = [Right(OBSERVER, Operation.READ, Resource.TOPIC, each.topic) for each in topics if each.holds_events]
    return [*writes, *reads, *own, *groups, *watches]


def group_of(principal: str) -> str:
    """The consumer group that is a principal's own, as the chassis names a service's."""
    return f"motcua.{principal}"
