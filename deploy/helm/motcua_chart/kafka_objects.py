"""Topics and principals as the chart's templates read them.

Invariant: the rights are those that the local stack hands out on Apache Kafka, where every test runs under them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from motcua_contracts.tools.topics import TopicSpec
from motcua_local.apache.rights import OBSERVER, Operation, Resource, Right, principals, rights

_NAMES = {Operation.READ: "Read", Operation.WRITE: "Write"}


def kafka_objects(topics: Sequence[TopicSpec]) -> dict[str, Any]:
    """Plain data for YAML; numbers of topics' settings as text, for Helm writes large ones in exponents."""
    known = [each for each in principals(topics) if each != OBSERVER]
    allowed = rights(topics)
    users = [
        {
            "principal": each,
            "reads": _reads(each, topics),
            "acls": _acls(right for right in allowed if right.principal == each),
        }
        for each in known
    ]
    return {"topics": [_topic(each) for each in topics], "users": users}


def _topic(topic: TopicSpec) -> dict[str, Any]:
    return {
        "name": topic.topic,
        "partitions": topic.partitions,
        "replicas": topic.production.replication,
        "config": topic.settings | {"min.insync.replicas": str(topic.production.min_insync_replicas)},
    }


def _reads(principal: str, topics: Iterable[TopicSpec]) -> list[str]:
    """What its consumer group subscribes to; a service's own topic is read without a group."""
    return [each.topic for each in topics if principal in {str(reader.name) for reader in each.readers}]


def _acls(allowed: Iterable[Right]) -> list[dict[str, Any]]:
    """One entry for each resource. Describe is implied by both, and written out for who reads the list."""
    found: dict[tuple[Resource, str], set[str]] = defaultdict(lambda: {"Describe"})
    for right in allowed:
        found[right.resource, right.name].add(_NAMES[right.operation])
    return [
        {"type": resource.name.lower(), "name": name, "operations": sorted(operations)}
        for (resource, name), operations in sorted(found.items())
    ]
