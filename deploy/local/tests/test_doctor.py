import base64
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from rich.console import Console

from motcua_chassis.database import migrate, migrations_of
from motcua_contracts.tools.topics import load_topics
from motcua_local.access import Access
from motcua_local.apache.rights import Operation
from motcua_local.doctor import database as examiner
from motcua_local.doctor.database import examine_database
from motcua_local.doctor.endpoints import examine_outside, examine_readiness
from motcua_local.doctor.finding import Finding, State
from motcua_local.doctor.kafka import examine_kafka, needs, weigh, weigh_settings
from motcua_local.doctor.metadata import Standing
from motcua_local.doctor.patient import from_environment
from motcua_local.doctor.run import doctor
from motcua_local.doctor.secrets import examine_secrets
from motcua_local.ports import free_ports
from motcua_local.topics import TOPICS

DESCRIBED = list(load_topics(TOPICS))
BY_NAME = {topic.topic: topic for topic in DESCRIBED}
INTAKE = BY_NAME["motcua.intake.events"]
BOTH = {Operation.READ, Operation.WRITE}


def told(findings: list[Finding], state: State = State.BAD) -> str:
    return "\n".join(f"{finding.what} -> {finding.mend}" for finding in findings if finding.state is state)


def standing(**changed: object) -> dict[str, Standing]:
    good = Standing(0, INTAKE.partitions, 3, 3, frozenset(BOTH))
    return {INTAKE.topic: good._replace(**changed)}  # type: ignore[arg-type]


async def test_a_database_is_good_once_it_is_migrated_and_says_before_that_what_is_missing(
    database: str,
) -> None:
    assert "no migration was applied -> start the service" in told(await examine_database("intake", database))

    connection = await asyncpg.connect(database)
    await migrate(connection, migrations_of("motcua_intake"))
    assert told(await examine_database("intake", database)) == ""

    await connection.execute("DELETE FROM migrations WHERE name = 'service/0001_applications.sql'")
    await connection.close()
    assert "not applied: service/0001_applications.sql" in told(await examine_database("intake", database))


async def test_a_database_whose_clock_is_elsewhere_is_not_good(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Ahead":
            assert tz is UTC
            return cls.fromtimestamp((datetime.now(UTC) + timedelta(minutes=5)).timestamp(), UTC)

    monkeypatch.setattr(examiner, "datetime", Ahead)
    assert "synchronise both by NTP" in told(await examine_database("intake", database))


async def test_what_does_not_answer_is_named_with_where_to_look() -> None:
    port = free_ports(1)[0]
    assert "cannot be opened" in told(await examine_database("intake", f"postgresql://u:p@127.0.0.1:{port}/intake"))
    kafka = await examine_kafka("intake", Access(f"127.0.0.1:{port}"), DESCRIBED, patience=0.5)
    assert "does not let anybody in -> check address" in told(kafka)
    assert "nobody listens" in told(
        await examine_outside("identity", {"MOTCUA_REGISTRY_URL": f"http://127.0.0.1:{port}/"})
    )
    assert "does not answer" in told(await examine_readiness("intake", f"http://127.0.0.1:{port}"))


def test_secrets_have_to_be_there_long_enough_and_no_examples() -> None:
    key = base64.b64encode(bytes(32)).decode()
    good = {"MOTCUA_TOKEN_SECRET": "k3" * 20, "MOTCUA_VAULT_KEY": key}
    assert told(list(examine_secrets("intake", good))) == ""
    for name, value in {
        "MOTCUA_TOKEN_SECRET": "changeme-changeme-changeme-changeme",
        "MOTCUA_VNPAY_SECRET": "short",
        "MOTCUA_VAULT_KEY": key[:-8],
    }.items():
        found = told(list(examine_secrets("intake", {name: value})))
        assert found, name
        assert value not in found
    assert "is not set" in told(list(examine_secrets("intake", {"MOTCUA_TOKEN_SECRET": None})))


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({}, "is not there"),
        (standing(error=29), "is not there, or may not be seen"),
        (standing(partitions=6), "has 6 partitions, not 12"),
        (standing(in_sync=1), "only 1 copies in sync"),
        (standing(rights=frozenset({Operation.READ})), "may not write"),
    ],
)
def test_a_topic_that_is_not_as_described_is_to_be_mended(found: dict[str, Standing], says: str) -> None:
    assert says in told(list(weigh(INTAKE, found, BOTH)))


def test_a_topic_as_described_is_good_and_fewer_copies_than_in_production_are_only_noticed() -> None:
    assert told(list(weigh(INTAKE, standing(), BOTH))) == ""
    laptop = list(weigh(INTAKE, standing(copies=1, in_sync=1), BOTH))
    assert told(laptop) == ""
    assert "has 1 copies, production wants 3" in told(laptop, State.NOTE)
    assert "may also write" in told(list(weigh(INTAKE, standing(), {Operation.READ})), State.NOTE)


def test_a_topics_settings_are_compared_by_name() -> None:
    assert told(list(weigh_settings(INTAKE, 0, dict(INTAKE.settings)))) == ""
    short = told(list(weigh_settings(INTAKE, 0, INTAKE.settings | {"retention.ms": "604800000"})))
    assert "retention.ms is 604800000, not -1 -> kafka-configs --alter" in short
    assert "may not be seen" in told(list(weigh_settings(INTAKE, 29, {})), State.NOTE)


def test_a_service_needs_its_own_topics_and_what_names_it() -> None:
    assert needs("payment", DESCRIBED) == {
        "motcua.intake.events": {Operation.READ},
        "motcua.identity.events": {Operation.READ},
        "motcua.payment.events": BOTH,
        "motcua.payment.dead-letters": {Operation.WRITE},
    }


async def test_the_exit_code_says_whether_anything_is_to_be_mended() -> None:
    quiet = Console(quiet=True)
    assert await doctor([], DESCRIBED, quiet) == 0
    assert await doctor([from_environment("intake", {})], DESCRIBED, quiet) == 1
