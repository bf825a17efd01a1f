"""The doctor before a real broker with access rights: it sees what a principal may do, and what is wrong."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from motcua_contracts.tools.topics import load_topics
from motcua_local.apache.artefacts import why_not
from motcua_local.apache.kafka import ApacheKafka, ApacheOptions
from motcua_local.doctor.finding import Finding, State
from motcua_local.doctor.kafka import examine_kafka
from motcua_local.stack import EMBEDDED
from motcua_local.topics import TOPICS, create_missing
from motcua_local.waiting import comes_true
from tests.support.broker import chosen
from tests.support.parts import embedded_parts

DESCRIBED = list(load_topics(TOPICS))
ELSEWHERE = [topic.model_copy(update={"partitions": 2}) if "dead" in topic.topic else topic for topic in DESCRIBED]
PATIENCE = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kafka() -> AsyncIterator[ApacheKafka]:
    """A secured broker whose dead-letter topics have a partition too few."""
    if chosen() == EMBEDDED:
        pytest.skip("MOTCUA_TEST_BROKER asks for the embedded broker alone")
    if reason := why_not():
        pytest.skip(f"Apache Kafka cannot be had here: {reason}")
    async with embedded_parts() as (directory, supervisor):
        kafka = await ApacheKafka.start(supervisor, directory / "kafka", ApacheOptions(secured=True), DESCRIBED)
        await create_missing(kafka.administrator, ELSEWHERE)
        yield kafka


def lines(findings: list[Finding], state: State) -> set[str]:
    return {f"{finding.subject}: {finding.what}" for finding in findings if finding.state is state}


async def test_a_principal_with_exactly_its_rights_is_good(kafka: ApacheKafka) -> None:
    found = await examine_kafka("payment", kafka.access("payment"), DESCRIBED, PATIENCE)

    good, notes = lines(found, State.GOOD), lines(found, State.NOTE)
    assert "topic motcua.payment.events: 12 partitions; may read and write" in good
    assert "topic motcua.intake.events: 12 partitions; may read" in good
    assert not any("may also" in note for note in notes)
    assert lines(found, State.BAD) == {"topic motcua.payment.dead-letters: has 2 partitions, not 3"}


async def test_a_principal_that_lacks_a_right_is_told_which(kafka: ApacheKafka) -> None:
    bad = lines(await examine_kafka("payment", kafka.access("identity"), DESCRIBED, PATIENCE), State.BAD)

    assert "topic motcua.payment.events: is not there, or may not be seen" in bad


async def test_a_setting_that_differs_is_named_by_whoever_may_see_it(kafka: ApacheKafka) -> None:
    admin = AIOKafkaAdminClient(**kafka.administrator.options)
    await admin.start()
    try:
        changed = {"retention.ms": "1000", "cleanup.policy": "delete", "max.message.bytes": "262144"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "motcua.intake.events", changed)])
    finally:
        await admin.close()

    async def named() -> bool:
        found = await examine_kafka("intake", kafka.administrator, DESCRIBED, PATIENCE)
        return "topic motcua.intake.events: retention.ms is 1000, not -1" in lines(found, State.BAD)

    assert await comes_true(named, 30)  # a changed setting takes a moment to reach the broker


async def test_a_wrong_password_is_not_let_in(kafka: ApacheKafka) -> None:
    access = kafka.access("intake")
    wrong = type(access)(access.address, "intake", "guessed", access.authority)
    [finding] = await examine_kafka("intake", wrong, DESCRIBED, patience=3)
    assert "does not let intake in" in finding.what
