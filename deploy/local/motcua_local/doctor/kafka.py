"""Examines the brokers as one service's principal: reachable, topics as described, exactly the rights it needs."""

from collections.abc import Iterable, Iterator, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from motcua_contracts.tools.topics import TopicSpec
from motcua_local.access import Access
from motcua_local.answering import answers_within
from motcua_local.apache.rights import Operation, Resource, rights
from motcua_local.doctor.finding import Finding
from motcua_local.doctor.metadata import Standing, ask

_NO_SUCH_TOPIC, _FORBIDDEN = 3, 29


async def examine_kafka(who: str, access: Access | None, topics: list[TopicSpec], patience: float) -> list[Finding]:
    """Everything that can be asked without writing a record."""
    if access is None:
        return [Finding.bad("Kafka", "MOTCUA_KAFKA is not set", "set it to host:port,host:port of the brokers")]
    subject = f"Kafka {access.address}"
    if not await answers_within(access, patience):
        mend = "check address, network policy, listener, authority and password of this principal"
        return [Finding.bad(subject, f"does not let {access.username or 'anybody'} in", mend)]
    admin = AIOKafkaAdminClient(**access.options, request_timeout_ms=10_000)
    await admin.start()
    try:
        return [
            Finding.good(subject, f"lets {access.username or 'everybody'} in"),
            *await _topics(admin, who, topics),
            *await _settings(admin, topics),
        ]
    except (KafkaError, OSError) as error:
        return [Finding.bad(subject, f"does not answer: {type(error).__name__}", "look at the brokers' own logs")]
    finally:
        await admin.close()


async def _topics(admin: AIOKafkaAdminClient, who: str, topics: list[TopicSpec]) -> list[Finding]:
    needed = needs(who, topics)
    found = await ask(admin, [topic.topic for topic in topics if topic.topic in needed])
    return [each for topic in topics if topic.topic in needed for each in weigh(topic, found, needed[topic.topic])]


def needs(who: str, topics: Iterable[TopicSpec]) -> dict[str, set[Operation]]:
    """Topic -> what this principal has to be allowed."""
    needed: dict[str, set[Operation]] = {}
    for right in rights(topics):
        if right.principal == who and right.resource is Resource.TOPIC:
            needed.setdefault(right.name, set()).add(right.operation)
    return needed


def weigh(topic: TopicSpec, found: Mapping[str, Standing], needed: set[Operation]) -> Iterator[Finding]:
    """One topic against its description."""
    subject, standing = f"topic {topic.topic}", found.get(topic.topic)
    if standing is None or standing.error in {_NO_SUCH_TOPIC, _FORBIDDEN} or not standing.partitions:
        yield Finding.bad(
            subject, "is not there, or may not be seen", "motcua topics, or the chart's KafkaTopics and KafkaUsers"
        )
        return
    if standing.partitions != topic.partitions:
        mend = "the number is fixed for life: on an empty topic delete and create it, else see docs/runbooks"
        yield Finding.bad(subject, f"has {standing.partitions} partitions, not {topic.partitions}", mend)
    if standing.copies < topic.production.replication:
        mend = f"a reassignment to {topic.production.replication} copies; right only on a laptop"
        yield Finding.note(
            subject, f"has {standing.copies} copies, production wants {topic.production.replication}", mend
        )
    elif standing.in_sync < topic.production.min_insync_replicas:
        yield Finding.bad(
            subject, f"has only {standing.in_sync} copies in sync: nothing can be written", "look at the brokers"
        )
    missing = sorted(operation.name.lower() for operation in needed - standing.rights)
    surplus = sorted(operation.name.lower() for operation in standing.rights - needed)
    if missing:
        yield Finding.bad(
            subject, f"this principal may not {' or '.join(missing)}", "grant it: contracts/topics says why"
        )
    if surplus:
        yield Finding.note(
            subject, f"this principal may also {' and '.join(surplus)}", "take it away, or the cluster has no ACLs"
        )
    if not missing and standing.partitions == topic.partitions:
        yield Finding.good(
            subject, f"{topic.partitions} partitions; may {' and '.join(sorted(o.name.lower() for o in needed))}"
        )


async def _settings(admin: AIOKafkaAdminClient, topics: list[TopicSpec]) -> list[Finding]:
    described = {topic.topic: topic for topic in topics}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in described]
    found: list[Finding] = []
    for answer in await admin.describe_configs(asked):
        for code, _, _, name, entries, *_ in answer.resources:
            found += weigh_settings(described[name], code, {entry[0]: entry[1] for entry in entries})
    return found


def weigh_settings(topic: TopicSpec, code: int, settings: dict[str, str]) -> Iterator[Finding]:
    """What a topic is set to against its description."""
    subject = f"topic {topic.topic}"
    if code == _FORBIDDEN:
        yield Finding.note(subject, "its settings may not be seen by this principal", "ask as an administrator")
    if code:
        return
    for name, wanted in topic.settings.items():
        if settings.get(name) != wanted:
            mend = (
                f"kafka-configs --alter --entity-type topics --entity-name {topic.topic} --add-config {name}={wanted}"
            )
            yield Finding.bad(subject, f"{name} is {settings.get(name)}, not {wanted}", mend)
