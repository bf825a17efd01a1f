"""Apache Kafka on this machine's Java: all may do what the contracts say and nothing else, and nothing is lost."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from signal import SIGKILL
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import OffsetAndMetadata

from motcua_contracts import Stream
from motcua_contracts.tools.topics import TopicSpec, load_topics
from motcua_local.access import Access
from motcua_local.apache.artefacts import install, verify, why_not
from motcua_local.apache.installation import NotToBeHadError, pinned
from motcua_local.apache.kafka import ApacheKafka, ApacheOptions
from motcua_local.apache.rights import OBSERVER, Operation, Resource, group_of, principals, rights
from motcua_local.processes import ProgramFailedError, Supervisor
from motcua_local.stack import APACHE, EMBEDDED, Stack, StackOptions
from motcua_local.topics import TOPICS, create_missing
from tests.support.broker import chosen
from tests.support.parts import embedded_parts

DESCRIBED = load_topics(TOPICS)
BY_NAME = {topic.topic: topic for topic in DESCRIBED}
SERVICES = [str(stream) for stream in Stream]
OUTSIDERS = ["operators", OBSERVER]
SECURED = ApacheOptions(secured=True)


@pytest.fixture(scope="session")
def to_be_had() -> bool:
    """Skips where Apache Kafka cannot be had, and says why."""
    if chosen() == EMBEDDED:
        pytest.skip("MOTCUA_TEST_BROKER asks for the embedded broker alone")
    if reason := why_not():
        pytest.skip(f"Apache Kafka cannot be had here: {reason}")
    return True


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kafka(to_be_had: bool) -> AsyncIterator[ApacheKafka]:  # noqa: FBT001  # pytest's way of asking for it
    """One secured broker with the topics of the contracts, one record in each."""
    assert to_be_had
    async with embedded_parts() as (directory, supervisor):
        kafka = await ApacheKafka.start(supervisor, directory / "kafka", SECURED, DESCRIBED)
        await create_missing(kafka.administrator, DESCRIBED)
        async with AIOKafkaProducer(**kafka.administrator.options) as producer:
            for topic in BY_NAME:
                await producer.send_and_wait(topic, b"first", partition=0)
        yield kafka


def may_write(who: str, topic: TopicSpec) -> bool:
    return topic.owner == who


def may_read(who: str, topic: TopicSpec) -> bool:
    named = who in {str(reader.name) for reader in topic.readers}
    return named or (who in {OBSERVER, topic.owner} and topic.holds_events)


async def test_each_principal_writes_its_own_topics_and_no_other(kafka: ApacheKafka) -> None:
    expected = {(who, name): may_write(who, topic) for who in SERVICES + OUTSIDERS for name, topic in BY_NAME.items()}
    found = {}
    for who in SERVICES + OUTSIDERS:
        async with AIOKafkaProducer(**kafka.access(who).options, acks="all") as producer:
            for name in BY_NAME:
                found[who, name] = await allowed(producer.send_and_wait(name, b"theirs", partition=0))
    assert found == expected
    assert sum(expected.values()) == len(BY_NAME)


async def test_each_principal_reads_what_the_contracts_let_it_read_and_nothing_else(kafka: ApacheKafka) -> None:
    expected = {(who, name): may_read(who, topic) for who in SERVICES + OUTSIDERS for name, topic in BY_NAME.items()}
    found = {}
    for who in SERVICES + OUTSIDERS:
        for name in BY_NAME:
            found[who, name] = await allowed(first_record(kafka.access(who), name))
    assert found == expected
    assert sum(expected.values()) > len(SERVICES)


async def test_each_principal_has_its_own_group_and_no_other(kafka: ApacheKafka) -> None:
    found = {(who, of): await allowed(commit(kafka.access(who), of)) for who in SERVICES for of in SERVICES}
    assert found == {(who, of): who == of for who in SERVICES for of in SERVICES}


async def test_a_service_may_neither_make_nor_remove_a_topic_nor_a_right(kafka: ApacheKafka) -> None:
    with pytest.raises(RuntimeError, match="code 29"):
        await create_missing(kafka.access("intake"), [DESCRIBED[0].model_copy(update={"topic": "motcua.new"})])
    async with admin(kafka.access("intake")) as client:
        answer = await client.delete_topics([Stream.INTAKE.topic])
    assert [code for _, code in answer.topic_error_codes] == [29]


async def test_nobody_comes_in_without_a_name_with_a_wrong_password_or_past_tls(kafka: ApacheKafka) -> None:
    good = kafka.access("intake")
    wrong = Access(good.address, "intake", "guessed", good.authority)
    stranger = Access(good.address, "nobody", good.password, good.authority)
    open_door = Access(good.address)
    without_certificate = Access(kafka.administrator.address, authority=good.authority)
    for access in (wrong, stranger, open_door, without_certificate):
        assert not await lets_in(access), access
    assert await lets_in(good)


async def test_a_broker_that_another_authority_vouches_for_is_not_believed(kafka: ApacheKafka) -> None:
    good = kafka.access("intake")
    trusting_the_machine = {**good.options, "ssl_context": ssl.create_default_context()}
    client = AIOKafkaAdminClient(**trusting_the_machine)
    with pytest.raises(KafkaError):
        await client.start()
    await client.close()


async def test_a_topic_that_nobody_described_is_not_made_by_using_it(kafka: ApacheKafka) -> None:
    with pytest.raises(UnknownTopicOrPartitionError):
        await write(kafka.administrator, "motcua.by-accident")
    assert "motcua.by-accident" not in await topics_of(kafka.administrator)


@pytest.mark.usefixtures("to_be_had")
async def test_three_brokers_keep_three_copies_and_one_may_die() -> None:
    async with embedded_parts() as (directory, supervisor):
        kafka = await ApacheKafka.start(supervisor, directory / "kafka", ApacheOptions(brokers=3))
        await create_missing(kafka.administrator, DESCRIBED, kafka.brokers)
        for topic, (copies, least) in (await replication(kafka.administrator)).items():
            production = BY_NAME[topic].production
            assert (copies, least) == ({production.replication}, production.min_insync_replicas) == ({3}, 2)
        async with AIOKafkaProducer(**kafka.access("intake").options, acks="all") as producer:
            supervisor.signal("broker-2", SIGKILL)
            for partition in range(BY_NAME[Stream.INTAKE.topic].partitions):
                await asyncio.wait_for(producer.send_and_wait(Stream.INTAKE.topic, b"kept", partition=partition), 60)
        await kafka.wait_ready()
        assert supervisor.restarts() == {"broker-1": 0, "broker-2": 1, "broker-3": 0}


@pytest.mark.usefixtures("to_be_had")
async def test_a_kept_folder_holds_the_same_cluster_and_its_records_with_new_passwords(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    runs = []
    for _ in range(2):
        kafka = await ApacheKafka.start(supervisor, tmp_path / "kafka", SECURED, DESCRIBED)
        await create_missing(kafka.administrator, DESCRIBED)
        await write(kafka.access("intake"), Stream.INTAKE.topic)
        async with admin(kafka.administrator) as client:
            runs.append((kafka, (await client.describe_cluster())["cluster_id"]))
        assert await ends(kafka.access("payment"), Stream.INTAKE.topic) == len(runs)
        await kafka.stop()
    (first, cluster), (second, same) = runs
    assert cluster == same
    assert first.passwords["intake"] != second.passwords["intake"]
    with pytest.raises(ProgramFailedError, match="holds 1 brokers, not 3"):
        await ApacheKafka.start(supervisor, tmp_path / "kafka", ApacheOptions(brokers=3))


@pytest.mark.usefixtures("to_be_had")
async def test_a_stopped_broker_has_its_records_when_it_starts_again(tmp_path: Path, supervisor: Supervisor) -> None:
    kafka = await ApacheKafka.start(supervisor, tmp_path / "kafka", ApacheOptions())
    await create_missing(kafka.administrator, DESCRIBED)
    await write(kafka.access("intake"), Stream.INTAKE.topic)
    await kafka.stop()
    await kafka.start_again()
    assert await ends(kafka.access("intake"), Stream.INTAKE.topic) == 1


@pytest.mark.usefixtures("to_be_had")
async def test_a_stack_that_keeps_its_data_finds_databases_records_and_secrets_again(
    stand_ins: Path, room: Path
) -> None:
    options = StackOptions(APACHE, data=room / "kept", environment={"PYTHONPATH": str(stand_ins)})
    keys = []
    for run in range(1, 3):
        async with Stack(options) as stack:
            keys.append(stack.places.secrets)
            connection = await asyncpg.connect(stack.dsn("intake"))
            await connection.execute("CREATE TABLE IF NOT EXISTS runs (run int)")
            await connection.execute("INSERT INTO runs VALUES ($1)", run)
            assert await connection.fetchval("SELECT count(*) FROM runs") == run
            await connection.close()
            await write(stack.broker.access("intake"), Stream.INTAKE.topic)
            assert await ends(stack.broker.access("payment"), Stream.INTAKE.topic) == run
            with pytest.raises(ProgramFailedError, match="another run holds"):
                await Stack(options).__aenter__()
    assert keys[0] == keys[1]
    assert (room / "kept" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_rights_say_what_the_topics_say() -> None:
    given = rights(DESCRIBED)
    assert {each.principal for each in given} == {*SERVICES, *OUTSIDERS} == set(principals(DESCRIBED))
    of_topics = [each for each in given if each.resource is Resource.TOPIC]
    for right in of_topics:
        allows = may_write if right.operation is Operation.WRITE else may_read
        assert allows(right.principal, BY_NAME[right.name]), right
    assert len(of_topics) == len(set(of_topics))
    groups = {(each.principal, each.name) for each in given if each.resource is Resource.GROUP}
    assert groups == {(who, group_of(who)) for who in [*SERVICES, *OUTSIDERS]}


def test_what_needs_apache_kafka_is_refused_elsewhere_and_so_are_two_brokers(tmp_path: Path) -> None:
    for kind in ("embedded", "127.0.0.1:9092"):
        with pytest.raises(ProgramFailedError, match="need --broker apache"):
            StackOptions(kind, data=tmp_path)
        with pytest.raises(ProgramFailedError, match="need --broker apache"):
            StackOptions(kind, brokers=3)
    with pytest.raises(ProgramFailedError, match="one broker or three"):
        StackOptions(APACHE, brokers=2)


def test_every_jar_is_pinned_by_version_and_digest() -> None:
    assert {"kafka_2.13", "kafka-clients"} <= {jar.name for jar in pinned()}
    assert all(len(jar.sha256) == 64 and jar.version[0].isdigit() for jar in pinned())
    assert len({jar.file for jar in pinned()}) == len(pinned())


def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotToBeHadError, match="is not what was pinned: nothing"):
        verify(tmp_path)
    (tmp_path / pinned()[0].file).write_bytes(b"something else")
    with pytest.raises(NotToBeHadError, match=pinned()[0].file):
        verify(tmp_path)


@pytest.mark.parametrize(("missing", "said"), [("java", "there is no Java"), ("mvn", "no Maven")])
def test_what_is_missing_on_a_machine_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, said: str
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if missing != "java":
        (programs / "java").write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n")
        (programs / "java").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/bin" if missing != "java" else str(programs))
    monkeypatch.setattr("motcua_local.apache.artefacts.shutil.which", lambda name: _only(programs, name))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    install.cache_clear()
    try:
        assert said in (why_not() or "")
    finally:
        install.cache_clear()


def test_a_java_that_is_too_old_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    install.cache_clear()
    try:
        assert "older than Java 17" in (why_not() or "")
    finally:
        install.cache_clear()


def _only(folder: Path, name: str) -> str | None:
    return str(folder / name) if (folder / name).exists() else None


async def allowed(attempt: Awaitable[object]) -> bool:
    """Whether it is let do it; whatever else goes wrong fails the test."""
    try:
        await asyncio.wait_for(attempt, 20)
    except (TopicAuthorizationFailedError, GroupAuthorizationFailedError):
        return False
    return True


async def lets_in(access: Access) -> bool:
    try:
        await asyncio.wait_for(topics_of(access), 20)
    except KafkaError:
        return False
    return True


def admin(access: Access) -> "_Admin":
    return _Admin(access)


class _Admin:
    """`async with` for an admin client, which has none."""

    def __init__(self, access: Access) -> None:
        self._client = AIOKafkaAdminClient(**access.options)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        try:
            await self._client.start()
        except BaseException:
            await self._client.close()
            raise
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def topics_of(access: Access) -> list[str]:
    async with admin(access) as client:
        return list(await client.list_topics())


async def write(access: Access, topic: str) -> None:
    async with AIOKafkaProducer(**access.options, acks="all", request_timeout_ms=5_000) as producer:
        await producer.send_and_wait(topic, b"ours", partition=0)


async def first_record(access: Access, topic: str) -> None:
    async with AIOKafkaConsumer(**access.options, auto_offset_reset="earliest", fetch_max_wait_ms=50) as reader:
        await reader._client._wait_on_metadata(topic)  # else it would wait for a topic that it may not see
        reader.assign([TopicPartition(topic, 0)])
        assert (await reader.getone()).value == b"first"


async def commit(access: Access, principal: str) -> None:
    """Commit an offset to a group of a topic that both may read, as far as they may read any."""
    topic = Stream.INTAKE.topic if access.username != "intake" else Stream.IDENTITY.topic
    async with AIOKafkaConsumer(**access.options, group_id=group_of(principal), enable_auto_commit=False) as reader:
        reader.assign([place := TopicPartition(topic, 0)])
        await reader.commit({place: OffsetAndMetadata(1, "")})


async def ends(access: Access, topic: str) -> int:
    async with AIOKafkaConsumer(**access.options) as reader:
        reader.assign([place := TopicPartition(topic, 0)])
        return int((await reader.end_offsets([place]))[place])


async def replication(access: Access) -> dict[str, tuple[set[int], int]]:
    """Of each topic the numbers of copies that its partitions have, and how many must have a record."""
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name, {"min.insync.replicas": None}) for name in BY_NAME]
    async with admin(access) as client, asyncio.timeout(30):
        described: dict[str, list[Any]] = {}
        while not all(described.get(name) for name in BY_NAME):  # a broker hears of what another made a moment later
            described = {each["topic"]: each["partitions"] for each in await client.describe_topics(list(BY_NAME))}
        [answer] = await client.describe_configs(wanted)
    least = {name: int(entries[0][1]) for _, _, _, name, entries in answer.resources}
    return {name: ({len(p["replicas"]) for p in described[name]}, least[name]) for name in BY_NAME}
